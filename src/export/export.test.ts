import { gunzipSync } from "node:zlib";
import { Profile } from "pprof-format";
import { expect, test } from "vitest";
import { Synthetic } from "../analyse/synthetic.ts";
import type { CallRow, Recording } from "../record/model.ts";
import { Owners } from "../record/owners.ts";
import type { Source } from "../record/reader.ts";
import { foldedCalls, foldedSamples } from "./folded.ts";
import { jsonLines } from "./json-lines.ts";
import { otlpJson } from "./otlp.ts";
import { perfettoJson } from "./perfetto.ts";
import { pprofBytes } from "./pprof.ts";
import { prometheusText } from "./prometheus.ts";

async function text(pieces: Iterable<string> | AsyncIterable<string>): Promise<string> {
  let all = "";
  for await (const piece of pieces) all += piece;
  return all;
}

/** What is read of a file, of a recording in memory. */
function sourceOf(recording: Recording): Source {
  const owners = new Owners(recording.processes);
  const commOf = ({ tid, ts }: CallRow) => owners.at(tid, ts)?.comm ?? "";
  return {
    recording,
    async *calls() {
      yield recording.calls;
    },
    totals: async () =>
      [...recording.calls].map((c) => ({ ...pick(c), comm: commOf(c), calls: 1, ns: c.duration })),
  };
}

const pick = ({ tid, pid, name, target }: CallRow) => ({ tid, pid, name, target });

/** Two threads, one waking the other, and samples of one. */
function sample(): Recording {
  const s = new Synthetic({ anchor: 2 ** 60 + 2 ** 59 + 256 }).at({ started: 1, ready: 2, written: 9 });
  s.process(100, 1, "web;1", 1, null).process(100, 100, "worker", 1.5, null, 101);
  s.call(101, 2, 4, "futex", "0x1, FUTEX_WAIT", "0", { waker: 100, blocked: 1.9e9, queued: 0.05e9 });
  s.call(100, 3.9, 3.96, "futex", "0x1, FUTEX_WAKE", "1");
  s.call(101, 5, 6, "read", "3", "1", { waker: 77, blocked: 0.9e9, queued: 0 });
  s.event(7, "gap", 100, "the recorder was not running", 8);
  const { recording } = s;
  recording.phases = [{ name: "starting", started: 1e9, ended: 2e9 }];
  const frame = (name: string, module: string, address = 0x10) => ({ function: name, module, address });
  recording.stacks = new Map([
    [0, [frame("inner(int, char)", "/bin/web"), frame("main", "/bin/web")]],
    [1, [frame("", "/lib/x.so", 0x2a), frame("main", "/bin/web")]],
  ]);
  recording.samples = [
    { ts: 3e9, tid: 100, stack: 0 },
    { ts: 3.1e9, tid: 100, stack: 0 },
    { ts: 3.2e9, tid: 100, stack: 1 },
  ];
  return recording;
}

test("what has no name is called by its address, in the kernel by that of its upper half", async () => {
  const recording = sample();
  const frame = { function: "", module: "[kernel]", address: -0x7efffed1 };
  recording.stacks = new Map([[0, [frame]]]);
  const name = "[kernel]+0xffffffff8100012f";
  expect(await text(foldedSamples(recording))).toContain(name);
  expect(await text(perfettoJson(recording))).toContain(name);
  const { stringTable } = Profile.decode(gunzipSync(await pprofBytes(sourceOf(recording))));
  expect(stringTable.strings).toContain(name);
});

