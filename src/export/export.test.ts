import { gunzipSync } from "node:zlib";
import { Profile } from "pprof-format";
import { expect, test } from "vitest";
import { Synthetic } from "../analyse/synthetic.ts";
import type { CallRow, Recording } from "../record/model.ts";
import type { Source } from "../record/reader.ts";
import { foldedCalls, foldedSamples } from "./folded.ts";
import { jsonLines } from "./json-lines.ts";
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
  return {
    recording,
    async *calls() {
      yield recording.calls;
    },
    totals: async () => [...recording.calls].map((c) => ({ ...pick(c), calls: 1, ns: c.duration })),
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

test("JSON lines: nanoseconds are exact, unknown facts are left out", async () => {
  const lines = (await text(jsonLines(sourceOf(sample())))).trimEnd().split("\n");
  const read = lines.find((l) => l.includes('"name":"read"'))!;
  expect(read).toContain('"time":1729382261.910270720,');
  expect(JSON.parse(read)).toMatchObject({ waker: 77, blocked: 0.9 });
  const wake = JSON.parse(lines.find((l) => l.includes("FUTEX_WAKE"))!);
  expect(["waker" in wake, "errno" in wake, "fd" in wake]).toEqual([false, false, false]);
});

test("Prometheus: buckets are cumulative, labels escaped", async () => {
  const { lifetime, phases } = sample();
  const rate = (ts: number, calls: number) => ({
    ts,
    name: "read",
    calls,
    errors: 1,
    total_ns: 5e6,
    max_ns: 1,
  });
  const histogram = (ts: number, from_ns: number, to_ns: number, calls: number) => ({
    ts,
    name: "read",
    from_ns,
    to_ns,
    calls,
  });
  const out = await text(
    prometheusText({
      lifetime: { ...lifetime, service: 'we"b\n' },
      phases,
      losses: [{ ts: 1, count: 3, reason: "why" }],
      rates: [rate(1e9, 5), rate(2e9, 4)],
      histograms: [
        histogram(1e9, 768, 896, 5),
        histogram(2e9, 2e9, 2.5e9, 3),
        histogram(2e9, 1e12, 1.2e12, 1),
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
