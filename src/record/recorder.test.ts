import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import type { Engine } from "../capture/engine.ts";
import { Task } from "../capture/event.ts";
import { startedAt } from "../kernel/proc.ts";
import type { Demux } from "./demux.ts";
import { parseMessage } from "./messages.ts";
import type { Batch } from "./model.ts";
import { recordingName } from "./names.ts";
import { Recorder } from "./recorder.ts";
import { makeSink } from "./synthetic.ts";
import { Text } from "./texts.ts";
import { writeBatch } from "./writer.ts";

const root = mkdtempSync(join(tmpdir(), "svtrace-recorder-"));
afterAll(() => rmSync(root, { recursive: true }));
const dir = join(root, "web");
mkdirSync(join(dir, "trace"), { recursive: true });
const PID = 0x3ffffff0;

/** `told`: how far the engine is, where it may be behind what happens. */
function setUp(adopt: (pid: number, sink: Demux) => void, told?: () => number) {
  const state = {
    now: 5e9,
    anchor: 1.7e18,
    written: [] as Batch[],
    resumed: [] as number[],
    warnings: [] as string[],
    engines: [] as { asked: string; open: boolean }[],
  };
  const recorder = new Recorder({
    engine: (asked, sink) => {
      const made = { asked, open: true };
      state.engines.push(made);
      const engine = {
        adopt: (pid: number) => adopt(pid, sink),
        attach: (pid: number) => adopt(pid, sink),
        detach: () => {
          made.open = false;
        },
        step: () => 0,
        tasks: () => [],
        get told() {
          return told?.();
        },
      };
      return { kind: "ptrace", engine: engine as unknown as Engine };
    },
    filter: () => () => true,
    write: async (batch) => {
      const { path } = batch;
      state.written.push({ ...batch, path: join(realpathSync(dirname(path)), basename(path)) });
      return { trimmed: 0 };
    },
    parts: {
      text: {
        enter: () => ({ args: new Text(""), complete: true }),
        exit: () => ({ args: new Text(""), ret: new Text("0") }),
        whole: () => ({ args: new Text(""), ret: new Text("0") }),
        forget: () => undefined,
        numbers: () => ({ args: new Text(""), ret: new Text("0") }),
        siginfo: () => "",
      },
      signalName: String,
      errnoName: String,
      now: () => state.now,
    },
    anchor: () => state.anchor,
    version: "0",
    resume: (pid) => state.resumed.push(pid),
    warn: (text) => state.warnings.push(text),
  });
  return { recorder, state };
}

const start = (pid: number, time: number) =>
  parseMessage(JSON.stringify({ event: "start", service: "web", dir, pid, time, supervisor: 1 }));

test("two lifetimes of a service point at each other", async () => {
  const tasks = new Map<number, Task>();
  let sink: Demux | undefined;
  const { recorder, state } = setUp((pid, demux) => {
    sink = demux;
    tasks.set(pid, new Task(pid, pid, 0));
    demux.newTask(tasks.get(pid)!, false);
  });
  const first = start(PID, 1.7e9 + 1);
  if (!("event" in first) || first.event !== "start") throw new Error("not a start");
  expect(recorder.start(first)).toBeUndefined();
  state.now = 6.5e9;
  // the wall clock is set back by an hour meanwhile
  state.anchor -= 3600e9;
  const control = { event: "control", service: "web", dir, command: "t", time: 1.7e9 + 6 - 3600 };
  recorder.tell(parseMessage(JSON.stringify(control)) as Parameters<Recorder["tell"]>[0]);
  sink!.exited(tasks.get(PID)!, { status: 0, signal: undefined, coreDumped: false }, 7e9);
  state.now = 8e9;
  recorder.step(0);
  await recorder.flush(dir);
  state.anchor += 3600e9;
  recorder.start({ ...first, pid: PID + 1, time: 1.7e9 + 8 });
  state.now = 9e9;
  await recorder.flush(dir);
  const last = (pid: number) => state.written.filter((b) => b.lifetime.pid === pid).at(-1)!;
  const [a, b] = [last(PID), last(PID + 1)];
  expect(a.lifetime).toMatchObject({
    asked: 6e9,
    asked_by: "svc -t",
    died: 7e9,
    ended: 7e9,
    next: basename(b.path),
  });
  expect(a.path).toContain(join(dir, "trace", "recordings", "@4000"));
  expect(b.lifetime).toMatchObject({ ended: null, previous: basename(a.path) });
});

test("a process has one lifetime, however often it is found; none begins once all is let go", async () => {
  const { recorder, state } = setUp((pid, demux) => demux.newTask(new Task(pid, pid, 0), false));
  const attach = () => recorder.attach("web", dir, PID + 10, 1);
  expect(await Promise.all([attach(), attach()])).toEqual([undefined, undefined]);
  expect(recorder.busy).toBe(1);
  recorder.detach();
  const message = start(PID + 11, 1.7e9 + 20);
  if (!("event" in message) || message.event !== "start") throw new Error("not a start");
  expect(recorder.start(message)).toBe("the recorder is ending");
  expect(state.resumed).toEqual([PID + 11]);
});

test("what may not have been told of yet is waited for, and nothing is made of it", async () => {
  let told = 20e9;
  const { recorder, state } = setUp(
    (pid, demux) => demux.newTask(new Task(pid, pid, 0), false),
    () => told,
  );
  state.now = 20e9;
  const message = start(PID + 2, 1.7e9 + 20);
  if (!("event" in message) || message.event !== "start") throw new Error("not a start");
  expect(recorder.start(message)).toBeUndefined();
  // all has been quiet for long enough to be ready, as far as it was told
  state.now = 30e9;
  told = 20.5e9;
  recorder.step(0);
  let over = false;
  const asked = recorder.caughtUp().then(() => {
    over = true;
  });
  await new Promise((r) => setTimeout(r, 30));
  expect(over).toBe(false);
  await recorder.flush(dir);
  expect(state.written.at(-1)!.lifetime).toMatchObject({ ready: null, written: 20.5e9 });
  told = 30e9;
  await asked;
  recorder.step(0);
  state.now = 31e9;
  recorder.step(0);
  await recorder.flush(dir);
  expect(state.written.at(-1)!.lifetime).toMatchObject({ ready: 20e9, ready_by: "quiet" });
});

