/** What is counted of each key, in bytes; all are 64 bits. The number of calls is the sum of the buckets and of `untimed`. */
import { BUCKETS } from "../../../base/histogram.ts";

export const count = {
  errors: 0,
  /** ns of wall clock, and of that not on a CPU: blocked, or waiting for one. */
  total: 8,
  away: 16,
  max: 24,
  /** LARGEST less the shortest, so that 0 is none. */
  min: 32,
  blocked: 40,
  /** Calls that were timed, and those that were not and that none stands for yet (programs/counted.ts). */
  timed: 48,
  untimed: 56,
  buckets: 64,
  bytes: 64 + 8 * BUCKETS,
} as const;
/**
 * Of each CPU, the task on it whose calls go untimed. `rest`: one more than how many still may before one is timed, 0 for none;
 * `call`: one more than the number of the call it is in, 0 outside; `pid`: as the kernel numbers it; `tick`: its jiffies.
 */
export const mark = { rest: 0, call: 4, pid: 8, tick: 12, bytes: 16 } as const;
export const LARGEST = 2 ** 62;

/** What calls are counted by: parts that are not asked for are 0. */
export const key = { pid: 0, fd: 4, call: 8, comm: 16, bytes: 32 } as const;
/** The call has no descriptor. */
export const NO_FD = 0xffffffff;
/** Keys there is room for: 3 kB each. */
export const KEYS = 8192;
