import { expect, test } from "vitest";
import { type Standing, Turns } from "./turns.ts";

const MS = 1e6;

/** Turns of a reader that may leave `most` bytes. */
function looking(most: number, start = 0): (now: number, sent: number, read: number) => Standing {
  const turns = new Turns(0, start, start);
  return (now, sent, read) => turns.look(now, sent, read, (sent - read) >>> 0 > most);
}

test("the reader is behind while the traced are busy, ahead when there is soon no room, and else as it was", () => {
  const look = looking(1000_000);
  expect(look(5 * MS, 100_000, 0)).toBe("normal");
  expect(look(100 * MS, 900_000, 800_000)).toBe("behind");
  expect(look(105 * MS, 1_900_000, 800_000)).toBe("ahead");
  // it stays so for a while
  expect(look(150 * MS, 2_000_000, 2_000_000)).toBe("ahead");
  expect(look(156 * MS, 2_000_000, 2_000_000)).toBe("behind");
  expect(look(206 * MS, 2_000_000, 2_000_000)).toBe("behind");
  // nothing comes any more
  expect(look(310 * MS, 2_000_000, 2_000_000)).toBe("normal");
});

test("who has read nothing for long has a turn", () => {
  const look = looking(1000_000_000);
  const standings = Array.from({ length: 13 }, (_, i) => look((i + 1) * 100 * MS, (i + 1) * 1_000_000, 0));
  expect(standings.indexOf("normal")).toBe(5);
  expect(standings.filter((s) => s === "normal")).toHaveLength(2);
});

test("a burst makes the traced busy at once", () => {
  const look = looking(1000_000);
  expect(look(100 * MS, 1000, 1000)).toBe("normal");
  expect(look(105 * MS, 500_000, 1000)).toBe("behind");
});

test("positions wrap", () => {
  const look = looking(1000_000, -500_000 >>> 0);
  expect(look(100 * MS, 100_000, -400_000 >>> 0)).toBe("behind");
});
