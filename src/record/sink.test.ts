import { expect, test } from "vitest";
import type { FlightCall, Groups, QuietCounts } from "../capture/engine.ts";
import { Task } from "../capture/event.ts";
import { countOf } from "./columns.ts";
import { Demux } from "./demux.ts";
import type { Batch, CallColumns } from "./model.ts";
import { QuietCalls } from "./quiet-calls.ts";
import { defaultSettings } from "./settings.ts";
import type { RecordingSink } from "./sink.ts";
import type { SinkOptions } from "./sink-options.ts";
import { call, makeSink, memory, PID } from "./synthetic.ts";
import { Texts } from "./texts.ts";

test("everything while starting and stopping, slow calls while running", () => {
  const sink = makeSink();
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  call(sink, task, "openat", 0.1, 0.1001);
  call(sink, task, "accept4", 1, 1.5);
  expect(sink.lifetime.ready).toBe(1e9);
  sink.tick(3e9);
  expect(sink.state).toBe("starting");
  sink.tick(7e9);
  expect(sink.state).toBe("running");
  call(sink, task, "read", 8, 8.001);
  call(sink, task, "write", 8.1, 8.2);
  sink.signal(task, { signo: 15, info: undefined }, 9e9);
  expect(sink.state).toBe("stopping");
  call(sink, task, "unlink", 9.1, 9.1001);
  task.call.name = "exit_group";
  task.call.entry = 9.2e9;
  task.inCall = true;
  sink.enter(task, memory);
  sink.exited(task, { status: 0, signal: undefined, coreDumped: false }, 9.3e9);
  const batch = sink.take(9.4e9)!;
  expect(shown(batch.calls, batch).map((c) => c.name)).toEqual([
    "openat",
    "accept4",
    "write",
    "unlink",
    "exit_group",
  ]);
  expect(batch.rates.map((r) => [r.name, r.calls])).toEqual([
    ["read", 1],
    ["write", 1],
  ]);
  expect(batch.lifetime).toMatchObject({
    asked: 9e9,
    asked_by: "SIGTERM",
    died: 9.3e9,
    ended: 9.3e9,
    status: 0,
  });
  expect(batch.phases.map((p) => p.name)).toEqual(["starting", "running", "stopping"]);
  expect(sink.take(9.5e9)).toBeUndefined();
});

test("quiet is ready, until the main process execs again", () => {
  const sink = makeSink();
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  call(sink, task, "openat", 0.1, 0.2);
  task.call.name = "pause";
  task.call.entry = 0.3e9;
  task.inCall = true;
  sink.enter(task, memory);
  sink.tick(1e9);
  expect(sink.lifetime.ready).toBeNull();
  sink.tick(2.5e9);
  expect([sink.lifetime.ready, sink.lifetime.ready_by]).toEqual([0.2e9, "quiet"]);
  sink.exec(task, PID, 3e9);
  expect(sink.lifetime.ready).toBeNull();
});

test("a sleep within a start is not quiet before 10 s", () => {
  const sink = makeSink();
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  task.call.name = "clock_nanosleep";
  task.call.entry = 0.1e9;
  task.inCall = true;
  sink.enter(task, memory);
  sink.tick(5e9);
  expect(sink.lifetime.ready).toBeNull();
  sink.tick(11e9);
  expect(sink.lifetime.ready_by).toBe("quiet");
});

/** Calls of a batch with their texts. */
function shown(chunks: readonly CallColumns[], { texts: { base, texts } }: Batch) {
  return chunks.flatMap((c) =>
    Array.from({ length: c.count }, (_, i) => ({
      name: texts[c.name[i] - base] ?? `#${c.name[i]}`,
      args: texts[c.args[i] - base],
      ts: c.ts[i],
      pid: c.pid[i],
      duration: c.duration[i],
    })),
  );
}

test("blocked calls are shown, and counted losses say why", () => {
  const sink = makeSink({ maxCalls: 100 });
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  for (let i = 0; i < 101; i++) call(sink, task, "getpid", i / 1000, i / 1000 + 1e-6);
  task.call.name = "flock";
  task.call.entry = 1e9;
  task.inCall = true;
  sink.enter(task, memory);
  const batch = sink.take(3e9)!;
  expect(shown(batch.open, batch)).toEqual([
    { name: "flock", args: "flock-args", ts: 1e9, pid: PID, duration: 2e9 },
  ]);
  expect(batch.losses[0].count).toBe(1);
});

