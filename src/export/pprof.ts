/** A recording for pprof: calls with their number and time, and CPU samples where there are any. */
import { gzipSync } from "node:zlib";
import { Function as Fn, Label, Line, Location, Profile, Sample, StringTable, ValueType } from "pprof-format";
import type { Recording } from "../record/model.ts";
import { Owners } from "../record/owners.ts";
import type { CallTotal, Source } from "../record/reader.ts";
import { frameName } from "./frame-name.ts";
import { unixNs } from "./order.ts";

interface Totals {
  /** Innermost first. */
  readonly stack: readonly string[];
  readonly pid: number;
  samples: number;
  calls: number;
  ns: number;
}

/** A gzipped profile.proto. */
export async function pprofBytes({ recording, totals: sums }: Source): Promise<Uint8Array> {
  const { lifetime } = recording;
  const strings = new StringTable();
  const s = (text: string) => strings.dedup(text);
  const type = (name: string, unit: string) => new ValueType({ type: s(name), unit: s(unit) });
  const functions: Fn[] = [];
  const locations: Location[] = [];
  const ids = new Map<string, number>();
  const location = (name: string): number => {
    let id = ids.get(name);
    if (id === undefined) {
      id = ids.size + 1;
      ids.set(name, id);
      functions.push(new Fn({ id, name: s(name), systemName: s(name) }));
      locations.push(new Location({ id, line: [new Line({ functionId: id })] }));
    }
    return id;
  };
  const sample = (t: Totals) =>
    new Sample({
      locationId: t.stack.map(location),
      value: [t.samples, t.calls, Math.round(t.ns)],
      label: [new Label({ key: s("pid"), num: t.pid })],
    });
  const samples = totals(recording, await sums()).map(sample);
  const end = lifetime.ended ?? lifetime.written;
  const profile = new Profile({
    sampleType: [type("samples", "count"), type("calls", "count"), type("time", "nanoseconds")],
    sample: samples,
    function: functions,
    location: locations,
    stringTable: strings,
    timeNanos: unixNs(lifetime.started, lifetime.anchor),
    durationNanos: BigInt(Math.round(end - lifetime.started)),
    defaultSampleType: s(recording.samples.length > 0 ? "samples" : "time"),
    comment: [s(`svtrace ${lifetime.version}: ${lifetime.service} on ${lifetime.host}`)],
  });
  return gzipSync(profile.encode());
}

function totals(recording: Recording, calls: readonly CallTotal[]): Totals[] {
  const owners = new Owners(recording.processes);
  const found = new Map<string, Totals>();
  const of = (tid: number, pid: number, comm: string | undefined, inner: readonly string[]): Totals => {
    const stack = [...inner, comm || String(tid)];
    const key = `${pid}\0${stack.join("\0")}`;
    let t = found.get(key);
    if (!t) {
      t = { stack, pid, samples: 0, calls: 0, ns: 0 };
      found.set(key, t);
    }
    return t;
  };
  for (const c of calls) {
    const t = of(c.tid, c.pid, c.comm, c.target ? [c.target, c.name] : [c.name]);
    t.calls += c.calls;
    t.ns += c.ns;
  }
  for (const x of recording.samples) {
    const frames = recording.stacks.get(x.stack) ?? [];
    const names = frames.map(frameName);
    const owner = owners.at(x.tid, x.ts);
    of(x.tid, owner?.pid ?? x.tid, owner?.comm, names).samples++;
  }
  return [...found.values()];
}
