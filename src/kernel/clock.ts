/** Clocks as doubles of nanoseconds. CLOCK_MONOTONIC stays exact up to 104 days of uptime, 2 ns up to 208. */

// the first look takes a millisecond, as Node makes `performance` then
performance.now();
const base = Number(process.hrtime.bigint()) - performance.now() * 1e6;

/** CLOCK_MONOTONIC in nanoseconds. */
export function monotonicNow(): number {
  return base + performance.now() * 1e6;
}

/** Seconds since 1970 of a CLOCK_MONOTONIC instant, as measured now: whole seconds and nanoseconds. */
export function wallClock(monotonic: number = monotonicNow()): { seconds: number; nanoseconds: number } {
  const ms = Date.now();
  const offset = realtimeOffset(ms);
  const total = monotonic + offset.nanoseconds;
  const carry = Math.floor(total / 1e9);
  return { seconds: offset.seconds + carry, nanoseconds: Math.floor(total - carry * 1e9) };
}

let cached = { at: 0, seconds: 0, nanoseconds: 0 };

/** What to add to CLOCK_MONOTONIC to get CLOCK_REALTIME; looked at again every second, as the clock can be set. */
function realtimeOffset(nowMs: number): { seconds: number; nanoseconds: number } {
  if (nowMs - cached.at < 1000 && nowMs >= cached.at) return cached;
  // timeOrigin + now has sub-millisecond resolution; Date.now() tells of clock steps since start
  const wallMs = performance.timeOrigin + performance.now();
  const drift = Math.abs(wallMs - nowMs) > 5 ? nowMs - wallMs : 0;
  const wall = wallMs + drift;
  const seconds = Math.floor(wall / 1000);
  const nanoseconds = (wall - seconds * 1000) * 1e6;
  cached = { at: nowMs, seconds, nanoseconds: nanoseconds - monotonicNow() };
  return cached;
}