test("events go to the lifetime of the task's ancestors", () => {
  const demux = new Demux();
  const [a, b] = [makeSink(), makeSink()];
  const [main, other] = [new Task(PID, PID, 0), new Task(PID - 9, PID - 9, 0)];
  demux.expect(PID, a);
  demux.expect(PID - 9, b);
  demux.newTask(main, false);
  demux.newTask(other, false);
  const child = new Task(PID - 1, PID - 1, PID);
  demux.newTask(child, false);
  demux.exited(main, { status: 0, signal: undefined, coreDumped: false }, 1e9);
  const late = new Task(PID - 2, PID - 2, PID);
  demux.newTask(late, false);
  call(demux, late, "openat", 1, 2);
  expect(a.waiting).toBe(1);
  expect(b.waiting).toBe(0);
  expect([a.threads, b.threads]).toEqual([2, 1]);
});

/** A sink of a service that runs already. */
function running(more: Partial<SinkOptions["settings"]> = {}): { sink: RecordingSink; task: Task } {
  const sink = makeSink({ settings: { ...defaultSettings(), ...more } });
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  call(sink, task, "accept4", 1, 1.5);
  sink.tick(7e9);
  expect(sink.state).toBe("running");
  sink.take(7e9);
  return { sink, task };
}

function namesIn(sink: RecordingSink, now: number): string[] {
  const batch = sink.take(now)!;
  return shown(batch.calls, batch).map((c) => c.name);
}

test("the flight recorder is saved on an unasked death", () => {
  const { sink, task } = running();
  for (let i = 0; i < 5; i++) call(sink, task, "lseek", 8 + i, 8 + i + 1e-6);
  call(sink, task, "lseek", 30, 30 + 1e-6);
  call(sink, task, "getrandom", 31, 31 + 1e-6);
  expect(sink.waiting).toBe(0);
  sink.exited(task, { status: undefined, signal: 11, coreDumped: false }, 32e9);
  const batch = sink.take(33e9)!;
  expect(batch.events.find((e) => e.kind === "flight")?.text).toBe("death: 2 calls of before");
  expect(shown(batch.calls, batch).map((c) => [c.name, c.ts])).toEqual([
    ["lseek", 30e9],
    ["getrandom", 31e9],
  ]);
});

test("a slow call saves it, an idle one does not", () => {
  const { sink, task } = running();
  call(sink, task, "lseek", 8, 8 + 1e-6);
  call(sink, task, "epoll_wait", 8.1, 12);
  expect(namesIn(sink, 13e9)).toEqual(["epoll_wait"]);
  call(sink, task, "lseek", 13, 13 + 1e-6);
  call(sink, task, "fsync", 13.1, 14.5);
  expect(namesIn(sink, 15e9).sort()).toEqual(["fsync", "lseek", "lseek"]);
  call(sink, task, "lseek", 16, 16 + 1e-6);
  call(sink, task, "fdatasync", 16.1, 18);
  expect(namesIn(sink, 19e9)).toEqual(["fdatasync"]);
});

test("of what a service runs all the time the first between two writes is kept, the rest counted", () => {
  const { sink } = running();
  const child = new Task(PID - 1, PID - 1, PID);
  sink.newTask(child, false);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 1200; i++) sink.exec(child, PID - 1, 8e9 + i);
    const { events, losses } = sink.take(9e9)!;
    expect(events.filter((e) => e.kind === "exec").length).toBe(1000);
    expect(losses).toEqual([
      { ts: 8e9 + 1000, count: 200 * (round + 1), reason: "execs not kept: too many" },
    ]);
  }
});

test("policies and filters", () => {
  const { sink, task } = running({ policy: "everything" });
  call(sink, task, "lseek", 8, 8 + 1e-6);
  expect(sink.waiting).toBe(1);
  const slow = makeSink({
    settings: { ...defaultSettings(), policy: "slow" },
    wanted: (name) => name !== "fsync",
  });
  const other = new Task(PID, PID, 0);
  slow.newTask(other, false);
  call(slow, other, "openat", 0.1, 0.1001);
  call(slow, other, "openat", 0.2, 0.3);
  call(slow, other, "fsync", 0.4, 0.9);
  expect(slow.waiting).toBe(1);
});

test("what could not be written is handed over again, with the texts it needs", () => {
  const sink = makeSink();
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  call(sink, task, "openat", 0.1, 0.2);
  const first = sink.take(1e9)!;
  call(sink, task, "unlink", 0.3, 0.4);
  sink.giveBack(first);
  const second = sink.take(2e9)!;
  expect(second.texts.base).toBe(first.texts.base);
  expect(shown(second.calls, second).map((c) => [c.name, c.ts])).toEqual([
    ["openat", 0.1e9],
    ["unlink", 0.3e9],
  ]);
});

