/** What keys do: a table from a key to a change of the state. */

import { rowsOf, type State, sorts } from "./view.ts";
import type { Look } from "./watch.ts";

/** Splits what a terminal sent into keys: characters, and escape sequences whole. */
export function keysOf(input: string): string[] {
  return input.match(/\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])?|[^\x1b]/gsu) ?? [];
}

const PAGE = 10;

function enter(s: State, look: Look): void {
  const row = rowsOf(look, s)[s.selected];
  if (s.view !== "processes" || !row) return;
  s.pid = row.pid;
  s.view = "calls";
  s.filter = "";
  s.selected = 0;
}

function back(s: State): void {
  if (s.help) s.help = false;
  else if (s.filter !== "") s.filter = "";
  else if (s.pid !== undefined) {
    s.pid = undefined;
    s.view = "processes";
    s.selected = 0;
  }
}

function toggle(s: State): void {
  s.view = s.view === "processes" ? "calls" : "processes";
  s.pid = undefined;
  s.selected = 0;
}

const move = (by: number) => (s: State) => {
  s.selected = Math.max(0, s.selected + by);
};

const down = move(1);
const up = move(-1);

const actions: Readonly<Record<string, (s: State, look: Look) => void>> = {
  j: down,
  "\x1b[B": down,
  "\x1bOB": down,
  k: up,
  "\x1b[A": up,
  "\x1bOA": up,
  "\x1b[6~": move(PAGE),
  "\x1b[5~": move(-PAGE),
  g: (s) => {
    s.selected = 0;
  },
  "\r": enter,
  "\n": enter,
  "\x1b": back,
  p: toggle,
  s: (s) => {
    s.sort = sorts[(sorts.indexOf(s.sort) + 1) % sorts.length];
  },
  "/": (s) => {
    s.typing = true;
    s.filter = "";
  },
  " ": (s) => {
    s.frozen = !s.frozen;
  },
  "?": (s) => {
    s.help = !s.help;
  },
  h: (s) => {
    s.help = !s.help;
  },
};

const QUIT = new Set(["q", "\x03"]);
const ERASE = new Set(["\x7f", "\b"]);

/** Applies a key; false when it quits. */
export function press(key: string, s: State, look: Look): boolean {
  if (s.typing) {
    if (key === "\x03") return false;
    if (key === "\r" || key === "\n") s.typing = false;
    else if (key === "\x1b") {
      s.typing = false;
      s.filter = "";
    } else if (ERASE.has(key)) s.filter = s.filter.slice(0, -1);
    else if (/^[\x20-\x7e]$/.test(key)) s.filter += key;
    return true;
  }
  if (QUIT.has(key)) return false;
  actions[key]?.(s, look);
  return true;
}
