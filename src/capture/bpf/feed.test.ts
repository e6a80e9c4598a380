import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WrittenRing } from "../../../test/written-ring.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import type { BacklogPlace } from "./backlog.ts";
import { Feed } from "./feed.ts";
import * as L from "./layout.ts";
import { timeAt } from "./words.ts";

const SIZE = 1 << 16;
const LENGTH = 504;
/** Records that fit a ring of `SIZE` bytes. */
const FIT = SIZE / (LENGTH + 8);
const MS = 1e6;

/** A ring for all and two lanes, their feed, and the times of the records it has handed over. */
function feeding(place?: Omit<BacklogPlace, "dir">, each: () => void = () => {}) {
  const rings = [true, false, false].map((doubled) => new WrittenRing(doubled, SIZE));
  const dir = mkdtempSync(join(tmpdir(), "svtrace-feed-"));
  const seen: number[] = [];
  const handle = ({ words, offset }: { words: Uint32Array; offset: number }) => {
    seen.push(timeAt(words, offset >>> 2));
    each();
  };
  const feed = new Feed(
    rings.map((w) => w.ring),
    handle,
    place && { dir, ...place },
    false,
  );
  onTestFinished(() => {
    feed.close();
    rmSync(dir, { recursive: true });
  });
  let clock = 0;
  /** Writes `n` records into the rings by turns; returns how many found room. */
  const write = (n: number): number => {
    let written = 0;
    for (let i = 0; i < n; i++)
      if (rings[clock % rings.length].write([L.kinds.call, 1, clock + 1, 0], LENGTH)) {
        clock++;
        written++;
      }
    return written;
  };
  return { feed, seen, write, rings };
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

test("without a place for what waits everything is handed over at once, in order", () => {
  const { feed, seen, write } = feeding();
  expect(write(200)).toBe(200);
  expect(feed.drain(150)).toBe(150);
  expect(feed.late).toBe(false);
  expect(feed.waiting).toBe(50 * (LENGTH + 8));
  expect(feed.drain(1000)).toBe(50);
  expect(seen).toEqual(upTo(200));
  // their room is the kernel's again
  expect(write(3 * FIT - 3)).toBe(3 * FIT - 3);
});

test("what the rings have no room for waits elsewhere, and comes in its order", () => {
  const { feed, seen, write } = feeding({ limit: 1 << 24, eager: true });
  let sent = 0;
  for (let i = 0; i < 10; i++) {
    sent += write(3 * (FIT - 1));
    feed.relieve();
  }
  expect(sent).toBe(10 * 3 * (FIT - 1));
  expect(feed.waiting).toBe(sent * (LENGTH + 8));
  write(10);
  while (feed.drain(100) > 0);
  expect(seen).toEqual(upTo(sent + 10));
  expect(feed.waiting).toBe(0);
});

test("when there is no more room for what waits, it is handed over though there is no time", () => {
  const slow = () => {
    for (const until = monotonicNow() + MS; monotonicNow() < until; );
  };
  const { feed, seen, write } = feeding({ limit: SIZE }, slow);
  let sent = write(3 * (FIT - 1));
  feed.relieve();
  sent += write(3 * (FIT - 1));
  feed.relieve();
  // more than a window's time of them
  expect(feed.drain(300)).toBe(300);
  while (seen.length < sent) feed.drain(300);
  expect(seen).toEqual(upTo(sent));
});

test("there is only so much time, until nothing more is to come", () => {
  const slow = () => {
    for (const until = monotonicNow() + MS; monotonicNow() < until; );
  };
  const { feed, seen, write } = feeding({ limit: 1 << 24 }, slow);
  const sent = write(3 * (FIT - 1));
  const n = feed.drain(sent);
  expect(n).toBeLessThan(sent);
  expect(feed.late).toBe(true);
  feed.finish();
  expect(feed.drain(sent)).toBe(sent - n);
  expect(seen).toEqual(upTo(sent));
});

test("it is known until when all has been told", () => {
  const { feed, rings } = feeding();
  expect(feed.told).toBe(0);
  const before = monotonicNow();
  feed.drain(10);
  expect(feed.told).toBeGreaterThanOrEqual(before);
  expect(feed.told).toBeLessThanOrEqual(monotonicNow());
  const told = feed.told;
  // times in the far future: what waits is the limit
  const at = Math.ceil(monotonicNow() / 2 ** 32) + 1;
  for (const low of [5, 9, 12]) rings[0].write([L.kinds.call, 1, low, at], LENGTH);
  feed.drain(2);
  expect(feed.told).toBe(at * 2 ** 32 + 12);
  expect(feed.told).toBeGreaterThan(told);
});

test("nothing has been told that happened after the end", async () => {
  const { feed, write } = feeding();
  write(5);
  feed.finish();
  const end = monotonicNow();
  await new Promise((r) => setTimeout(r, 5));
  feed.drain(10);
  expect(feed.told).toBeLessThanOrEqual(end);
  expect(feed.told).toBeGreaterThan(0);
});

test("who reads all at once has time for other things, too", () => {
  // some 15 ms for as many as the feed looks at the clock for
  const slow = () => {
    for (const end = monotonicNow() + 0.12 * MS; monotonicNow() < end; );
  };
  const { feed, seen, write } = feeding({ limit: 1 << 24, eager: true }, slow);
  write(300);
  expect(feed.drain(1000)).toBeLessThan(300);
  expect(feed.late).toBe(true);
  while (feed.drain(1000) > 0);
  expect(seen).toEqual(upTo(300));
  expect(feed.late).toBe(false);
});

test("what is given up is counted", () => {
  const { feed, seen, write } = feeding({ limit: 1 << 24, eager: true });
  write(3 * (FIT - 1));
  feed.relieve();
  write(20);
  feed.drain(100);
  expect(feed.drop()).toBe(3 * (FIT - 1) + 20 - 100);
  expect(feed.waiting).toBe(0);
  expect(seen).toEqual(upTo(100));
});
