import { expect, test } from "vitest";
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
