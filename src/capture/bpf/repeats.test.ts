import fc from "fast-check";
import { expect, test } from "vitest";
import { Repeats } from "./repeats.ts";

/** Calls of a few numbers with a few contents, so that they repeat and differ in all ways. */
const calls = fc.array(
  fc.record({
    number: fc.constantFrom(0, 1, 1024),
    contents: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 5 }),
    kind: fc.constantFrom(0, 256),
  }),
  { minLength: 1, maxLength: 60 },
);

test("a call is not fresh exactly if what its slot held last is equal", () => {
  fc.assert(
    fc.property(calls, (list) => {
      const repeats = new Repeats();
      const held = new Map<number, string>();
      for (const { number, contents, kind } of list) {
        const words = Uint32Array.of(99, number, ...contents, 0, 0);
        const count = (contents.length + 2) & ~1;
        repeats.look(words, 1, count, kind);
        const key = JSON.stringify([kind, ...words.subarray(1, 1 + count)]);
        expect(repeats.fresh).toBe(held.get(repeats.slot) !== key);
        held.set(repeats.slot, key);
        // at once again
        repeats.look(words, 1, count, kind);
        expect(repeats.fresh).toBe(false);
        expect(held.get(repeats.slot)).toBe(key);
      }
    }),
  );
});

test("long calls are always fresh, and have no slot", () => {
  const repeats = new Repeats();
  const words = new Uint32Array(100);
  for (let i = 0; i < 2; i++) {
    repeats.look(words, 0, 66, 0);
    expect(repeats).toMatchObject({ slot: -1, fresh: true });
  }
});
