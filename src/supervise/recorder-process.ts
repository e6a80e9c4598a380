/** The recorder as one more supervised process, while anything is to be recorded: started, restarted, asked to end. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { onEnd } from "../kernel/children.ts";
import { watchProcess } from "../kernel/pidfd.ts";
import { send } from "../kernel/signals.ts";
import { ChildScript } from "../kernel/spawn.ts";
import { RecorderLink } from "./recorder-link.ts";

/**
 * How long the first start of traced services waits for the recorder (ms). It is there in half a second, but not on a
 * machine that is busy booting, when recording the starts is worth most.
 */
const START_WAIT_MS = 10_000;
const POLL_MS = 30;
const RETRY_MS = 1000;
/** How often it is looked whether it is wanted by now (ms); `svtrace trace on` says so at once. */
const LOOK_MS = 60_000;
/** A recorder that has not written everything by then is left to itself (ms). */
const STOP_WAIT_MS = 10_000;
const O_RDWR = 2;

export class RecorderProcess {
  readonly link: RecorderLink;
  private pid = 0;
  private stopping = false;
  private timer: NodeJS.Timeout | undefined;

  /** `dir` is where its socket lies; made if need be. */
  constructor(
    dir: string,
    private readonly command: readonly string[],
    private readonly warn: (text: string) => void,
    /** Whether there is anything to record. */
    private readonly wanted: () => boolean,
  ) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.link = new RecorderLink(join(dir, "recorder.sock"), warn, () => this.pid === 0 && this.launch());
  }

  /** Takes over the one that runs, or starts it if it is wanted, and resolves when it listens or after a few seconds. */
  async start(): Promise<void> {
    if (await this.link.open()) {
      const pid = this.link.peer!;
      const ended = () => this.ended(pid);
      if (watchProcess(pid, ended)) {
        this.pid = pid;
        return;
      }
    }
    if (!this.wanted()) this.later(LOOK_MS);
    else {
      this.launch();
      if (!(await this.listens())) this.warn("the recorder does not listen; starting without it");
    }
  }

  /** Whether we are connected to it, which also keeps it from ending for want of work. */
  private async listens(): Promise<boolean> {
    const deadline = performance.now() + START_WAIT_MS;
    while (!(await this.link.open())) {
      if (performance.now() > deadline || this.stopping || this.pid === 0) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return true;
  }

  private launch(): void {
    if (this.stopping) return;
    const [program, ...args] = this.command;
    try {
      // a group of its own: what a terminal sends to ours must not cut recordings short
      const script = new ChildScript().inherit([2]).setpgid(0).openAs("/dev/null", O_RDWR, 0).dup2(2, 1);
      const { pid } = script.execve(program, [program, ...args]).spawn();
      this.pid = pid;
      onEnd(pid, () => this.ended(pid));
    } catch (error) {
      this.warn(`warning: unable to start the recorder: ${(error as Error).message}`);
      this.later(RETRY_MS);
    }
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.stopping || this.pid !== 0) return;
      if (!this.wanted()) this.later(LOOK_MS);
      else {
        this.launch();
        void this.listens();
      }
    }, ms);
  }

  /** Something may be to be recorded that was not before. */
  look(): void {
    if (this.pid === 0) this.later(0);
  }

  private ended(pid: number): void {
    if (this.pid !== pid) return;
    this.pid = 0;
    this.later(RETRY_MS);
  }

  /** Has it write what it knows, and end. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.link.close();
    if (this.pid === 0) return;
    send(this.pid, "SIGTERM");
    const deadline = performance.now() + STOP_WAIT_MS;
    while (this.pid !== 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    if (this.pid !== 0) this.warn(`the recorder (pid ${this.pid}) is still writing; not waiting any longer`);
  }
}
