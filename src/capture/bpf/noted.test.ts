import { expect, test } from "vitest";
import * as L from "./layout.ts";
import { notedCalls, passingCalls } from "./noted.ts";

const SLOTS = 2 * L.STAGED;
const BYTES = L.flight.slots + SLOTS * L.slot.bytes;
const TICK = 4000;
const GETPPID = 110;
const GROUP = 255;

/** Words of -100, 2 and 3 x 2^32. */
const ARGS = [0xffffff9c, 0xffffffff, 2, 0, 0, 3];

interface Slot {
  readonly group?: number;
  readonly tid: number;
  readonly time: number;
  readonly duration: number;
}

/** Rings as the kernel leaves them: what was noted on each CPU, in order. */
function rings(...cpus: Slot[][]) {
  const view = new DataView(new ArrayBuffer(BYTES * cpus.length));
  for (const [cpu, noted] of cpus.entries()) {
    const start = cpu * BYTES;
    view.setUint32(start + L.flight.next, noted.length, true);
    const staged = noted.length - (noted.length % L.STAGED);
    for (const [n, { tid, time, duration, group = GROUP }] of noted.entries()) {
      const part = n < staged ? L.flight.slots : L.flight.stage;
      const at = start + part + (n % (n < staged ? SLOTS : L.STAGED)) * L.slot.bytes;
      view.setBigUint64(at + L.slot.time, BigInt(time), true);
      view.setBigUint64(at + L.slot.duration, BigInt(duration), true);
      view.setUint32(at + L.slot.tid, tid, true);
      view.setUint16(at + L.slot.nr, GETPPID, true);
      view.setUint16(at + L.slot.group, group, true);
      for (const [i, word] of ARGS.entries()) view.setUint32(at + L.slot.args + 4 * i, word, true);
    }
  }
  return {
    words: new Uint32Array(view.buffer),
    cpus: cpus.length,
    bytes: BYTES,
    slots: SLOTS,
    tick: TICK,
  };
}

const told = (of: ReturnType<typeof rings>, now: number, since = 0) =>
  notedCalls(of, GROUP, since, now)().map((c) => [c.tid, c.exit, c.duration]);

const timed = (tid: number, time: number, duration = 10): Slot => ({ tid, time, duration });
/** `last`: when the thread's last call ended that was timed. */
const untimed = (tid: number, last: number): Slot => ({ tid, time: last, duration: 0 });

test("a call's arguments are as the kernel had them", () => {
  const [{ args }] = notedCalls(rings([timed(1, 1000)]), GROUP, 0, 9000)();
  expect([...args]).toEqual(ARGS);
});

test("calls that were not timed lie between those that were", () => {
  const of = rings([timed(1, 1000), untimed(1, 1000), untimed(1, 1000), timed(1, 1300)]);
  expect(told(of, 9000)).toEqual([
    [1, 1000, 10],
    [1, 1100, 0],
    [1, 1200, 0],
    [1, 1300, 10],
  ]);
  expect(told(of, 9000, 1150)).toEqual([
    [1, 1200, 0],
    [1, 1300, 10],
  ]);
});

test("calls of others bound in time those that were not timed, and are left out", () => {
  const other: Slot = { ...timed(9, 1200), group: 7 };
  expect(told(rings([timed(1, 1000), untimed(1, 1000), other]), 9000)).toEqual([
    [1, 1000, 10],
    [1, 1100, 0],
  ]);
});

test("they end before the next call of their thread begins, wherever that ran", () => {
  const sleeps = timed(1, 900_000, 898_000);
  expect(told(rings([timed(1, 1000), untimed(1, 1000), sleeps]), 950_000)[1]).toEqual([1, 2000, 0]);
  expect(told(rings([timed(1, 1000), untimed(1, 1000)], [timed(1, 1600, 100)]), 9000)).toEqual([
    [1, 1000, 10],
    [1, 1500, 0],
    [1, 1600, 100],
  ]);
});

test("none ends before its thread's last call, more than a tick after it, or later than now", () => {
  const late = rings([timed(1, 1000), timed(2, 1500), untimed(1, 1000)]);
  expect(told(late, 1400)).toEqual([
    [1, 1000, 10],
    [1, 1400, 0],
    [2, 1500, 10],
  ]);
  expect(told(late, 90_000).at(-1)).toEqual([1, 3250, 0]);
  // timed on another CPU meanwhile
  expect(told(rings([timed(2, 1000), untimed(1, 7000), timed(2, 6000)]), 90_000).at(-1)).toEqual([
    1, 7000, 0,
  ]);
});

test("of a ring that went round only what is whole is told", () => {
  const numbers = Array.from({ length: SLOTS + L.STAGED + 3 }, (_, i) => i);
  const of = rings(numbers.map((n) => timed(n, 1000 * n)));
  // what is staged, and the ring but for what the stage is written over next
  expect(told(of, 9e9).map(([tid]) => tid)).toEqual(numbers.slice(2 * L.STAGED));
});

test("a call stands in the stage until that is full", () => {
  const numbers = Array.from({ length: L.STAGED + 1 }, (_, i) => i);
  for (const last of [1, L.STAGED - 1, L.STAGED, L.STAGED + 1]) {
    const some = numbers.slice(0, last);
    expect(told(rings(some.map((n) => timed(n, 1000 * n))), 9e9).map(([tid]) => tid)).toEqual(some);
  }
});

/** The same rings, of which the first turns out to have so many written when it is looked at again. */
function meanwhile(of: ReturnType<typeof rings>, next: number) {
  let looks = 0;
  const words = new Proxy(of.words, {
    get: (words, field) => {
      if (field === String(L.flight.next / 4) && ++looks > 1) return next;
      const value = Reflect.get(words, field, words);
      return typeof value === "function" ? value.bind(words) : value;
    },
  });
  return { ...of, words };
}

test("what the kernel writes over meanwhile is not told", () => {
  const numbers = Array.from({ length: SLOTS + 3 }, (_, i) => i);
  const of = rings(numbers.map((n) => timed(n, 1000 * n)));
  const after = (next: number) => told(meanwhile(of, next), 9e9).map(([tid]) => tid);
  const { STAGED } = L;
  const staged = [SLOTS, SLOTS + 1, SLOTS + 2];
  expect(after(SLOTS + 4)).toEqual([...numbers.slice(STAGED, SLOTS), ...staged]);
  // the stage has been copied, and is written anew: its first slot may be half of another call
  expect(after(SLOTS + STAGED)).toEqual([...numbers.slice(2 * STAGED, SLOTS), ...staged.slice(1)]);
});

test("calls that go untimed are found by their thread, unless they end meanwhile", () => {
  const of = rings([], []);
  const mark = new DataView(of.words.buffer, BYTES);
  mark.setUint32(L.mark.nr, GETPPID + 1, true);
  mark.setUint32(L.mark.tid, 7, true);
  mark.setBigUint64(L.mark.time, 5000n, true);
  for (let i = 0; i < 6; i++) mark.setBigUint64(L.mark.args + 8 * i, BigInt(i + 1), true);
  const found = { nr: GETPPID, began: 5000, args: Uint32Array.of(1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0) };
  expect(passingCalls(of)).toEqual(new Map([[7, found]]));
  const words = new Proxy(of.words, {
    get: (words, field) => {
      const value = Reflect.get(words, field, words);
      if (field === String((BYTES + L.mark.nr) / 4)) mark.setUint32(L.mark.nr, 0, true);
      return typeof value === "function" ? value.bind(words) : value;
    },
  });
  expect(passingCalls({ ...of, words })).toEqual(new Map());
});
