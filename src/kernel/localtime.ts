/** Local time as the C library has it: by TZ in all its forms, of which JavaScript's Date knows some. */
import { libc } from "./ffi.ts";

const localtime_r = libc("void *localtime_r(const void *time, void *tm)");

/** struct tm: nine ints, then glibc's offset and zone name. */
const TM_BYTES = 56;
/** Index of the low half of glibc's offset. */
const OFFSET = 10;
const FIRST_YEAR = 1900;
const tm = new Int32Array(TM_BYTES / 4);
const time = new BigInt64Array(1);

export interface LocalTime {
  /** `2026-11-26`. */
  readonly date: string;
  /** `21:30:00`. */
  readonly clock: string;
  /** Seconds east of UTC. */
  readonly offset: number;
}

/** What is shown of a time that is none. */
export const NO_TIME = { date: "????-??-??", clock: "??:??:??" } as const;

const two = (n: number): string => String(n).padStart(2, "0");

/** Undefined if there is no such date. */
export function localTime(unixSeconds: number | bigint): LocalTime | undefined {
  if (typeof unixSeconds === "number" && !Number.isSafeInteger(unixSeconds)) return undefined;
  time[0] = BigInt(unixSeconds);
  if (!localtime_r(time, tm)) return undefined;
  const [second, minute, hour, day, month, year] = tm;
  return {
    // an int, as to C
    date: `${(year + FIRST_YEAR) | 0}-${two(month + 1)}-${two(day)}`,
    clock: `${two(hour)}:${two(minute)}:${two(second)}`,
    offset: tm[OFFSET],
  };
}