test("Perfetto: an arrow from the call that woke to the call that was woken, gaps, sample trees", async () => {
  const trace = JSON.parse(await text(perfettoJson(sample())));
  const flows = trace.traceEvents.filter((e: { ph: string }) => "sf".includes(e.ph));
  // whoever woke the second wait is not in the recording
  expect(flows.map((e: Record<string, unknown>) => [e.ph, e.tid, e.ts, e.id])).toEqual([
    ["s", 100, 3.95e6, 1],
    ["f", 101, 4e6, 1],
  ]);
  const spans = trace.traceEvents.filter((e: { ph: string }) => e.ph === "b");
  expect(spans.map((e: { name: string }) => e.name)).toEqual(["starting", "gap"]);
  const frames = trace.stackFrames;
  const stack = (id: string): string =>
    (frames[id].parent ? `${stack(frames[id].parent)};` : "") + frames[id].name;
  expect(trace.samples.map((s: { sf: string }) => stack(s.sf))).toEqual([
    "main;inner(int, char)",
    "main;inner(int, char)",
    "main;/lib/x.so+0x2a",
  ]);
});

test("folded: samples by stack, calls by time; what separates frames is not in them", async () => {
  expect(await text(foldedSamples(sample()))).toBe(
    "web,1;main;inner(int, char) 2\nweb,1;main;/lib/x.so+0x2a 1\n",
  );
  expect(await text(foldedCalls(sourceOf(sample())))).toBe(
    "web,1 100;thread 101;futex 2000000\nweb,1 100;futex 60000\nweb,1 100;thread 101;read 1000000\n".replace(
      /web,1 100;thread/g,
      "worker 100;thread",
    ),
  );
});

test("pprof: stacks innermost first, samples are what is shown", async () => {
  const p = Profile.decode(gunzipSync(await pprofBytes(sourceOf(sample()))));
  const name = (id: unknown) => p.stringTable.strings[Number(id)];
  const functions = new Map(p.function.map((f) => [Number(f.id), name(f.name)]));
  const names = new Map(p.location.map((l) => [Number(l.id), functions.get(Number(l.line[0].functionId))]));
  const stacks = p.sample.map((s) => [s.locationId.map((l) => names.get(Number(l))), s.value.map(Number)]);
  expect(stacks).toContainEqual([
    ["inner(int, char)", "main", "web;1"],
    [2, 0, 0],
  ]);
  expect(stacks).toContainEqual([
    ["futex", "worker"],
    [0, 1, 2e9],
  ]);
  expect(name(p.defaultSampleType)).toBe("samples");
});

test("calls and samples have the name of the thread that had the tid then", async () => {
  const s = new Synthetic({}).at({ started: 1, written: 9 });
  s.process(100, 1, "old", 1, 2).process(100, 1, "new", 3, null);
  s.call(100, 1.2, 1.3, "read").call(100, 3.2, 3.3, "read");
  const { recording } = s;
  recording.stacks = new Map([[0, [{ function: "main", module: "/bin/x", address: 1 }]]]);
  recording.samples = [1.5e9, 3.5e9].map((ts) => ({ ts, tid: 100, stack: 0 }));
  const source = sourceOf(recording);

  const lines = (await text(jsonLines(source))).trimEnd().split("\n");
  const named = lines.map((l) => JSON.parse(l)).filter((l) => l.type === "syscall" || l.type === "sample");
  expect(named.map((l) => l.comm)).toEqual(["old", "old", "new", "new"]);
  expect(await text(foldedSamples(recording))).toBe("old;main 1\nnew;main 1\n");
  expect(await text(foldedCalls(source))).toBe("old 100;read 100000\nnew 100;read 100000\n");
  const profile = Profile.decode(gunzipSync(await pprofBytes(source)));
  expect(profile.sample.map((x) => x.value.map(Number))).toEqual([
    [0, 1, 1e8],
    [0, 1, 1e8],
    [1, 0, 0],
    [1, 0, 0],
  ]);
  const { resourceSpans } = JSON.parse(await text(otlpJson(source)));
  const attributes = resourceSpans[0].scopeSpans[0].spans.flatMap(
    (x: { attributes: unknown[] }) => x.attributes,
  );
  const names = attributes.filter((a: { key: string }) => a.key === "thread.name");
  expect(names.map((a: { value: { stringValue: string } }) => a.value.stringValue)).toEqual(["old", "new"]);
  // there, one track is both
  const trace = JSON.parse(await text(perfettoJson(recording)));
  const tracks = trace.traceEvents.filter((e: { name: string }) => e.name === "thread_name");
  expect(tracks.map((e: { args: unknown }) => e.args)).toEqual([{ name: "old, new" }]);
});