test("a recording is carried on: the gap is told, threads keep what is known of them", () => {
  const before = makeSink();
  const task = new Task(PID, PID, 0);
  before.newTask(task, false);
  call(before, task, "accept4", 1, 1.5);
  before.newTask(new Task(PID - 1, PID - 1, PID), false);
  const { lifetime, processes, texts } = before.take(4e9)!;
  const sink = makeSink({
    now: () => 9e9,
    lifetime: { ...lifetime, pid: PID },
    before: { path: "x", lifetime, processes, losses: [], texts: texts.texts.length, stacks: 0, frames: 0 },
  });
  sink.newTask(new Task(PID, PID, 0), true);
  sink.attachedAgain(9e9);
  const batch = sink.take(10e9)!;
  expect(batch.lifetime).toMatchObject({ ready: 1e9, started: 0 });
  expect(batch.texts.base).toBe(texts.texts.length);
  expect(batch.events).toMatchObject([{ kind: "gap", ts: 4e9, until: 9e9 }]);
  expect(batch.losses[0].reason).toBe("gap of 5.0 s: the recorder was not running");
  expect(batch.processes.map((p) => [p.tid, p.died])).toEqual([
    [PID - 1, 9e9],
    [PID, null],
  ]);
});

/** Groups as an engine has them; what was noted and counted is given. */
function groups(noted: FlightCall[]): Groups & { thresholds: number[]; released: number[] } {
  const thresholds: number[] = [];
  const released: number[] = [];
  const buckets = new Uint32Array(40);
  buckets[10] = 6;
  let counts: QuietCounts[] = [{ name: "lseek", calls: 6, errors: 1, total: 9000, longest: 1900, buckets }];
  return {
    thresholds,
    released,
    allocate: () => 3,
    release: (group) => void released.push(group),
    setThreshold: (_group, ns) => void thresholds.push(ns),
    counts: (abi) => abi === "x86_64",
    take: (_group, visit) => {
      for (const c of counts) visit(c);
      counts = [];
    },
    recent: (_group, since) => {
      const copy = noted.filter((n) => n.exit >= since);
      return () => copy;
    },
  };
}

test("an engine that can be quiet is, while the service runs, and counts", () => {
  const noted = (exit: number, tid: number, duration = 1000): FlightCall => ({
    exit: exit * 1e9,
    duration,
    tid,
    name: "lseek",
    ret: 5,
    args: Uint32Array.of(3, 0, 4, 0, 0, 0),
  });
  const engine = groups([
    noted(11, PID),
    noted(12.1, PID),
    noted(12.3, PID, 20e6),
    noted(12.4, PID - 1),
    // of a thread that nobody remembers
    noted(12.5, PID + 1),
  ]);
  const sink = makeSink({ quiet: new QuietCalls(engine, 3) });
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  sink.newTask(new Task(PID - 1, PID, PID), false);
  call(sink, task, "accept4", 1, 1.5);
  expect(engine.thresholds).toEqual([]);
  sink.tick(7e9);
  expect(engine.thresholds).toEqual([10e6]);
  call(sink, task, "lseek", 6.9, 6.95);
  call(sink, task, "lseek", 7.1, 7.15);
  task.call.abi = "i386";
  call(sink, task, "lseek", 7.2, 7.205);
  sink.tick(8.5e9);
  sink.tick(10.5e9);
  sink.askedToStop(12e9, "svc -t");
  expect(engine.thresholds).toEqual([10e6, 0]);
  const batch = sink.take(13e9)!;
  const rows = shown(batch.calls, batch).map((c) => [c.name, c.args, c.ts, c.pid]);
  expect(rows.slice(-3)).toEqual([
    ["lseek", "lseek-numbers", 12.1e9 - 1000, PID],
    ["lseek", "lseek-numbers", 12.4e9 - 1000, PID],
    ["lseek", "lseek-numbers", 12.5e9 - 1000, PID + 1],
  ]);
  expect(rows.length).toBe(6);
  // the call before it was quiet and that of other numbers, and what the kernel counted; the slow one after is among that
  expect(batch.rates.map((r) => [r.name, r.calls, r.errors])).toEqual([
    ["lseek", 1, 0],
    ["lseek", 1, 0],
    ["lseek", 6, 1],
  ]);
  expect(batch.histograms.at(-1)).toMatchObject({ from_ns: 1024, to_ns: 2048, calls: 6 });
  sink.exited(task, { status: 0, signal: undefined, coreDumped: false }, 14e9);
  expect(engine.released).toEqual([]);
  sink.exited(new Task(PID - 1, PID, PID), { status: 0, signal: undefined, coreDumped: false }, 14e9);
  expect(engine.released).toEqual([3]);
});

