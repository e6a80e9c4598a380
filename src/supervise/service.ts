/** One service: its directory, its process, and the actions of the table. */
import { closeSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { basename, join } from "node:path";
import { djbWords } from "../base/djb.ts";
import { unixNow } from "../base/tai.ts";
import { reap } from "../kernel/children.ts";
import { parentsFileLimit } from "../kernel/exec.ts";
import { lockFile, makeFifo, openFifoBothWays, openFifoReader } from "../kernel/files.ts";
import { ChildScript, type Spawned } from "../kernel/spawn.ts";
import { files, packStatus, unpackStatus } from "./layout.ts";
import { type Action, type Event, isEvent, type State, table } from "./machine.ts";
import type { RecorderLink } from "./recorder-link.ts";

/** A service that ran shorter than this is started again only when this long has passed since its start (ms). */
const START_INTERVAL = 1000;
const RLIMIT_NOFILE = 7;
const FORK_RETRY = 60_000;

export interface ServiceOptions {
  /** Words before messages: "supervise: " or "svscan: ". */
  readonly program: string;
  /** Descriptors for the child's stdin and stdout (the log pipe), if they are not ours. */
  readonly stdin?: number;
  readonly stdout?: number;
  readonly recorder?: RecorderLink;
  readonly onGone?: () => void;
  /** Told of every change of state. */
  readonly onChange?: () => void;
}

/** Another supervise holds the lock. */
export class AlreadyRunning extends Error {}

export class Service {
  state: State = "down";
  pid = 0;
  want: "u" | "d" | "" = "u";
  paused = false;
  termSent = false;
  exiting = false;
  private changed = unixNow();
  private startedAt = 0;
  private child: Spawned | undefined;
  private timer: NodeJS.Timeout | undefined;
  private control: Socket | undefined;
  private lock = -1;
  private okReader = -1;
  /** A process of an earlier supervisor, not our child: its end is noticed by looking. */
  private adopted: NodeJS.Timeout | undefined;
  readonly name: string;

  constructor(
    readonly dir: string,
    private readonly options: ServiceOptions,
  ) {
    this.name = basename(dir);
  }

  /** Takes possession of the directory. Throws AlreadyRunning, or a node:fs error. */
  open(): void {
    const at = (f: string) => join(this.dir, f);
    // the directory itself is never made
    statSync(this.dir);
    const normallyDown = existsSync(at("down"));
    mkdirSync(at(files.dir), { recursive: true, mode: 0o700 });
    const lock = lockFile(at(files.lock));
    if (lock === undefined) throw new AlreadyRunning(this.dir);
    this.lock = lock;
    makeFifo(at(files.control), 0o600);
    const fd = openFifoBothWays(at(files.control));
    this.control = new Socket({ fd, readable: true, writable: false });
    this.control.on("data", (data) => {
      for (const byte of data.toString("latin1")) this.command(byte);
    });
    const left = this.leftover();
    this.want = normallyDown ? "d" : "u";
    this.writeStatus();
    makeFifo(at(files.ok), 0o600);
    this.okReader = openFifoReader(at(files.ok));
    if (left !== undefined) this.adopt(left);
    else if (!normallyDown) {
      this.state = "up";
      this.start();
      this.writeStatus();
    }
  }

  /** A process that an earlier supervisor started and that is still alive: same pid, same start time. */
  private leftover(): number | undefined {
    try {
      const status = unpackStatus(readFileSync(join(this.dir, files.status)));
      const extra = JSON.parse(readFileSync(join(this.dir, files.extended), "utf8")) as {
        pid?: number;
        born?: string;
      };
      if (!status || status.pid === 0 || extra.pid !== status.pid) return undefined;
      return birth(status.pid) === extra.born ? status.pid : undefined;
    } catch {
      return undefined;
    }
  }

  private adopt(pid: number): void {
    this.pid = pid;
    this.state = this.want === "u" ? "up" : "stopping";
    this.startedAt = Date.now() - START_INTERVAL;
    const born = birth(pid);
    this.writeStatus();
    this.adopted = setInterval(() => {
      if (birth(pid) !== born) this.ended(0);
    }, 100);
  }

  /** One control byte. */
  command(byte: string): void {
    if (!isEvent(byte)) return;
    this.notify({ event: "control", command: byte });
    this.handle(byte);
  }

  private handle(event: Event): void {
    const [next, actions] = table[this.state][event];
    if (next !== "") this.state = next;
    for (const action of actions) this.act(action);
    this.writeStatus();
    if (this.exiting && this.state === "down") this.close();
    this.options.onChange?.();
  }

  private act(action: Action): void {
    if (action.startsWith("kill:")) {
      this.kill(`SIG${action.slice(5)}` as NodeJS.Signals);
      return;
    }
    switch (action) {
      case "want:u":
      case "want:d":
      case "want:":
        this.want = action.slice(5) as typeof this.want;
        break;
      case "start":
        this.start();
        break;
      case "respawn":
        this.respawn();
        break;
      case "cancel":
        clearTimeout(this.timer);
        this.timer = undefined;
        break;
      case "exit":
        this.exiting = true;
        break;
    }
  }

  private kill(signal: NodeJS.Signals): void {
    if (this.pid === 0) return;
    if (signal === "SIGSTOP") this.paused = true;
    if (signal === "SIGCONT") this.paused = false;
    if (signal === "SIGTERM") this.termSent = true;
    try {
      process.kill(this.pid, signal);
    } catch {
      // it has just ended; we shall hear of it
    }
  }

  private start(): void {
    const { options } = this;
    const traced =
      options.recorder !== undefined &&
      existsSync(join(this.dir, "trace")) &&
      !existsSync(join(this.dir, "trace/down"));
    const script = new ChildScript().inherit([0, 1, 2]);
    if (options.stdin !== undefined) script.dup2(options.stdin, 0);
    if (options.stdout !== undefined) script.dup2(options.stdout, 1);
    const limit = parentsFileLimit();
    if (limit) script.rlimit(RLIMIT_NOFILE, limit[0], limit[1]);
    script.chdir(this.dir);
    if (traced) script.stop();
    this.startedAt = Date.now();
    try {
      this.child = script.execve("./run", ["./run"]).spawn({ waitForExec: !traced });
    } catch (error) {
      this.failedStart(error as { code?: string; call?: string });
      return;
    }
    this.pid = this.child.pid;
    this.paused = false;
    this.termSent = false;
    this.changed = unixNow();
    const born = birth(this.pid);
    writeFileSync(join(this.dir, files.extended), JSON.stringify({ pid: this.pid, born, traced }), {
      mode: 0o600,
    });
    if (traced) {
      options.recorder!.handOver(this.pid, {
        ...this.message("start"),
        pid: this.pid,
        supervisor: process.pid,
      });
    }
  }

  /** As daemontools: a child that cannot exec is a service that died at once with 111; no fork waits a minute. */
  private failedStart(error: { code?: string; call?: string }): void {
    const fork = error.call === "clone()";
    const what = fork
      ? `unable to fork for ${this.dir}, sleeping 60 seconds`
      : `unable to start ${this.dir}/run`;
    this.say(`${fork ? "warning" : "fatal"}: ${what}: ${djbWords(error.code)}`);
    this.pid = 0;
    this.changed = unixNow();
    if (this.state === "stopping") this.state = "down";
    else if (this.state === "up") {
      this.state = "delay";
      this.respawn(fork ? FORK_RETRY : undefined);
    }
  }

  private respawn(least?: number): void {
    const wait = least ?? Math.max(0, this.startedAt + START_INTERVAL - Date.now());
    if (wait > 0) this.notify({ event: "delay", until: (Date.now() + wait) / 1000 });
    this.timer = setTimeout(() => this.handle("timer"), wait);
    if (wait === 0) {
      clearTimeout(this.timer);
      queueMicrotask(() => this.state === "delay" && this.handle("timer"));
    }
  }

  /** Looks whether the process has ended; called on SIGCHLD. */
  check(): void {
    if (this.pid === 0 || this.adopted) return;
    const status = reap(this.pid);
    if (typeof status === "number") this.ended(status);
    else if (status === null) this.ended(0);
  }

  private ended(status: number): void {
    clearInterval(this.adopted);
    this.adopted = undefined;
    this.notify({ event: "death", pid: this.pid, status });
    this.child?.release();
    this.child = undefined;
    this.pid = 0;
    this.paused = false;
    this.termSent = false;
    this.changed = unixNow();
    // after `x` the service is not started again, whatever is wanted
    if (this.exiting) this.state = "stopping";
    this.handle("died");
  }

  private message(event: string): Record<string, unknown> {
    return { event, service: this.name, dir: this.dir, time: Date.now() / 1000 };
  }

  private notify(extra: Record<string, unknown>): void {
    if (!this.options.recorder || !existsSync(join(this.dir, "trace"))) return;
    this.options.recorder.tell({ ...this.message(String(extra.event)), ...extra });
  }

  private writeStatus(): void {
    if (this.lock < 0) return;
    const { pid, paused, want, termSent } = this;
    const bytes = packStatus({ ...this.changed, pid, paused, want, termSent });
    try {
      writeFileSync(join(this.dir, files.statusNew), bytes, { mode: 0o644 });
      renameSync(join(this.dir, files.statusNew), join(this.dir, files.status));
    } catch (error) {
      this.say(
        `warning: unable to write ${this.dir}/${files.status}: ${djbWords((error as NodeJS.ErrnoException).code)}`,
      );
    }
  }

  private say(text: string): void {
    process.stderr.write(`${this.options.program}: ${text}\n`);
  }

  /** Gives the directory up; the process must be gone. */
  close(): void {
    if (this.lock < 0) return;
    clearTimeout(this.timer);
    this.control?.destroy();
    closeSync(this.okReader);
    closeSync(this.lock);
    this.lock = -1;
    this.options.onGone?.();
  }
}

/** Start time of a process in clock ticks since boot: with the pid it names one process for ever. */
function birth(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
