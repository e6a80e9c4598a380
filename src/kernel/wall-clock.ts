/** CLOCK_REALTIME of instants that are known by CLOCK_MONOTONIC. */
import { monotonicNow } from "./clock.ts";
import { addressOf, check, libc } from "./ffi.ts";

const clock_gettime = libc("int clock_gettime(int clockid, intptr_t tp)");

/** include/uapi/linux/time.h */
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

const LOOKS = 5;
/** ms; the clock can be set. */
const FRESH = 1000;

/** Seconds since 1970 of a CLOCK_MONOTONIC instant, as measured now: whole seconds and nanoseconds. */
export function wallClock(monotonic: number = monotonicNow()): { seconds: number; nanoseconds: number } {
  const { seconds, nanoseconds } = offset(Date.now());
  const total = monotonic + nanoseconds;
  const carry = Math.floor(total / 1e9);
  return { seconds: seconds + carry, nanoseconds: Math.floor(total - carry * 1e9) };
}

/** CLOCK_REALTIME less CLOCK_MONOTONIC: whole seconds, and nanoseconds that may be off by half of `width`. */
interface Offset {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly width: number;
}

let known: Offset = { seconds: 0, nanoseconds: 0, width: 0 };
let lookedAt = 0;

function offset(nowMs: number): Offset {
  if (nowMs - lookedAt < FRESH && nowMs >= lookedAt) return known;
  lookedAt = nowMs;
  const found = measured();
  const change = (found.seconds - known.seconds) * 1e9 + found.nanoseconds - known.nanoseconds;
  // what may be the looks' own inexactness must not make times jump
  if (Math.abs(change) > (found.width + known.width) / 2) known = found;
  return known;
}

/** Of some looks the one that took least: whoever looks may lose the CPU between two clocks. */
function measured(): Offset {
  let best: Offset | undefined;
  for (let i = 0; i < LOOKS; i++) {
    const before = read(CLOCK_MONOTONIC);
    const real = read(CLOCK_REALTIME);
    const after = read(CLOCK_MONOTONIC);
    const width = (after.seconds - before.seconds) * 1e9 + after.nanoseconds - before.nanoseconds;
    if (best && width >= best.width) continue;
    const seconds = real.seconds - before.seconds;
    best = { seconds, nanoseconds: real.nanoseconds - before.nanoseconds - width / 2, width };
  }
  return best!;
}

/** struct timespec */
const timespec = new BigInt64Array(2);

function read(clockid: number): { seconds: number; nanoseconds: number } {
  check(clock_gettime(clockid, addressOf(timespec)), `clock_gettime(${clockid})`);
  return { seconds: Number(timespec[0]), nanoseconds: Number(timespec[1]) };
}
