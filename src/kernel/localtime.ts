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

/** Year, month (1 to 12), day, hour, minute, second, and seconds east of UTC; undefined if there is no such date. */
export function localTime(unixSeconds: number): readonly number[] | undefined {
  if (!Number.isSafeInteger(unixSeconds)) return undefined;
  time[0] = BigInt(unixSeconds);
  if (!localtime_r(time, tm)) return undefined;
  const [second, minute, hour, day, month, year] = tm;
  return [year + FIRST_YEAR, month + 1, day, hour, minute, second, tm[OFFSET]];
}
