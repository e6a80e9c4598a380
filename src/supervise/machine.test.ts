import { describe, expect, it } from "vitest";
import { type Event, isCommand, type State, table } from "./machine.ts";

const states = Object.keys(table) as State[];
const events = Object.keys(table.up) as Event[];
const running: readonly State[] = ["up", "finishing", "clearing"];

/** Feeds events from a state, raising what the plan says at `next`; the state reached and all actions. */
function feed(state: State, ...list: Event[]): { state: State; actions: string[] } {
  const actions: string[] = [];
  let plan = state === "down" ? "once" : "up";
  const pending = [...list];
  for (let event = pending.shift(); event !== undefined; event = pending.shift()) {
    const [next, done] = table[state][event];
    if (next !== "") state = next;
    for (const action of done) {
      if (action.startsWith("plan:") && plan !== "exit") plan = action.slice(5);
      if (action === "order") pending.unshift("ordered");
      if (action === "finish") pending.unshift("died");
      if (action === "clear") pending.unshift("cleared");
      if (action === "next") pending.unshift(plan === "up" ? "again" : plan === "once" ? "rest" : "leave");
      actions.push(action);
    }
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
      if (running.includes(s)) expect(kills.length).toBeGreaterThan(0);
      else expect(kills).toEqual([]);
    }
  });

  it("starts only when nothing runs, and leaves only when nothing runs", () => {
    for (const s of states) {
      for (const e of events) {
        const [next, actions] = table[s][e];
        if (actions.includes("start")) expect([s, next]).toEqual(["waiting", "up"]);
        if (actions.includes("leave")) {
          expect(next).toBe("gone");
          expect(s === "clearing" ? e : "x").toBe(s === "clearing" ? "leave" : "x");
          expect(["up", "finishing"]).not.toContain(s);
        }
      }
    }
  });

  it("leaves up only by a death, through finish and what is left over", () => {
    const ways = events.filter((e) => table.up[e][0] !== "");
    expect(ways).toEqual(["died", "failed"]);
    expect(feed("up", "died").actions).toEqual([
      "cancel",
      "finish",
      "cancel",
      "clear",
      "cancel",
      "next",
      "respawn",
    ]);
  });

  it("stops with TERM and CONT and a limit, and stays down", () => {
    const { state, actions } = feed("up", "d", "timer", "died");
    expect(state).toBe("down");
    expect(actions.slice(0, 6)).toEqual([
      "want:d",
      "plan:once",
      "limit",
      "kill:TERM",
      "kill:CONT",
      "kill:all",
    ]);
  });

  it("answers during the respawn delay", () => {
    expect(feed("up", "died").state).toBe("delay");
    expect(feed("delay", "d")).toEqual({ state: "down", actions: ["want:d", "plan:once", "cancel"] });
    expect(feed("delay", "o", "timer", "died").state).toBe("down");
    expect(feed("delay", "o", "u", "timer", "died").state).toBe("delay");
    expect(feed("delay", "x").actions).toContain("leave");
  });

  it("runs once and no more", () => {
    expect(feed("down", "o").actions).toEqual(["want:", "plan:once", "order", "start"]);
    expect(feed("down", "o", "died").state).toBe("down");
    expect(feed("up", "o", "died").state).toBe("down");
    expect(feed("up", "o", "u", "died").state).toBe("delay");
  });

  it("leaves after the death that follows x, whatever else is asked", () => {
    for (const list of [["x"], ["x", "u"], ["d", "x"], ["x", "o", "u"], ["X", "u"]] as Event[][]) {
      expect(feed("up", ...list, "died").state).toBe("gone");
    }
    for (const e of events) expect(table.gone[e]).toEqual(["", []]);
  });

  it("leaves a running service alone at x, as daemontools; X ends it, as runit", () => {
    expect(feed("up", "x").actions).toEqual(["plan:exit"]);
    expect(feed("up", "X").actions).toEqual(["plan:exit", "limit", "kill:TERM", "kill:CONT"]);
  });

  it("knows its commands", () => {
    expect([..."udoxtpchaiq12k"].every(isCommand)).toBe(true);
    expect(["died", "timer", "failed", "X", "z", "", "\n"].some(isCommand)).toBe(false);
  });
});
