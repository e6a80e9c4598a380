/**
 * A recording for ui.perfetto.dev and chrome://tracing, in the Trace Event Format: each thread a track with its calls,
 * the lifetime's phases above, arrows from whoever woke a thread to the call that returned.
 */

import { Timeline } from "../analyse/timeline.ts";
import { jsonOf } from "../base/json.ts";
import { lowest } from "../base/search.ts";
import type { CallRow, ProcessRow, Recording } from "../record/model.ts";
import { Owners } from "../record/owners.ts";
import { frameName } from "./frame-name.ts";

/** One event of the format; times in microseconds. */
type TraceEvent = Readonly<Record<string, unknown>> & { readonly ph: string };

export function* perfettoJson(recording: Recording): Iterable<string> {
  const { lifetime } = recording;
  yield `{"displayTimeUnit":"ns","otherData":${jsonOf({
    service: lifetime.service,
    host: lifetime.host,
    kernel: lifetime.kernel,
    "recorded by": `svtrace ${lifetime.version} (${lifetime.engine})`,
    "ns since 1970 at ts 0": String(Math.round(lifetime.anchor)),
  })},"traceEvents":[\n`;
  let first = true;
  for (const event of events(recording)) {
    yield `${first ? "" : ",\n"}${jsonOf(event)}`;
    first = false;
  }
  yield "\n]";
  yield* stackParts(recording);
  yield "}\n";
}

/** Nanoseconds as microseconds with exactly three digits behind the point. */
const micro = (ns: number): number => Math.round(ns) / 1000;

function* events(recording: Recording): Iterable<TraceEvent> {
  yield* names(recording);
  yield* phases(recording);
  const owners = new Owners(recording.processes);
  const arrows = new Arrows(recording, owners);
  for (const call of recording.calls) {
    yield slice(call);
    yield* arrows.to(call);
  }
  for (const s of recording.signals) {
    const args = { info: s.info, sender: s.sender };
    yield { ph: "i", s: "t", cat: "signal", name: s.name, ts: micro(s.ts), pid: s.pid, tid: s.tid, args };
  }
  for (const e of recording.events) {
    const tid = e.pid || recording.lifetime.pid;
    const where = { pid: owners.at(tid, e.ts)?.pid ?? tid, tid };
    const dur = e.until === null ? undefined : micro(Math.max(0, e.until - e.ts));
    if (dur === undefined)
      yield {
        ph: "i",
        s: "p",
        cat: "event",
        name: e.kind,
        ts: micro(e.ts),
        ...where,
        args: { text: e.text },
      };
    else yield* asynchronous(e.kind, "event", e.ts, e.until!, recording.lifetime.pid, { text: e.text });
  }
}

function* names({ processes, lifetime }: Recording): Iterable<TraceEvent> {
  const tracks = new Map<string, ProcessRow[]>();
  for (const p of processes) {
    const key = `${p.pid} ${p.tid}`;
    const track = tracks.get(key);
    if (track) track.push(p);
    else tracks.set(key, [p]);
  }
  for (const rows of tracks.values()) {
    const [{ pid, tid }] = rows;
    const where = { pid, tid };
    // a track is a tid's, whoever has it one after the other
    const name = distinct(rows.map((p) => p.comm)).join(", ");
    if (tid === pid) {
      const end = (p: ProcessRow) => p.signal ?? (p.status === null ? "" : `exited ${p.status}`);
      const labels = distinct(rows.flatMap((p) => [p.argv, end(p)]).filter(Boolean)).join(", ");
      yield { ph: "M", name: "process_name", ...where, args: { name } };
      yield { ph: "M", name: "process_labels", ...where, args: { labels } };
      const first = pid === lifetime.pid ? 0 : 1;
      yield { ph: "M", name: "process_sort_index", ...where, args: { sort_index: first } };
    }
    yield { ph: "M", name: "thread_name", ...where, args: { name } };
  }
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)];

function* phases({ phases: all, lifetime }: Recording): Iterable<TraceEvent> {
  for (const p of all) {
    yield* asynchronous(p.name, "phase", p.started, p.ended ?? lifetime.written, lifetime.pid, {});
  }
}

