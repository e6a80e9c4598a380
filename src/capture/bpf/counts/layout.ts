/** What is counted of each key, in bytes; all are 64 bits. The number of calls is the sum of the buckets. */
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
  buckets: 48,
  bytes: 48 + 8 * BUCKETS,
} as const;
export const LARGEST = 2 ** 62;

/** What calls are counted by: parts that are not asked for are 0. */
export const key = { pid: 0, fd: 4, call: 8, comm: 16, bytes: 32 } as const;
/** The call has no descriptor. */
export const NO_FD = 0xffffffff;
/** Keys there is room for: 3 kB each. */
export const KEYS = 8192;
