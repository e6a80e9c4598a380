import { expect, test } from "vitest";
import { Task } from "../capture/event.ts";
import { call, makeSink, PID } from "./synthetic.ts";

const NAMES: Record<number, string> = {
  3: "SIGQUIT",
  6: "SIGABRT",
  9: "SIGKILL",
  11: "SIGSEGV",
  15: "SIGTERM",
};

/** A service that runs, and what it gets to hear: signals (number, seconds), and its death by one. */
function signalled() {
  const sink = makeSink({ signalName: (n) => NAMES[n] });
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  call(sink, task, "accept4", 1, 1.5);
  sink.tick(7e9);
  return {
    sink,
    task,
    signal: (signo: number, at: number) => sink.signal(task, { signo, info: undefined }, at * 1e9),
    dies: (at: number, signal?: number) =>
      sink.exited(task, { status: signal ? undefined : 0, signal, coreDumped: false }, at * 1e9),
    asked: () => [sink.state, sink.lifetime.asked, sink.lifetime.asked_by],
  };
}

test("a fault that the program handles asks for nothing; one it dies by began its end", () => {
  const { sink, signal, dies, asked } = signalled();
  signal(11, 8);
  signal(11, 9);
  expect(asked()).toEqual(["running", null, null]);
  signal(6, 10);
  signal(11, 11);
  dies(12, 11);
  expect(asked()).toEqual(["dead", 11e9, "SIGSEGV"]);
  expect(sink.take(13e9)!.events.find((e) => e.kind === "flight")?.text).toContain("death");
  const other = signalled();
  other.signal(11, 8);
  other.dies(9);
  expect(other.asked()).toEqual(["dead", null, null]);
});

test("a fault during the start does not end it", () => {
  const sink = makeSink({ signalName: (n) => NAMES[n] });
  const task = new Task(PID, PID, 0);
  sink.newTask(task, false);
  sink.signal(task, { signo: 11, info: undefined }, 0.1e9);
  expect(sink.state).toBe("starting");
  call(sink, task, "accept4", 1, 1.5);
  expect(sink.lifetime.ready).toBe(1e9);
});

test("a signal that ended nothing within ten minutes asked for nothing; a later request counts", () => {
  const { sink, signal, dies, asked } = signalled();
  signal(15, 100);
  expect(asked()).toEqual(["stopping", 100e9, "SIGTERM"]);
  sink.tick(699e9);
  expect(asked()).toEqual(["stopping", 100e9, "SIGTERM"]);
  sink.tick(701e9);
  expect(asked()).toEqual(["running", null, null]);
  sink.askedToStop(90_000e9, "svc -t");
  signal(15, 90_000.001);
  dies(90_001);
  expect(asked()).toEqual(["dead", 90_000e9, "svc -t"]);
});

test("a thread dump gives way to the request after it, and a command that led to nothing to a later one", () => {
  const dumped = signalled();
  dumped.signal(3, 100);
  dumped.signal(3, 110);
  expect(dumped.asked()).toEqual(["stopping", 100e9, "SIGQUIT"]);
  dumped.sink.askedToStop(200e9, "svc -t");
  dumped.signal(15, 200.001);
  dumped.signal(3, 200.5);
  expect(dumped.asked()).toEqual(["stopping", 200e9, "svc -t"]);
  const reloaded = signalled();
  reloaded.sink.askedToStop(100e9, "svc -t");
  reloaded.sink.askedToStop(150e9, "svc -d");
  expect(reloaded.asked()).toEqual(["stopping", 100e9, "svc -t"]);
  reloaded.sink.tick(701e9);
  expect(reloaded.asked()).toEqual(["running", 100e9, "svc -t"]);
  reloaded.sink.askedToStop(800e9, "svc -k");
  expect(reloaded.asked()[1]).toBe(100e9);
  reloaded.sink.askedToStop(900e9, "svc -t");
  expect(reloaded.asked()).toEqual(["stopping", 900e9, "svc -t"]);
  const down = signalled();
  down.sink.askedToStop(100e9, "svc -d");
  down.sink.tick(701e9);
  down.sink.askedToStop(900e9, "svc -t");
  expect(down.asked()[1]).toBe(100e9);
});

test("who ignores what it was asked dies of something else, unless it is killed", () => {
  const ignoring = () => {
    const s = signalled();
    s.sink.askedToStop(100e9, "svc -t", true);
    return s;
  };
  const exits = ignoring();
  exits.dies(400);
  expect(exits.asked()).toEqual(["dead", null, null]);
  const faults = ignoring();
  faults.signal(11, 400);
  faults.dies(401, 11);
  expect(faults.asked()).toEqual(["dead", 400e9, "SIGSEGV"]);
  const killed = ignoring();
  killed.dies(105, 9);
  expect(killed.asked()).toEqual(["dead", 100e9, "svc -t"]);
  const told = ignoring();
  told.sink.askedToStop(200e9, "svc -t", true);
  expect(told.asked()[1]).toBe(100e9);
  told.sink.askedToStop(300e9, "svc -q");
  told.dies(301);
  expect(told.asked()).toEqual(["dead", 300e9, "svc -q"]);
});

test("what a signal makes a new program of was not asked to stop", () => {
  const { sink, task, signal, asked } = signalled();
  signal(15, 100);
  sink.exec(task, PID, 100.5e9);
  expect(asked()).toEqual(["starting", null, null]);
  sink.tick(101e9);
  expect(sink.state).toBe("running");
});
