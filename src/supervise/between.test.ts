import { expect, test } from "vitest";
import { Between } from "./between.ts";

test("tells what took time since the end, and for whom it waited", () => {
  let now = 0;
  const between = new Between(() => now);
  const spend = (state: Parameters<Between["enter"]>[0], ms: number) => {
    between.enter(state);
    now += ms;
  };
  spend("waiting", 7);
  spend("up", 1000);
  spend("finishing", 500);
  spend("clearing", 40);
  between.nothing();
  between.enter("waiting");
  between.waitsFor(["db", "cache"]);
  now += 250;
  between.waitsFor(["db"]);
  now += 250;
  between.enter("up");
  now += 10;
  expect(between.told(100)).toEqual([
    { state: "finishing", from: expect.closeTo(98.95, 3), until: expect.closeTo(99.45, 3) },
    {
      state: "waiting",
      from: expect.closeTo(99.49, 3),
      until: expect.closeTo(99.99, 3),
      names: ["db", "cache"],
    },
  ]);
  // what came before the end, or a time in which it was down, is another story
  spend("finishing", 0);
  spend("down", 5000);
  spend("waiting", 0);
  between.enter("up");
  expect(between.told(100)).toEqual([]);
});
