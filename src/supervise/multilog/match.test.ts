import { expect, test } from "vitest";
import { parseScript } from "./script.ts";
import { Selector } from "./selector.ts";

/** The manual page's words as a program: a star stands for any string without the next pattern character. */
function naive(pattern: string, line: string): boolean {
  if (pattern === "") return line === "";
  if (pattern[0] !== "*") return line[0] === pattern[0] && naive(pattern.slice(1), line.slice(1));
  if (pattern.length === 1) return true;
  const at = line.indexOf(pattern[1]);
  return at >= 0 && naive(pattern.slice(1), line.slice(at));
}

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("patterns select lines as the manual page says, wherever the stamp ends and whatever lines are around", () => {
  const next = random(1);
  const word = (letters: string, most: number) =>
    Array.from({ length: next(most) }, () => letters[next(letters.length)]).join("");
  for (let round = 0; round < 3000; round++) {
    const script = Array.from({ length: 1 + next(3) }, () => (next(2) === 0 ? "-" : "+") + word("ab*", 6));
    const selector = new Selector(parseScript([...script, "./log"]), () => {});
    const lines = Array.from({ length: 5 }, () => word("aab*c", 7));
    const chunk = Buffer.from(`${lines.join("\n")}\n`);
    const stamp = word("ab*", 3);
    selector.begin(chunk);
    selector.stamped(Buffer.from(stamp));
    let at = 0;
    for (const line of lines) {
      let wanted = true;
      for (const action of script) if (naive(action.slice(1), stamp + line)) wanted = action[0] === "+";
      selector.select(at, at + line.length);
      expect([script, stamp, line, selector.selected]).toEqual([script, stamp, line, [wanted]]);
      at += line.length + 1;
    }
  }
});