test("a recording is carried on if its process is there, however far a suspend has moved when that began; else another one begins", async () => {
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const pid = child.pid!;
  const begun = startedAt(pid)!;
  const attached = async (started: number) => {
    const home = mkdtempSync(join(root, "carried-"));
    const recordings = join(home, "trace", "recordings");
    mkdirSync(recordings, { recursive: true });
    const path = join(recordings, recordingName(1.7e18, pid));
    const { recorder, state } = setUp((p, demux) => demux.newTask(new Task(p, p, 0), true));
    const sink = makeSink({ path, lifetime: { pid, service: "web", started, anchor: 1.7e18 } });
    await writeBatch(sink.take(started)!);
    expect(await recorder.attach("web", home, pid, 1)).toBeUndefined();
    await recorder.flush(home);
    const [{ lifetime, events }] = state.written;
    return { started: lifetime.started, kinds: events.map((e) => e.kind) };
  };
  // hours of sleep came after it, and count as if they had come before
  const later = begun + 3600e9;
  expect(await attached(later)).toEqual({ started: later, kinds: ["gap"] });
  // somebody else had its pid before
  expect(await attached(begun - 10e9)).toEqual({ started: 5e9, kinds: [] });
});

test("a service is the same whatever it is called by now, and what is written goes where it is", async () => {
  const home = mkdtempSync(join(root, "called-"));
  mkdirSync(join(home, "trace"));
  const { recorder, state } = setUp((pid, demux) => demux.newTask(new Task(pid, pid, 0), false));
  expect(await recorder.attach("web", home, PID + 30, 1)).toBeUndefined();
  const moved = `${home}.moved`;
  renameSync(home, moved);
  expect([home, moved].map((d) => recorder.knows(d, PID + 30))).toEqual([false, true]);
  await recorder.flush(moved);
  const last = () => state.written.at(-1)!;
  expect(dirname(last().path)).toBe(join(moved, "trace", "recordings"));
  mkdirSync(join(home, "trace"), { recursive: true });
  expect(await recorder.attach("web", home, PID + 31, 1)).toBeUndefined();
  await recorder.flush(home);
  expect(last().lifetime).toMatchObject({ pid: PID + 31, previous: null });
});

test("a service's directory is not held any more once all of it is written", async () => {
  const open = () => readdirSync("/proc/self/fd").length;
  const before = open();
  let task: Task | undefined;
  let sink: Demux | undefined;
  const { recorder, state } = setUp((pid, demux) => {
    sink = demux;
    task = new Task(pid, pid, 0);
    demux.newTask(task, false);
  });
  expect(await recorder.attach("web", dir, PID + 50, 1)).toBeUndefined();
  expect(open()).toBe(before + 1);
  sink!.exited(task!, { status: 0, signal: undefined, coreDumped: false }, 6e9);
  await recorder.flush();
  state.now = 7e9;
  recorder.step(0);
  expect([recorder.busy, open()]).toEqual([0, before]);
});

test("where there is no trace/ nothing is recorded, and nothing made", async () => {
  const home = mkdtempSync(join(root, "bare-"));
  const { recorder, state } = setUp(() => undefined);
  expect(await recorder.attach("web", home, PID + 40, 1)).toContain("ENOENT");
  expect(state.warnings).toEqual([expect.stringContaining(`'${home}/trace/recordings'`)]);
  expect(readdirSync(home)).toEqual([]);
});

test("services that name the kind of engine that others get anyway have the same one", async () => {
  const named = join(root, "named");
  mkdirSync(join(named, "trace"), { recursive: true });
  writeFileSync(join(named, "trace", "engine"), "ptrace\n");
  const adopt = (pid: number, demux: Demux) => demux.newTask(new Task(pid, pid, 0), false);
  const attach = async ({ recorder }: ReturnType<typeof setUp>, ...dirs: string[]) => {
    for (const [i, d] of dirs.entries())
      expect(await recorder.attach("s", d, PID - 20 - i, 1)).toBeUndefined();
  };
  const first = setUp(adopt);
  await attach(first, dir, named);
  expect(first.state.engines).toEqual([{ asked: "auto", open: true }]);
  const second = setUp(adopt);
  await attach(second, named, dir);
  expect(second.state.engines).toEqual([
    { asked: "ptrace", open: true },
    { asked: "auto", open: false },
  ]);
});

test("a process that cannot be attached to goes on", () => {
  const { recorder, state } = setUp(() => {
    throw new Error("ptrace(PTRACE_SEIZE, 7): EPERM: no");
  });
  const message = start(PID + 7, 1.7e9 + 20);
  if (!("event" in message) || message.event !== "start") throw new Error("not a start");
  expect(recorder.start(message)).toContain("EPERM");
  expect(state.resumed).toEqual([PID + 7]);
  expect(state.warnings[0]).toContain("web: not recorded");
});

test("messages are checked", () => {
  expect(() => parseMessage('{"event":"start","dir":"relative","service":"x","pid":1,"time":1}')).toThrow();
  expect(() => parseMessage('{"event":"explode"}')).toThrow();
  expect(parseMessage('{"op":"flush","dir":"/x"}')).toEqual({ op: "flush", dir: "/x" });
});
