/** Supervision as a table: what to do on each event in each state. Nothing here touches the system. */

/** down: no process. up: running and wanted. stopping: running, and not to be started again. delay: waiting to start. */
export type State = "down" | "up" | "stopping" | "delay";

/** Control bytes, and what happens by itself. */
export type Event =
  | "u"
  | "d"
  | "o"
  | "x"
  | "t"
  | "p"
  | "c"
  | "h"
  | "a"
  | "i"
  | "q"
  | "1"
  | "2"
  | "k"
  | "died"
  | "timer";

export type Action =
  | "start"
  | "kill:TERM"
  | "kill:CONT"
  | "kill:STOP"
  | "kill:HUP"
  | "kill:ALRM"
  | "kill:INT"
  | "kill:QUIT"
  | "kill:USR1"
  | "kill:USR2"
  | "kill:KILL"
  | "want:u"
  | "want:d"
  | "want:"
  | "respawn"
  | "exit"
  | "cancel";

/** A new state ("" keeps it) and actions in order. `exiting` services end with the supervisor once they are down. */
export type Row = readonly [next: State | "", actions: readonly Action[]];

const nothing: Row = ["", []];
type Sent = "t" | "p" | "c" | "h" | "a" | "i" | "q" | "1" | "2" | "k";
const signals: Readonly<Record<Sent, Row>> = {
  p: ["", ["kill:STOP"]],
  c: ["", ["kill:CONT"]],
  h: ["", ["kill:HUP"]],
  a: ["", ["kill:ALRM"]],
  i: ["", ["kill:INT"]],
  t: ["", ["kill:TERM"]],
  q: ["", ["kill:QUIT"]],
  "1": ["", ["kill:USR1"]],
  "2": ["", ["kill:USR2"]],
  k: ["", ["kill:KILL"]],
};
const silent = Object.fromEntries(Object.keys(signals).map((k) => [k, nothing])) as unknown as Readonly<
  Record<Sent, Row>
>;

export const table: Readonly<Record<State, Readonly<Record<Event, Row>>>> = {
  down: {
    ...silent,
    u: ["up", ["want:u", "start"]],
    d: ["", ["want:d"]],
    o: ["stopping", ["want:", "start"]],
    x: ["", ["exit"]],
    died: nothing,
    timer: nothing,
  },
  up: {
    ...signals,
    u: ["", ["want:u"]],
    d: ["stopping", ["want:d", "kill:TERM", "kill:CONT"]],
    o: ["stopping", ["want:"]],
    x: ["", ["exit"]],
    died: ["delay", ["respawn"]],
    timer: nothing,
  },
  stopping: {
    ...signals,
    u: ["up", ["want:u"]],
    d: ["", ["want:d", "kill:TERM", "kill:CONT"]],
    o: ["", ["want:"]],
    x: ["", ["exit"]],
    died: ["down", []],
    timer: nothing,
  },
  delay: {
    ...silent,
    u: ["", ["want:u"]],
    d: ["down", ["want:d", "cancel"]],
    o: nothing,
    x: ["down", ["cancel", "exit"]],
    died: nothing,
    timer: ["up", ["start"]],
  },
};

export const isEvent = (byte: string): byte is Event => byte.length === 1 && byte in table.up;
