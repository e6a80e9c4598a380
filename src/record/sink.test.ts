import { expect, test } from "vitest";
import { Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import { Demux } from "./demux.ts";
import { defaultSettings } from "./settings.ts";
import { RecordingSink, type SinkOptions } from "./sink.ts";
import { Text } from "./texts.ts";

const memory = undefined as unknown as Memory;
const clock = 0;
/** A pid that no process has. */
const PID = 0x3fffffff;

function makeSink(more: Partial<SinkOptions> = {}): RecordingSink {
  return new RecordingSink({
    path: "unused",
    settings: { ...defaultSettings(), threshold: 10e6 },
    lifetime: { pid: PID, service: "s", dir: "/s", started: 0, anchor: 0 },
    text: {
      enter: (t) => ({ args: new Text(`${t.call.name}-args`), complete: true }),
      exit: (_t, _m, entry) => ({ args: entry.args, ret: new Text("0") }),
      siginfo: () => "{}",
    },
    signalName: (n) => (n === 15 ? "SIGTERM" : `SIG${n}`),
    errnoName: (n) => `E${n}`,
    now: () => clock,
    ...more,
  });
}

function call(sink: RecordingSink | Demux, task: Task, name: string, from: number, to: number): void {
  task.call.name = name;
  task.call.entry = from * 1e9;
  task.inCall = true;
  sink.enter(task, memory);
  task.call.exit = to * 1e9;
  sink.exit(task, memory);
  task.inCall = false;
}

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
  const { calls, texts } = batch;
  const names = Array.from(calls.name.subarray(0, calls.count), (i) => texts.texts[i]);
  expect(names).toEqual(["openat", "accept4", "write", "unlink", "exit_group"]);
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
  const { open, texts } = batch;
  expect(open.count).toBe(1);
  expect([texts.texts[open.name[0]], texts.texts[open.args[0]]]).toEqual(["flock", "flock-args"]);
  expect(open.duration[0]).toBe(2e9);
  expect(batch.losses[0].count).toBe(50);
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
