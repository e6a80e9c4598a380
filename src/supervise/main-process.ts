/** The process of a service (`run`, or `finish`): started by us, or taken over from a supervisor before us. */

import type { SysError } from "../base/errors.ts";
import { onEnd, reap } from "../kernel/children.ts";
import { watchProcess } from "../kernel/pidfd.ts";
import { startTime } from "../kernel/proc.ts";
import { send } from "../kernel/signals.ts";
import type { Spawned } from "../kernel/spawn.ts";
import { wallClock } from "../kernel/wall-clock.ts";
import { bornAt, type Extended, type Process } from "./extended.ts";
import { fault } from "./fault.ts";
import { type Launch, launch } from "./launch.ts";

export interface End {
  readonly pid: number;
  /** Raw wait status; null if it is not known. */
  readonly status: number | null;
  /** The step before its exec that failed, for a child that was not waited for. */
  readonly failed: SysError | undefined;
  /** It ended while no supervisor ran: when is not known. */
  readonly missed: boolean;
}

export class MainProcess {
  /** 0 when there is none. */
  pid = 0;
  /** Clock ticks since boot. */
  born = 0;
  /** Stopped by a command. */
  paused = false;
  termSent = false;
  /** When the pid changed last. */
  changed = wallClock();
  /** pid of the last one whose end we know of. */
  reaped = 0;
  private child: Spawned | undefined;
  private unwatch: (() => void) | undefined;

  constructor(private readonly onEnd: (end: End) => void) {}

  /** Throws SysError: the step that failed. */
  launch(options: Launch): void {
    try {
      this.child = launch(options);
    } catch (error) {
      this.reaped = options.files.readChildRecord()?.pid ?? this.reaped;
      this.changed = wallClock();
      throw error;
    }
    const { pid } = this.child;
    this.become({ pid, born: startTime(pid) ?? 0 });
    this.unwatch = onEnd(pid, (status) => this.ended(status));
  }

  private become({ pid, born }: Process): void {
    this.pid = pid;
    this.born = born;
    this.paused = false;
    this.termSent = false;
    this.changed = wallClock();
  }

  /** What a supervisor before us knew of it; nobody is told anything yet. */
  restore(process: Process, known: Extended | undefined): void {
    this.become(process);
    if (!known) return;
    this.reaped = known.reaped;
    if (known.pid !== process.pid) return;
    this.paused = known.paused;
    this.termSent = known.termSent ?? false;
    const seconds = Math.floor(known.since);
    this.changed = { seconds, nanoseconds: Math.round((known.since - seconds) * 1e9) };
  }

  /** ms since the pid changed, as far as the clock was not set meanwhile; never negative. */
  get age(): number {
    const { seconds, nanoseconds } = this.changed;
    return Math.max(0, Date.now() - seconds * 1000 - nanoseconds / 1e6);
  }

  /** Whatever becomes of it is not told any more. */
  forget(): void {
    this.unwatch?.();
    this.unwatch = undefined;
    this.become({ pid: 0, born: 0 });
  }

  /** Begins to watch what was restored: after an exec of ours it is our child, otherwise it is not. */
  watch(): void {
    const { pid } = this;
    const status = reap(pid);
    if (typeof status === "number") this.ended(status);
    else {
      this.unwatch =
        status === undefined ? onEnd(pid, (s) => this.ended(s)) : watchProcess(pid, (s) => this.ended(s));
      if (!this.unwatch) this.ended(null, true);
    }
  }

  /** Throws where it cannot be seen now whether it is still the same process. */
  signal(signal: NodeJS.Signals): void {
    // the pid of a child of ours that was not waited for is nobody else's
    if (this.pid === 0 || (!this.child && this.born !== 0 && bornAt(this.pid) !== this.born)) return;
    if (signal === "SIGSTOP") this.paused = true;
    if (signal === "SIGCONT") this.paused = false;
    if (signal === "SIGTERM") this.termSent = true;
    // if it has just ended we shall hear of it
    send(this.pid, signal);
  }

  /** It has ended, or was found to have. */
  ended(status: number | null, missed = false): void {
    fault("died:reaped");
    const { pid } = this;
    const failed = this.child?.failure();
    this.child?.release();
    this.child = undefined;
    this.unwatch?.();
    this.unwatch = undefined;
    this.become({ pid: 0, born: 0 });
    this.reaped = pid;
    this.onEnd({ pid, status, failed, missed });
  }
}
