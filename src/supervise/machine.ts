/** Supervision as a table: what to do on each event in each state. Nothing here touches the system. */

/** docs/SUPERVISION.md says what each state means. */
export type State = "down" | "waiting" | "up" | "finishing" | "clearing" | "delay" | "gone";

/** What follows the end of the process: another start, nothing, or the supervisor leaves. */
export type Plan = "up" | "once" | "exit";

/** Control bytes that send one signal to a running process. */
const signalOf = {
  p: "STOP",
  c: "CONT",
  h: "HUP",
  a: "ALRM",
  i: "INT",
  q: "QUIT",
  "1": "USR1",
  "2": "USR2",
  k: "KILL",
} as const;

type Sent = keyof typeof signalOf;

/**
 * Control bytes (X: an `x` in a runit directory), and what happens by itself. ordered: what it needs is ready. failed:
 * it could not be started. cleared: nothing is left of it. again, rest, leave: what the plan says comes then.
 */
export type Event =
  | Sent
  | ("t" | "u" | "d" | "o" | "x" | "X")
  | ("ordered" | "died" | "failed" | "cleared" | "timer")
  | ("again" | "rest" | "leave");

export type Action =
  /** ordered, as soon as everything it needs is ready. */
  | "order"
  | "start"
  /** Run `finish`; died at once if there is none. */
  | "finish"
  /** End what it left behind, and cleared. */
  | "clear"
  /** again, rest or leave. */
  | "next"
  /** timer, when it may be started again. */
  | "respawn"
  /** timer, when stop-timeout has passed. */
  | "limit"
  /** Forget the timer. */
  | "cancel"
  /** Give the directory up. */
  | "leave"
  | `kill:${(typeof signalOf)[Sent] | "TERM" | "all"}`
  | `want:${"u" | "d" | ""}`
  /** The plan `exit` is never given up. */
  | `plan:${Plan}`;

/** The next state ("" keeps it) and the actions in order. */
export type Row = readonly [next: State | "", actions: readonly Action[]];

const signals = Object.fromEntries(
  Object.entries(signalOf).map(([byte, s]): [string, Row] => [byte, ["", [`kill:${s}`]]]),
);
const up: readonly Action[] = ["want:u", "plan:up"];
const down: readonly Action[] = ["want:d", "plan:once"];
const once: readonly Action[] = ["want:", "plan:once"];
const term: readonly Action[] = ["limit", "kill:TERM", "kill:CONT"];
const exit: Row = ["", ["plan:exit"]];
const left: Row = ["gone", ["cancel", "leave"]];

const rows: Readonly<Record<State, Readonly<Partial<Record<Event, Row>>>>> = {
  down: {
    u: ["waiting", [...up, "order"]],
    d: ["", down],
    o: ["waiting", [...once, "order"]],
    x: left,
    X: left,
  },
  waiting: {
    u: ["", [...up, "order"]],
    d: ["down", down],
    o: ["", [...once, "order"]],
    x: left,
    X: left,
    ordered: ["up", ["start"]],
  },
  up: {
    ...signals,
    t: ["", ["limit", "kill:TERM"]],
    u: ["", up],
    d: ["", [...down, ...term]],
    o: ["", once],
    x: exit,
    X: ["", ["plan:exit", ...term]],
    died: ["finishing", ["cancel", "finish"]],
    failed: ["finishing", ["cancel", "finish"]],
    timer: ["", ["kill:all"]],
  },
  finishing: {
    k: ["", ["kill:KILL"]],
    u: ["", up],
    d: ["", down],
    o: ["", once],
    x: exit,
    X: exit,
    died: ["clearing", ["cancel", "clear"]],
    failed: ["clearing", ["cancel", "clear"]],
    timer: ["", ["kill:KILL"]],
  },
  clearing: {
    k: ["", ["kill:all"]],
    u: ["", up],
    d: ["", down],
    o: ["", once],
    x: exit,
    X: exit,
    cleared: ["", ["cancel", "next"]],
    timer: ["", ["kill:all"]],
    again: ["delay", ["respawn"]],
    rest: ["down", []],
    leave: left,
  },
  delay: {
    u: ["", up],
    d: ["down", [...down, "cancel"]],
    o: ["", once],
    x: left,
    X: left,
    timer: ["waiting", ["order"]],
  },
  gone: {},
};

const others = ["t", "u", "d", "o", "x", "X", "ordered", "died", "failed", "cleared", "timer"] as const;
const events = [...(Object.keys(signalOf) as Sent[]), ...others, "again", "rest", "leave"] as const;
const nothing: Row = ["", []];

export const table = Object.fromEntries(
  Object.entries(rows).map(([state, row]) => [
    state,
    Object.fromEntries(events.map((e) => [e, row[e] ?? nothing])),
  ]),
) as Readonly<Record<State, Readonly<Record<Event, Row>>>>;

/** Whether a control byte means anything; others are ignored. */
export const isCommand = (byte: string): byte is Sent | "t" | "u" | "d" | "o" | "x" =>
  byte in signalOf || (byte !== "" && "tudox".includes(byte));
