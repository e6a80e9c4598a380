import { expect, test } from "vitest";
import { monotonicNow } from "../../kernel/clock.ts";
import { interrupt, options, seize } from "../../kernel/ptrace.ts";
import { ChildScript } from "../../kernel/spawn.ts";
import { waitStopped } from "../../kernel/tracewait.ts";
import type { EventSink } from "../event.ts";
import { createPtraceEngine } from "./engine.ts";
import { type TaskTable, Tracee } from "./tasks.ts";

/** pids there cannot be. */
const BUSY = 2 ** 22 + 1;
const UNTOLD = 2 ** 22 + 2;
const SYSCALL_STOP = 0x857f;
const EXITED_7 = 0x700;

test("tasks nobody has told of are looked after though others leave no pause", () => {
  const ends: number[][] = [];
  const engine = createPtraceEngine({} as EventSink, {
    followForks: true,
    onOtherExit: (...end) => ends.push(end),
  });
  const table: TaskTable = Reflect.get(engine, "table");
  table.add(new Tracee(BUSY, BUSY, 0));
  table.hold(UNTOLD, EXITED_7, 0);
  const waits = {
    next: () => true,
    done: () => {},
    pid: BUSY,
    status: SYSCALL_STOP,
    stime: 0,
    drained: true,
  };
  Reflect.set(engine, "waits", waits);
  expect(engine.step(100)).toBe(1);
  expect(ends).toEqual([[UNTOLD, EXITED_7]]);
});

test("a child that stopped before its only parent could tell of it is followed", () => {
  const ends: unknown[] = [];
  const sink: Partial<EventSink> = {
    newTask: () => {},
    exited: (task, { signal }) => ends.push([task.tid, signal]),
  };
  const engine = createPtraceEngine(sink as EventSink, { followForks: true, wanted: () => false });
  const table: TaskTable = Reflect.get(engine, "table");
  const { pid } = new ChildScript().execve("/bin/sleep", ["sleep", "60"]).spawn();
  seize(pid, options.TRACESYSGOOD);
  interrupt(pid);
  table.hold(pid, waitStopped(pid), monotonicNow());
  expect(engine.step(0)).toBe(1);
  process.kill(pid, "SIGKILL");
  while (engine.step(100) > 0);
  expect(ends).toEqual([[pid, 9]]);
});
