import { describe, expect, it } from "vitest";
import { type Event, isCommand, type State, table } from "./machine.ts";

const states = Object.keys(table) as State[];
const events = Object.keys(table.up) as Event[];
const running: readonly State[] = ["up", "once", "exiting"];

/** Feeds events from a state; the state reached and all actions. */
function feed(state: State, ...list: Event[]): { state: State; actions: string[] } {
  const actions: string[] = [];
  for (const event of list) {
    const [next, done] = table[state][event];
    if (next !== "") state = next;
    actions.push(...done);
  }
  return { state, actions };
}

describe("supervision table", () => {
  it("has a row for every event in every state", () => {
    for (const s of states) expect(Object.keys(table[s]).sort()).toEqual([...events].sort());
  });

  it("sends signals only when there is a process", () => {
    for (const s of states) {
      const kills = events.flatMap((e) => table[s][e][1]).filter((a) => a.startsWith("kill:"));
      if (!running.includes(s)) expect(kills).toEqual([]);
      else expect(kills.length).toBeGreaterThan(0);
    }
  });

  it("starts only when nothing runs, and never leaves while something runs", () => {
    for (const s of states) {
      for (const e of events) {
        const [next, actions] = table[s][e];
        if (running.includes(s)) expect(actions).not.toContain("start");
        if (actions.includes("start")) expect(running).toContain(next);
        if (actions.includes("leave")) expect(next).toBe("gone");
        if (running.includes(s) && e !== "died" && e !== "failed") expect(running).toContain(next || s);
      }
    }
  });

  it("stops with TERM and CONT, and stays down", () => {
    expect(feed("up", "d", "died")).toEqual({
      state: "down",
      actions: ["want:d", "kill:TERM", "kill:CONT"],
    });
  });

  it("answers during the respawn delay", () => {
    expect(feed("up", "died").state).toBe("delay");
    expect(feed("delay", "d")).toEqual({ state: "down", actions: ["want:d", "cancel"] });
    expect(feed("delay", "o", "timer", "died").state).toBe("down");
    expect(feed("delay", "o", "u", "timer", "died").state).toBe("delay");
    expect(feed("delay", "x").actions).toContain("leave");
  });

  it("runs once and no more", () => {
    expect(feed("down", "o", "died")).toEqual({ state: "down", actions: ["want:", "start"] });
    expect(feed("up", "o", "died").state).toBe("down");
    expect(feed("once", "u", "died").state).toBe("delay");
  });

  it("leaves after the death that follows x, whatever else is asked", () => {
    for (const list of [["x"], ["x", "u"], ["d", "x"], ["x", "o", "u"]] as Event[][]) {
      expect(feed("up", ...list, "died").state).toBe("gone");
    }
    for (const e of events) expect(table.gone[e]).toEqual(["", []]);
  });

  it("knows its commands", () => {
    expect([..."udoxtpchaiq12k"].every(isCommand)).toBe(true);
    expect(["died", "timer", "failed", "z", "", "\n"].some(isCommand)).toBe(false);
  });
});
