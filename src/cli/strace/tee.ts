/** One sink out of several. */
import type { EventSink } from "../../capture/event.ts";

/** Passes every event to all sinks in order, and ends of tasks to `exited` after them. */
export function both(sinks: readonly EventSink[], exited: EventSink["exited"]): EventSink {
  const [first] = sinks;
  if (sinks.length === 1) return new Proxied(first, exited);
  return {
    newTask: (t, a) => each((s) => s.newTask(t, a)),
    enter: (t, m) => each((s) => s.enter(t, m)),
    exit: (t, m) => each((s) => s.exit(t, m)),
    otherAbi: (t) => each((s) => s.otherAbi?.(t)),
    signal: (t, e, n) => each((s) => s.signal(t, e, n)),
    stopped: (t, s, n) => each((x) => x.stopped(t, s, n)),
    exec: (t, f, n) => each((s) => s.exec(t, f, n)),
    superseded: (t, b, n) => each((s) => s.superseded(t, b, n)),
    exited: (t, e, n) => {
      each((s) => s.exited(t, e, n));
      exited(t, e, n);
    },
    detached: (t) => each((s) => s.detached(t)),
    lost: (c, r, t) => each((s) => s.lost(c, r, t)),
  };

  function each(call: (s: EventSink) => void): void {
    for (const s of sinks) call(s);
  }
}

/** The common case of one sink, without a loop per event. */
class Proxied implements EventSink {
  call: EventSink["call"];
  constructor(
    private readonly sink: EventSink,
    private readonly last: EventSink["exited"],
  ) {
    if (sink.call) this.call = sink.call.bind(sink);
  }
  newTask: EventSink["newTask"] = (t, a) => this.sink.newTask(t, a);
  enter: EventSink["enter"] = (t, m) => this.sink.enter(t, m);
  exit: EventSink["exit"] = (t, m) => this.sink.exit(t, m);
  otherAbi: EventSink["otherAbi"] = (t) => this.sink.otherAbi?.(t);
  signal: EventSink["signal"] = (t, e, n) => this.sink.signal(t, e, n);
  stopped: EventSink["stopped"] = (t, s, n) => this.sink.stopped(t, s, n);
  exec: EventSink["exec"] = (t, f, n) => this.sink.exec(t, f, n);
  superseded: EventSink["superseded"] = (t, b, n) => this.sink.superseded(t, b, n);
  exited: EventSink["exited"] = (t, e, n) => {
    this.sink.exited(t, e, n);
    this.last(t, e, n);
  };
  detached: EventSink["detached"] = (t) => this.sink.detached(t);
  lost: EventSink["lost"] = (c, r, t) => this.sink.lost(c, r, t);
}
