/** One service: its process, and the actions of the table carried out on it. */
import { Socket } from "node:net";
import { basename } from "node:path";
import { SysError } from "../base/errors.ts";
import { tell } from "../base/stderr.ts";
import { unixNow } from "../base/tai.ts";
import { reap } from "../kernel/children.ts";
import { parentsFileLimit } from "../kernel/exec.ts";
import { inheritedFds } from "../kernel/fds.ts";
import { resources } from "../kernel/limits.ts";
import { startTime, status as taskStatus } from "../kernel/proc.ts";
import { ChildScript, type Spawned } from "../kernel/spawn.ts";
import { words } from "./chain.ts";
import { type Action, type Event, isCommand, type State, table } from "./machine.ts";
import type { RecorderLink } from "./recorder-link.ts";
import { type Note, ServiceFiles } from "./service-files.ts";

/** Least time between two starts (ms). */
const START_INTERVAL = 1000;
/** Until the next attempt when there are no processes to be had (ms). */
const FORK_RETRY = 60_000;
/** How often an adopted process is looked at (ms): it is not our child, so nobody tells us of its death. */
const ADOPTED_LOOK = 100;
const START_FAILED = 111 << 8;

/** What our children inherit, looked up before we open anything. */
let passed: readonly number[] | undefined;

export interface ServiceOptions {
  /** What messages begin with. */
  readonly program: string;
  /** Name in messages, if not the directory. */
  readonly label?: string;
  /** Descriptors for the child's stdin and stdout (the log pipe), if they are not ours. */
  readonly stdin?: number;
  readonly stdout?: number;
  readonly recorder?: RecorderLink;
  /** Called when the service has given its directory up. */
  readonly onGone?: () => void;
}

export class Service {
  /** 0 when no process runs. */
  pid = 0;
  readonly name: string;
  private readonly label: string;
  private state: State = "down";
  private want: "u" | "d" | "" = "u";
  private paused = false;
  private termSent = false;
  private changed = unixNow();
  /** Monotonic, ms. */
  private startedAt = Number.NEGATIVE_INFINITY;
  private retryAfter = START_INTERVAL;
  private child: Spawned | undefined;
  private born: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private adopted: NodeJS.Timeout | undefined;
  private control: Socket | undefined;
  private files: ServiceFiles | undefined;
  private readonly events: Event[] = [];
  private handling = false;

  constructor(
    readonly dir: string,
    private readonly options: ServiceOptions,
  ) {
    this.name = basename(dir);
    this.label = options.label ?? dir;
    passed ??= inheritedFds();
  }

  /** Whether the directory is ours. */
  get supervised(): boolean {
    return this.files !== undefined;
  }

  /** Takes possession of the directory and starts what is to run. Throws Refused. */
  open(): void {
    const files = new ServiceFiles(this.label, this.dir);
    const normallyDown = files.has("down");
    let fd: number;
    try {
      fd = files.acquire();
    } catch (error) {
      files.close();
      throw error;
    }
    this.control = new Socket({ fd, readable: true, writable: false });
    this.control.on("data", (bytes) => {
      for (const byte of bytes.toString("latin1")) this.command(byte);
    });
    this.control.on("error", (error) => this.warn(`unable to read ${this.label}/supervise/control`, error));
    this.files = files;
    this.state = "down";
    this.want = normallyDown ? "d" : "u";
    this.changed = unixNow();
    const left = this.leftover();
    if (left) this.adopt(left);
    this.writeStatus();
    files.announce();
    if (!normallyDown && !left) this.handle("u");
  }

  /** One control byte. */
  command(byte: string): void {
    if (!isCommand(byte)) return;
    this.notify("control", { command: byte });
    this.handle(byte);
  }

  /** Looks whether the process has ended; called on SIGCHLD. */
  check(): void {
    if (this.pid === 0 || this.adopted) return;
    const status = reap(this.pid);
    if (status !== undefined) this.ended(status ?? 0);
  }

  private handle(event: Event): void {
    this.events.push(event);
    // an action may cause an event: that comes after the actions of this one
    if (this.handling) return;
    this.handling = true;
    for (let next = this.events.shift(); next !== undefined; next = this.events.shift()) {
      const [state, actions] = table[this.state][next];
      if (state !== "") this.state = state;
      for (const action of actions) this.act(action);
      this.writeStatus();
    }
    this.handling = false;
    if (this.state === "gone") this.close();
  }

  private act(action: Action): void {
    if (action.startsWith("kill:")) this.kill(`SIG${action.slice(5)}` as NodeJS.Signals);
    else if (action.startsWith("want:")) this.want = action.slice(5) as typeof this.want;
    else if (action === "start") this.start();
    else if (action === "respawn") this.respawn();
    else if (action === "cancel") clearTimeout(this.timer);
  }

