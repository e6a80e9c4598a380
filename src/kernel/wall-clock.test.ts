import { expect, test } from "vitest";
import { addressOf, libc } from "./ffi.ts";
import { wallClock } from "./wall-clock.ts";

const clock_gettime = libc("int clock_gettime(int clockid, intptr_t tp)");
const CLOCK_REALTIME = 0;

/** Nanoseconds after `since`, in seconds. */
function realtime(since: number): number {
  const timespec = new BigInt64Array(2);
  clock_gettime(CLOCK_REALTIME, addressOf(timespec));
  return (Number(timespec[0]) - since) * 1e9 + Number(timespec[1]);
}

test("an instant's wall-clock time is the kernel's, to some microseconds", () => {
  const since = Math.floor(Date.now() / 1000);
  // of many looks the one that took least, as the test may lose its CPU in between
  let best = { width: Number.POSITIVE_INFINITY, error: 0 };
  for (let i = 0; i < 200; i++) {
    const before = realtime(since);
    const { seconds, nanoseconds } = wallClock();
    const after = realtime(since);
    const ours = (seconds - since) * 1e9 + nanoseconds;
    const width = after - before;
    if (width < best.width) best = { width, error: ours - before - width / 2 };
  }
  expect(Math.abs(best.error)).toBeLessThan(best.width / 2 + 5000);
});
