/** The calls of one lifetime that its engine keeps quiet about while the service just runs. */
import { syscallNumber } from "../abi/syscalls.ts";
import { CallTable } from "../capture/calls.ts";
import type { FlightCall, Groups } from "../capture/engine.ts";
import { Task } from "../capture/event.ts";
import type { Counters } from "./counts.ts";

const table = new CallTable(undefined);
const WORD = 4294967296;
const ERRNO_MAX = 4095;
const SECOND = 1e9;

export class QuietCalls {
  /** Calls that ended later than this (monotonic ns) are counted in the kernel. */
  since = Number.POSITIVE_INFINITY;
  /** Before (ns) the group was somebody else's. */
  private from = Number.POSITIVE_INFINITY;
  private threshold = 0;
  /** The beginning of the second in which `count` was called last (ns). */
  private counted = 0;

  /** `group` of its own, to be released by `close`. */
  constructor(
    private readonly groups: Groups,
    readonly group: number,
  ) {}

  /** Calls faster than this (ns) are kept quiet from now on; 0: none. */
  setThreshold(ns: number, now: number): void {
    if (this.group === 0 || ns === this.threshold) return;
    this.groups.setThreshold(this.group, ns);
    this.threshold = ns;
    this.since = ns > 0 ? now : Number.POSITIVE_INFINITY;
    this.from = Math.min(this.from, this.since);
  }

  /** The kernel counts the call, and notes it. */
  has({ exit, abi, nr }: Task["call"]): boolean {
    return exit >= this.since && this.groups.counts(abi, nr);
  }

  /** Gives what was counted since the last time to the second of that, as most is of then. */
  count(counters: Counters, now: number): void {
    const ts = this.counted || now;
    this.groups.take(this.group, (counts) => counters.addCounts(ts, counts));
    this.counted = Math.floor(now / SECOND) * SECOND;
  }

  /** Does so every second. */
  tend(counters: Counters, now: number): void {
    if (now - this.counted >= SECOND) this.count(counters, now);
  }

  /**
   * The newest `limit` of the calls that ended at `since` or later and were faster than `below` ns; oldest first. They are copied
   * now, and found out when the function returned is called.
   */
  recent(since: number, limit: number, below: number): () => FlightCall[] {
    const noted = this.groups.recent(this.group, Math.max(since, this.from));
    return () => {
      const calls = noted().filter((call) => call.duration < below);
      return calls.length > limit ? calls.slice(-limit) : calls;
    };
  }

  close(): void {
    this.groups.release(this.group);
  }
}

/** How many arguments a noted call has. */
export const NOTED_ARGS = 3;

/** A noted call as if its task had just returned from it. */
export function taskOf(noted: FlightCall, pid: number): Task {
  const task = new Task(noted.tid, pid, 0);
  const { call } = task;
  call.name = noted.name;
  call.nr = syscallNumber("x86_64", noted.name) ?? -1;
  call.descriptor = table.lookup("x86_64", call.nr).descriptor;
  call.exit = noted.exit;
  call.entry = noted.exit - noted.duration;
  call.args.set(noted.args);
  call.retLo = (noted.ret % WORD) >>> 0;
  call.retHi = Math.floor(noted.ret / WORD) >>> 0;
  if (noted.ret < 0 && noted.ret >= -ERRNO_MAX) call.error = -noted.ret;
  return task;
}