  private kill(signal: NodeJS.Signals): void {
    if (this.adopted && startTime(this.pid) !== this.born) return;
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
    const { recorder, stdin, stdout } = this.options;
    const files = this.files!;
    const traced = recorder !== undefined && this.traced;
    const script = new ChildScript().inherit(passed!);
    if (stdin !== undefined) script.dup2(stdin, 0);
    if (stdout !== undefined) script.dup2(stdout, 1);
    const limit = parentsFileLimit();
    if (limit) script.rlimit(resources.NOFILE, limit[0], limit[1]);
    script.chdir(files.childDir);
    if (traced) script.stop();
    this.startedAt = performance.now();
    this.retryAfter = START_INTERVAL;
    try {
      this.child = script.execve("./run", ["./run"]).spawn({ waitForExec: !traced });
    } catch (error) {
      this.startFailed(error);
      this.changed = unixNow();
      this.handle("failed");
      return;
    }
    this.pid = this.child.pid;
    this.paused = false;
    this.termSent = false;
    this.changed = unixNow();
    this.born = startTime(this.pid);
    try {
      files.writeNote({ pid: this.pid, born: this.born ?? 0, traced });
    } catch (error) {
      this.warn(`unable to write ${this.label}/supervise/svtrace.json`, error);
    }
    if (traced) {
      const { pid } = this;
      recorder.handOver(pid, { ...this.message("start"), pid, supervisor: process.pid });
    }
  }

  private startFailed(error: unknown): void {
    if (error instanceof SysError && error.call === "clone()") {
      this.retryAfter = FORK_RETRY;
      this.warn(`unable to fork for ${this.label}, sleeping 60 seconds`, error);
    } else this.say(`fatal: unable to start ${this.label}/run: ${words(error)}`);
  }

  private respawn(): void {
    const wait = Math.max(0, this.startedAt + this.retryAfter - performance.now());
    if (wait === 0) {
      this.handle("timer");
      return;
    }
    this.notify("delay", { until: (Date.now() + wait) / 1000 });
    this.timer = setTimeout(() => this.handle("timer"), wait);
  }

  private ended(status: number): void {
    clearInterval(this.adopted);
    this.adopted = undefined;
    const failed = this.child?.failure();
    if (failed) this.startFailed(failed);
    this.notify("death", { pid: this.pid, status: failed ? START_FAILED : status });
    this.child?.release();
    this.child = undefined;
    this.pid = 0;
    this.paused = false;
    this.termSent = false;
    this.changed = unixNow();
    this.handle("died");
  }

  /** A process that a supervisor before us started and that is still alive. */
  private leftover(): Note | undefined {
    const note = this.files!.readNote();
    if (!note || startTime(note.pid) !== note.born) return undefined;
    return taskStatus(note.pid)?.state === "Z" ? undefined : note;
  }

  private adopt({ pid, born, traced }: Note): void {
    const status = this.files!.readStatus();
    this.pid = pid;
    this.born = born;
    if (status?.pid === pid) {
      this.want = status.want;
      this.paused = status.paused;
      this.changed = { seconds: status.seconds, nanoseconds: status.nanoseconds };
    }
    this.state = this.want === "u" ? "up" : "once";
    // it may still be waiting for the recorder of our predecessor
    if (traced && !this.paused && taskStatus(pid)?.state === "T") process.kill(pid, "SIGCONT");
    this.adopted = setInterval(() => {
      if (startTime(pid) !== born || taskStatus(pid)?.state === "Z") this.ended(0);
    }, ADOPTED_LOOK);
  }

  private get traced(): boolean {
    return this.files?.has("trace") === true && !this.files.has("trace/down");
  }

  private message(event: string): Record<string, unknown> {
    return { event, service: this.name, dir: this.files!.realPath(), time: Date.now() / 1000 };
  }

  private notify(event: string, more: Record<string, unknown>): void {
    if (this.options.recorder && this.traced) {
      this.options.recorder.tell({ ...this.message(event), ...more });
    }
  }

  private writeStatus(): void {
    const { files, pid, paused, want, termSent, changed } = this;
    try {
      files?.writeStatus({ ...changed, pid, paused, want, termSent });
    } catch (error) {
      this.warn(`unable to write ${this.label}/supervise/status.new`, error);
    }
  }

  private warn(text: string, error: unknown): void {
    this.say(`warning: ${text}: ${words(error)}`);
  }

  private say(text: string): void {
    tell(`${this.options.program}: ${text}\n`);
  }

  private close(): void {
    clearTimeout(this.timer);
    this.control?.destroy();
    this.files?.close();
    this.files = undefined;
    this.options.onGone?.();
  }
}
