import { expect, test } from "vitest";
import { CallTable } from "../calls.ts";
import type { EventSink, Task } from "../event.ts";
import { Dispatcher } from "./dispatch.ts";
import * as L from "./layout.ts";
import { TaskTable } from "./tasks.ts";

const PARENT = 100;
const CHILD = 101;

/** A record of a fork at `time` ns: `PARENT` begot `child`. */
function forkRecord(child: number, time: number) {
  const bytes = new Uint8Array(L.fork.bytes);
  const words = new Uint32Array(bytes.buffer);
  words[L.fork.kind] = L.kinds.fork;
  words[L.fork.tid / 4] = PARENT;
  words[L.fork.time / 4] = time;
  words[L.fork.child / 4] = child;
  words[L.fork.childPid / 4] = child;
  return { bytes, words, offset: 0 };
}

test("a tid that comes again belongs to another task: the end of the one before it was lost", () => {
  const told: string[] = [];
  const begun: Task[] = [];
  const sink = {
    newTask: (task: Task) => {
      begun.push(task);
      told.push(`new ${task.tid}`);
    },
    detached: (task: Task) => told.push(`gone ${task.tid}`),
  } as unknown as EventSink;
  const dispatcher = new Dispatcher(sink, new TaskTable(), new CallTable(undefined), {
    scheduling: false,
    onOwnMemory: () => {},
    onExit: () => {},
    onCompat: () => {},
    onUnseen: () => {},
    onLostChild: () => {},
  });
  dispatcher.record(forkRecord(CHILD, 1000));
  dispatcher.record(forkRecord(CHILD, 2000));
  expect(told).toEqual(["new 101", "gone 101", "new 101"]);
  expect(begun[1]).not.toBe(begun[0]);
  // read late: the task was met by attaching meanwhile
  begun[1].born = 5000;
  dispatcher.record(forkRecord(CHILD, 3000));
  expect(told.length).toBe(3);
});
