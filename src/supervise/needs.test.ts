import { describe, expect, it } from "vitest";
import { findCycle, findCycles } from "./needs.ts";

const graph = (text: string) =>
  new Map(
    text.split("; ").map((line): [string, string[]] => {
      const [name, needs = ""] = line.split(":");
      return [name, needs.split(",").filter(Boolean)];
    }),
  );

describe("cycles among needs", () => {
  it("finds none where there is none", () => {
    expect(findCycle(graph("web:db,cache; cache:db; db:; job:absent"))).toBeUndefined();
    expect(findCycles(graph("a:b,c; b:d; c:d; d"))).toEqual([]);
  });

  it("names the cycle, without what only leads to it", () => {
    expect(findCycle(graph("web:db; db:cache; cache:db"))).toEqual(["db", "cache", "db"]);
    expect(findCycle(graph("a:a"))).toEqual(["a", "a"]);
  });

  it("finds all of them", () => {
    expect(findCycles(graph("a:b; b:a; c:d; d:e; e:c; f:a"))).toEqual([
      ["a", "b", "a"],
      ["c", "d", "e", "c"],
    ]);
  });
});
