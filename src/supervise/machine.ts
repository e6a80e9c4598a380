/** Supervision as a table: what to do on each event in each state. Nothing here touches the system. */

/**
 * down: no process. up: running, started again when it dies. once: running, not started again. exiting: running,
 * and the supervisor leaves when it dies. delay, delayOnce: no process, started when the timer goes off (delayOnce:
 * for the last time). gone: the supervisor has left.
 */
export type State = "down" | "up" | "once" | "exiting" | "delay" | "delayOnce" | "gone";

/** Control bytes that send one signal to a running process. */
const signalOf = {
  t: "TERM",
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

/** Control bytes, and what happens by itself; `failed`: it could not be started. */
export type Event = Sent | "u" | "d" | "o" | "x" | "died" | "failed" | "timer";

export type Action =
  | "start"
  /** Start again when a second has passed since the last start. */
  | "respawn"
  /** Forget the timer. */
  | "cancel"
  /** Give the directory up. */
  | "leave"
  | `kill:${(typeof signalOf)[Sent]}`
  | `want:${"u" | "d" | ""}`;

/** The next state ("" keeps it) and the actions in order. */
export type Row = readonly [next: State | "", actions: readonly Action[]];

const nothing: Row = ["", []];

const each = (row: (signal: (typeof signalOf)[Sent]) => Row): Record<Sent, Row> =>
  Object.fromEntries(Object.entries(signalOf).map(([byte, s]) => [byte, row(s)])) as Record<Sent, Row>;

const signals = each((s) => ["", [`kill:${s}`]]);
const noProcess = each(() => nothing);
const stop: readonly Action[] = ["want:d", "kill:TERM", "kill:CONT"];

export const table: Readonly<Record<State, Readonly<Record<Event, Row>>>> = {
  down: {
    ...noProcess,
    u: ["up", ["want:u", "start"]],
    d: ["", ["want:d"]],
    o: ["once", ["want:", "start"]],
    x: ["gone", ["leave"]],
    died: nothing,
    failed: nothing,
    timer: nothing,
  },
  up: {
    ...signals,
    u: ["", ["want:u"]],
    d: ["once", stop],
    o: ["once", ["want:"]],
    x: ["exiting", []],
    died: ["delay", ["respawn"]],
    failed: ["delay", ["respawn"]],
    timer: nothing,
  },
  once: {
    ...signals,
    u: ["up", ["want:u"]],
    d: ["", stop],
    o: ["", ["want:"]],
    x: ["exiting", []],
    died: ["down", []],
    failed: ["down", []],
    timer: nothing,
  },
  exiting: {
    ...signals,
    u: ["", ["want:u"]],
    d: ["", stop],
    o: ["", ["want:"]],
    x: nothing,
    died: ["gone", ["leave"]],
    failed: ["gone", ["leave"]],
    timer: nothing,
  },
  delay: {
    ...noProcess,
    u: ["", ["want:u"]],
    d: ["down", ["want:d", "cancel"]],
    o: ["delayOnce", ["want:"]],
    x: ["gone", ["cancel", "leave"]],
    died: nothing,
    failed: nothing,
    timer: ["up", ["start"]],
  },
  delayOnce: {
    ...noProcess,
    u: ["delay", ["want:u"]],
    d: ["down", ["want:d", "cancel"]],
    o: nothing,
    x: ["gone", ["cancel", "leave"]],
    died: nothing,
    failed: nothing,
    timer: ["once", ["start"]],
  },
  gone: {
    ...noProcess,
    u: nothing,
    d: nothing,
    o: nothing,
    x: nothing,
    died: nothing,
    failed: nothing,
    timer: nothing,
  },
};

/** Whether a control byte means anything; others are ignored. */
export const isCommand = (byte: string): byte is Event =>
  byte in signalOf || (byte !== "" && "udox".includes(byte));
