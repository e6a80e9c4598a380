import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BUSY, WrittenRing } from "../../../test/written-ring.ts";
import { Ring } from "../../kernel/ring.ts";
import { BacklogRoom } from "./backlog.ts";
import * as L from "./layout.ts";
import { Chain, Merge } from "./merge.ts";

const SIZE = 4096;

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-merge-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A small generator of numbers below `n` (xorshift32), the same for the same seed. */
function numbers(seed: number): (n: number) => number {
  let x = seed;
  return (n) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % n;
  };
}

/** Kind, tid, time: the head of a record; with facts, that comes behind them. */
const record = (kind: number, tid: number, time: number): number[] => [kind, tid, time, 0, 0, 0];
const withFacts = (tid: number, time: number): number[] => [
  ...[L.kinds.facts, ...Array(L.facts.bytes / 4 - 1).fill(7)],
  ...record(L.kinds.call, tid, time),
];

const times = (merge: Merge, most = Number.POSITIVE_INFINITY): number[] => {
  const seen: number[] = [];
  for (let chain = merge.next(); chain && seen.length < most; chain = merge.next()) {
    const { words, offset } = chain.from;
    const at = (offset + ((words[offset >>> 2] & 0xff) === L.kinds.facts ? L.facts.bytes : 0)) >>> 2;
    seen.push(words[at + L.head.time / 4]);
    merge.skip();
  }
  return seen;
};

test("the earliest comes first, with facts or without", () => {
  const rings = [new WrittenRing(true), new WrittenRing(false), new WrittenRing(false)];
  const merge = new Merge(rings.map((w) => new Chain(w.ring, undefined)));
  for (const [ring, time] of [[1, 5], [0, 3], [2, 1], [2, 4], [1, 6], [2, 9], [0, 8]]) // biome-ignore format: pairs
    rings[ring].write(time % 2 ? withFacts(1, time) : record(L.kinds.call, 1, time), 120);
  merge.look();
  expect(times(merge)).toEqual([1, 3, 4, 5, 6, 8, 9]);
  // of the same time, what was written for all: it tells of tasks, the others of what they do
  rings[2].write(record(L.kinds.call, 2, 10), 24);
  rings[0].write(record(L.kinds.fork, 1, 10), 24);
  merge.look();
  expect(merge.next()).toBe(merge.chains[0]);
  expect(times(merge)).toEqual([10, 10]);
  expect(merge.chains.every((c) => c.waiting === 0)).toBe(true);
});

test("a record that is being written is waited for, and what was written after it began to be waits, too", () => {
  const rings = [new WrittenRing(true), new WrittenRing(false)];
  const merge = new Merge(rings.map((w) => new Chain(w.ring, undefined)));
  rings[0].write(record(L.kinds.fork, 1, 1), 24, BUSY);
  rings[1].write(record(L.kinds.call, 2, 2), 24);
  merge.look();
  expect(times(merge)).toEqual([]);
  rings[0].complete(0);
  merge.look();
  expect(times(merge)).toEqual([1, 2]);
});

test("no consequence before its cause, nothing lost, whenever rings are read or passed on", () => {
  for (let seed = 1; seed <= 25; seed++) {
    const draw = numbers(seed * 7919);
    // one for all, and a lane for each of three CPUs
    const rings = [true, false, false, false].map((doubled) => new WrittenRing(doubled, SIZE));
    const room = new BacklogRoom({ dir: directory(), limit: 1 << 20 });
    const merge = new Merge(rings.map((w) => new Chain(w.ring, room)));
    let clock = 0;
    /** By CPU: the record it is making, and where in the ring for all it is being written. */
    const making: ({ time: number; length: number; at?: number } | undefined)[] = [];
    /** By time of a record: the time at which it was complete. */
    const complete = new Map<number, number>();
    const seen: number[] = [];
    let running = true;
    const done = (cpu: number, time: number) => {
      complete.set(time, ++clock);
      making[cpu] = undefined;
    };
    const goOn = () => {
      if (!running) return;
      const cpu = 1 + draw(3);
      const now = making[cpu];
      if (!now) making[cpu] = { time: ++clock, length: 24 + draw(200) };
      else if (now.at !== undefined) {
        if (draw(6) > 0) return;
        rings[0].complete(now.at);
        done(cpu, now.time);
      } else {
        const shared = draw(3) === 0;
        const words = record(L.kinds.call, cpu, now.time);
        if (!rings[shared ? 0 : cpu].write(words, now.length, shared ? BUSY : 0)) return;
        if (shared) now.at = rings[0].last;
        else done(cpu, now.time);
      }
    };
    for (const { ring } of rings) {
      // the CPUs do not stand still while one ring after the other is looked at
      for (const look of ["mark", "look"] as const)
        ring[look] = () => {
          for (let n = draw(6); n > 0; n--) goOn();
          Ring.prototype[look].call(ring);
        };
    }
    for (let i = 0; i < 3000; i++) {
      goOn();
      if (draw(10) === 0) merge.chains[draw(rings.length)].pass(100 + draw(2000));
      if (draw(20) > 0) continue;
      merge.look();
      seen.push(...times(merge, draw(30)));
      for (const { ring } of merge.chains) ring.release();
    }
    for (const [cpu, now] of making.entries()) {
      if (now?.at === undefined) continue;
      rings[0].complete(now.at);
      done(cpu, now.time);
    }
    running = false;
    merge.look();
    seen.push(...times(merge));
    expect([...seen].sort((a, b) => a - b)).toEqual([...complete.keys()].sort((a, b) => a - b));
    let latest = 0;
    for (const time of seen) {
      // whatever began after this was complete must not have been told already
      expect(latest).toBeLessThan(complete.get(time)!);
      latest = Math.max(latest, time);
    }
    for (const chain of merge.chains) chain.close();
  }
});