test("calls under way are looked up where the engine does not tell of entries", () => {
  const open = new Task(PID, PID, 0);
  open.call.name = "epoll_wait";
  open.call.entry = 1e9;
  open.call.args[6] = 0xffffffff;
  const sink = makeSink({
    underWay: (each, tids) => {
      for (const tid of tids) if (tid === PID) each(open, true);
    },
  });
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  const batch = sink.take(3e9)!;
  expect(shown(batch.open, batch).map((c) => [c.ts, c.duration])).toEqual([[1e9, 2e9]]);
  // killed in it
  task.inCall = true;
  task.call.entry = 1e9;
  task.call.name = "epoll_wait";
  sink.exited(task, { status: undefined, signal: 9, coreDumped: false }, 4e9);
  const last = sink.take(5e9)!;
  expect([countOf(last.open), countOf(last.calls), last.lifetime.ended]).toEqual([0, 1, 4e9]);
});

test("what is under way when capturing ends stays so, though its task is gone when all has been told", () => {
  const stuck = new Task(PID, PID, 0);
  stuck.call.name = "flock";
  stuck.call.entry = 1e9;
  let there = [stuck];
  const sink = makeSink({
    underWay: (each, tids) => {
      for (const tid of tids) for (const task of there) if (task.tid === tid) each(task, true);
    },
  });
  sink.newTask(new Task(PID, PID, 0), false);
  sink.freeze(3e9);
  there = [];
  // told of only now: a thread, and the call it was in
  const late = new Task(PID - 1, PID, 0);
  late.call.name = "futex";
  late.call.entry = 2e9;
  sink.newTask(late, false);
  there = [late];
  sink.tick(9e9, 3e9);
  const batch = sink.take(3e9)!;
  expect(shown(batch.open, batch).map((c) => [c.name, c.ts, c.duration])).toEqual([
    ["flock", 1e9, 2e9],
    ["futex", 2e9, 1e9],
  ]);
  expect(batch.lifetime.written).toBe(3e9);
});

test("nothing is taken for quiet before it is known that it was", () => {
  const sink = makeSink();
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  call(sink, task, "openat", 1, 1.5);
  sink.tick(9e9, 2e9);
  expect([sink.state, sink.lifetime.ready]).toEqual(["starting", null]);
  call(sink, task, "openat", 2.5, 3);
  sink.tick(10e9, 10e9);
  expect(sink.lifetime.ready).toBe(3e9);
});

test("what was noted is kept once, however often it is asked for", () => {
  const noted = [1, 2, 3].map((tid) => ({
    exit: (8 + tid) * 1e9,
    duration: 1000,
    tid,
    name: "lseek",
    ret: 0,
    args: Uint32Array.of(3, 0, 4, 0, 0, 0),
  }));
  const sink = makeSink({ quiet: new QuietCalls(groups(noted), 3) });
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  call(sink, task, "accept4", 1, 1.5);
  sink.tick(7e9);
  expect(sink.saveFlight(12e9, "asked")).toBe(3);
  expect(sink.saveFlight(13e9, "asked again")).toBe(0);
});

test("of any size is what can be handed over again", () => {
  const texts = new Texts();
  for (let i = 0; i < 200_000; i++) texts.id(`0x${i}`);
  const taken = texts.take();
  texts.giveBack(taken);
  expect(texts.take().texts.length).toBe(taken.texts.length);
});

test("what was counted last is kept when the recorder lets go of a service that runs", () => {
  const sink = makeSink({ quiet: new QuietCalls(groups([]), 3) });
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  call(sink, task, "accept4", 1, 1.5);
  sink.tick(7e9);
  sink.freeze(7.5e9);
  sink.detached(task);
  expect(sink.take(8e9)!.rates.map((r) => [r.name, r.calls])).toEqual([["lseek", 6]]);
});

test("of threads that died while nothing could be written so many are kept, and the rest is counted", () => {
  const sink = makeSink();
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  for (let i = 0; i < 100_010; i++) {
    const child = new Task(1e6 + i, 1e6 + i, PID);
    sink.newTask(child, false);
    sink.exited(child, { status: 0, signal: undefined, coreDumped: false }, 1e9);
  }
  const batch = sink.take(2e9)!;
  expect(batch.processes.length).toBe(100_001);
  expect(batch.losses).toEqual([{ ts: 1e9, count: 10, reason: "threads not kept: too many" }]);
});

test("a thread's exec: the process goes on, and its end is that of the lifetime", () => {
  const sink = makeSink();
  const [main, worker] = [new Task(PID, PID, 0), new Task(PID - 1, PID, PID)];
  for (const task of [main, worker]) sink.newTask(task, false);
  sink.superseded(main);
  worker.tid = PID;
  sink.exec(worker, PID - 1, 1e9);
  expect(sink.threads).toBe(1);
  sink.exited(worker, { status: 3, signal: undefined, coreDumped: false }, 2e9);
  const { processes, lifetime } = sink.take(3e9)!;
  expect(processes.map((p) => [p.tid, p.died, p.status])).toEqual([
    [PID - 1, 1e9, null],
    [PID, 2e9, 3],
  ]);
  expect(lifetime).toMatchObject({ died: 2e9, ended: 2e9, status: 3 });
});