test("what a name holds cannot drive the terminal that an export is shown on", async () => {
  const comm = "a\x9b31mb\x1b[31m";
  const s = new Synthetic({ service: comm }).at({ started: 1, written: 9 });
  s.process(100, 1, comm, 1, null).call(100, 1.2, 1.3, "read");
  const { recording } = s;
  const source = sourceOf(recording);
  const json = [perfettoJson(recording), otlpJson(source), jsonLines(source)];
  for (const pieces of [...json, foldedCalls(source)]) {
    const all = await text(pieces);
    expect(all).toMatch(/^[\n\x20-\x7e]*$/);
    expect(all).toContain("9b31mb");
  }
});

test("JSON lines: nanoseconds are exact, unknown facts are left out", async () => {
  const lines = (await text(jsonLines(sourceOf(sample())))).trimEnd().split("\n");
  const read = lines.find((l) => l.includes('"name":"read"'))!;
  expect(read).toContain('"time":1729382261.910270720,');
  expect(JSON.parse(read)).toMatchObject({ waker: 77, blocked: 0.9 });
  const wake = JSON.parse(lines.find((l) => l.includes("FUTEX_WAKE"))!);
  expect(["waker" in wake, "errno" in wake, "fd" in wake]).toEqual([false, false, false]);
});

test("OTLP: a piece for each call, which together are JSON", async () => {
  const pieces: string[] = [];
  for await (const piece of otlpJson(sourceOf(sample()))) pieces.push(piece);
  const [{ scopeSpans }] = JSON.parse(pieces.join("")).resourceSpans;
  const spans: { name: string; spanId: string; parentSpanId: string }[] = scopeSpans[0].spans;
  expect(spans.map((s) => s.name).slice(0, 2)).toEqual(["lifetime of web", "starting"]);
  expect(spans.map((s) => s.name).slice(2)).toEqual(["futex", "futex", "read"]);
  expect(spans.slice(2).every((s) => s.parentSpanId === spans[0].spanId)).toBe(true);
  expect(pieces.filter((p) => p.startsWith(',{"traceId"')).length).toBe(3);
});

test("Prometheus: buckets are cumulative, labels escaped", async () => {
  const { lifetime, phases } = sample();
  const out = await text(
    prometheusText({
      lifetime: { ...lifetime, service: 'we"b\n' },
      phases,
      losses: [{ ts: 1, count: 3, reason: "why" }],
      rates: [{ name: "read", calls: 9, errors: 2, total_ns: 1e7 }],
      histograms: [
        { name: "read", to_ns: 896, calls: 5 },
        { name: "read", to_ns: 2.5e9, calls: 3 },
        { name: "read", to_ns: 1.2e12, calls: 1 },
      ],
    }),
  );
  const value = (start: string) =>
    Number(
      out
        .split("\n")
        .find((l) => l.startsWith(start))
        ?.split(" ")
        .at(-1),
    );
  const bucket = (le: string) =>
    value(`svtrace_syscall_duration_seconds_bucket{service="we\\"b\\n",name="read",le="${le}"}`);
  expect([bucket("0.000001"), bucket("1.048576"), bucket("4.194304"), bucket("+Inf")]).toEqual([5, 5, 8, 9]);
  expect(value("svtrace_syscall_errors_total{")).toBe(2);
  expect(value("svtrace_syscall_duration_seconds_sum{")).toBe(0.01);
  expect(value("svtrace_phase_seconds{")).toBe(1);
  expect(value("svtrace_lost_total{")).toBe(3);
  for (const line of out.trimEnd().split("\n"))
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+\{(\w+="([^"\\\n]|\\["\\n])*",?)*\} [-+\d.e]+)$/);
});