/** A stretch of time on a track of its own. */
function* asynchronous(
  name: string,
  cat: string,
  from: number,
  to: number,
  pid: number,
  args: Record<string, unknown>,
): Iterable<TraceEvent> {
  const common = { cat, name, id: `${cat} ${name} ${micro(from)}`, pid, tid: pid };
  yield { ph: "b", ...common, ts: micro(from), args };
  yield { ph: "e", ...common, ts: micro(Math.max(from, to)) };
}

function slice(c: CallRow): TraceEvent {
  return {
    ph: "X",
    cat: "syscall",
    name: c.name,
    ts: micro(c.ts),
    // the difference of rounded times, so that neighbours never overlap
    dur: (Math.round(c.ts + c.duration) - Math.round(c.ts)) / 1000,
    pid: c.pid,
    tid: c.tid,
    args: {
      call: `${c.name}(${c.args}) = ${c.ret}`,
      target: c.target || undefined,
      errno: c.error || undefined,
      unfinished: c.unfinished || undefined,
      "asleep ms": c.blocked < 0 ? undefined : c.blocked / 1e6,
      "waited for a CPU ms": c.queued < 0 ? undefined : c.queued / 1e6,
      "woken by": c.waker < 0 ? undefined : c.waker,
    },
  };
}

/** Wake-ups as arrows; each needs a slice of the waker's to begin in. */
class Arrows {
  private readonly timeline: Timeline;
  private next = 1;

  constructor(
    recording: Recording,
    private readonly owners: Owners,
  ) {
    this.timeline = new Timeline(recording);
  }

  *to(call: CallRow): Iterable<TraceEvent> {
    if (call.waker <= 0 || call.waker === call.tid || call.blocked <= 0) return;
    const end = call.ts + call.duration;
    const woken = Math.max(call.ts, end - Math.max(0, call.queued));
    const cause = this.during(call.waker, woken);
    if (!cause) return;
    const id = this.next++;
    const common = { cat: "wake-up", name: "wakes", id };
    const pid = this.owners.at(call.waker, woken)?.pid ?? cause.pid;
    const from = Math.min(Math.max(woken, cause.ts), cause.ts + cause.duration);
    yield { ph: "s", ...common, ts: micro(from), pid, tid: call.waker };
    yield { ph: "f", bp: "e", ...common, ts: micro(end), pid: call.pid, tid: call.tid };
  }

  /** The call thread `tid` was in at `ts`, or the one that ended just before. */
  private during(tid: number, ts: number): CallRow | undefined {
    const { table } = this.timeline;
    const calls = this.timeline.indexes(tid);
    const at = calls[lowest(calls.length, (i) => table.columns.ts[calls[i]] > ts) - 1];
    if (at === undefined) return undefined;
    const found = table.at(at);
    return ts - (found.ts + found.duration) < NEAR ? found : undefined;
  }
}

/** A wake-up this long (ns) after a call still counts as its work: the kernel wakes at its end. */
const NEAR = 1e6;

/** CPU samples, with a tree of frames from the outermost. */
function* stackParts({ samples, stacks }: Recording): Iterable<string> {
  if (samples.length === 0) return;
  const frames: Record<string, { name: string; category: string; parent?: string }> = {};
  const ids = new Map<string, string>();
  const leaves = new Map<number, string>();
  for (const [id, stack] of stacks) {
    let parent = "";
    for (const f of [...stack].reverse()) {
      const name = frameName(f);
      const key = `${parent}\0${name}`;
      let frame = ids.get(key);
      if (frame === undefined) {
        frame = String(ids.size + 1);
        ids.set(key, frame);
        frames[frame] = { name, category: f.module, ...(parent ? { parent } : {}) };
      }
      parent = frame;
    }
    leaves.set(id, parent);
  }
  yield `,"stackFrames":${jsonOf(frames)},"samples":[`;
  const rows = samples.filter((s) => leaves.get(s.stack));
  for (const [i, s] of rows.entries()) {
    const sample = { cpu: 0, tid: s.tid, ts: micro(s.ts), name: "cpu", sf: leaves.get(s.stack), weight: 1 };
    yield `${i === 0 ? "" : ","}\n${jsonOf(sample)}`;
  }
  yield "]";
}
