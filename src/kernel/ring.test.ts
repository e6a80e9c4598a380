import { expect, test } from "vitest";
import { BUSY, WrittenRing } from "../../test/written-ring.ts";
import { DISCARD, HEADER, type Ring, spanOf } from "./ring.ts";

const SIZE = 4096;
const length = (n: number): number => 8 + ((n * 37) % 300);

function* taken(ring: Ring): Generator<number> {
  ring.look();
  while (ring.peek()) {
    const n = ring.words[ring.offset >>> 2];
    expect(ring.length).toBe(length(n));
    ring.skip();
    yield n;
  }
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test.for([true, false])("records come in order and whole, many times around (doubled: %s)", (doubled) => {
  const w = new WrittenRing(doubled);
  const seen: number[] = [];
  for (let n = 0; n < 2000; n++) {
    while (!w.write([n], length(n))) {
      let some = 0;
      for (const m of taken(w.ring)) if (seen.push(m) > 0 && ++some === 5) break;
      w.ring.release();
    }
  }
  seen.push(...taken(w.ring));
  w.ring.release();
  expect(seen).toEqual(upTo(2000));
  expect(w.ring.waiting).toBe(0);
  expect(w.free).toBe(SIZE);
});

test.for([true, false])(
  "records are passed on with their heads, at most as much as asked (doubled: %s)",
  (doubled) => {
    const w = new WrittenRing(doubled);
    const seen: number[] = [];
    let given = 0;
    const pass = (most: number) =>
      w.ring.pass(most, (records) => {
        expect(records.length).toBeLessThanOrEqual(most);
        const words = new Uint32Array(records.slice().buffer);
        for (let at = 0; at < words.length; at += spanOf(words[at]) >>> 2) seen.push(words[at + HEADER / 4]);
        given += records.length;
        return true;
      });
    for (let n = 0; n < 2000; n++) {
      // pieces of all sizes, so that they end anywhere before the ring does and at its end
      while (!w.write([n], length(n))) expect(pass(400 + ((n * 97) % 3000))).toBe(true);
    }
    while (pass(1000));
    expect(seen).toEqual(upTo(2000));
    expect(given).toBe(upTo(2000).reduce((sum, n) => sum + spanOf(length(n)), 0));
    expect(w.ring.waiting).toBe(0);
  },
);

test("what is not taken stays, and nothing is passed that does not fit", () => {
  const w = new WrittenRing(false);
  for (let n = 0; n < 5; n++) w.write([n], length(n));
  const { waiting } = w.ring;
  expect(w.ring.pass(SIZE, () => false)).toBe(false);
  expect(w.ring.pass(8, () => true)).toBe(false);
  expect(w.ring.waiting).toBe(waiting);
  expect([...taken(w.ring)]).toEqual(upTo(5));
});

test("a record being written stops everything behind it; one given up is left out", () => {
  const w = new WrittenRing(true);
  w.write([0], length(0));
  w.write([1], length(1), DISCARD);
  w.write([2], length(2), BUSY);
  w.write([3], length(3));
  expect([...taken(w.ring)]).toEqual([0]);
  w.ring.mark();
  expect(w.ring.sure).toBe(true);
  w.complete(spanOf(length(0)) + spanOf(length(1)));
  expect([...taken(w.ring)]).toEqual([2, 3]);
  expect(w.ring.sure).toBe(false);
});

test("positions go beyond 2^31 and 2^32", () => {
  for (const from of [2 ** 31 - SIZE, 2 ** 32 - SIZE]) {
    const w = new WrittenRing(false, SIZE, from);
    const seen: number[] = [];
    for (let n = 0; n < 200; n++) {
      while (!w.write([n], length(n))) {
        seen.push(...taken(w.ring));
        w.ring.release();
      }
      expect(w.ring.waiting).toBeLessThanOrEqual(SIZE);
      expect(w.ring.sent).toBeGreaterThan(from - 1);
    }
    seen.push(...taken(w.ring));
    expect(seen).toEqual(upTo(200));
  }
});
