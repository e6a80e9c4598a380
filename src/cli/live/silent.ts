/** A sink for engines whose events nobody wants to see. */
import type { EventSink } from "../../capture/event.ts";

const ignore = () => {};

export const silent: EventSink = {
  newTask: ignore,
  enter: ignore,
  exit: ignore,
  call: ignore,
  signal: ignore,
  stopped: ignore,
  exec: ignore,
  superseded: ignore,
  exited: ignore,
  detached: ignore,
  lost: ignore,
};
