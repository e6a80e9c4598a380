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

function dispatcherTo(sink: Partial<EventSink>, execReturns = true): Dispatcher {
  return new Dispatcher(sink as EventSink, new TaskTable(), new CallTable(undefined), {
    most: 32,
    scheduling: false,
    execReturns,
    onOwnMemory: () => {},
    onExit: () => {},
    onCompat: () => {},
    onUnseen: () => {},
    onLostChild: () => {},
  });
}

test("a tid that comes again belongs to another task: the end of the one before it was lost", () => {
  const told: string[] = [];
  const begun: Task[] = [];
  const dispatcher = dispatcherTo({
    newTask: (task) => {
      begun.push(task);
      told.push(`new ${task.tid}`);
    },
    detached: (task) => told.push(`gone ${task.tid}`),
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

test("what was lost before an entry is told of before that call", () => {
  const told: string[] = [];
  const dispatcher = dispatcherTo({
    newTask: () => {},
    lost: (count, _reason, task) => told.push(`lost ${count} of ${task?.tid}`),
    enter: (task) => told.push(`enter ${task.tid}`),
  });
  const words = new Uint32Array(L.call.data / 4);
  words[L.call.kind] = L.kinds.entry;
  words[L.call.tid / 4] = CHILD;
  words[L.call.lost / 4] = 3;
  dispatcher.record(forkRecord(CHILD, 1000));
  dispatcher.entered({ bytes: new Uint8Array(words.buffer), words, offset: 0 }, undefined);
  expect(told).toEqual(["lost 3 of 101", "enter 101"]);
  expect(dispatcher.reported).toBe(3);
});

test("an exec is told of when its call returns, and at once where that is not told of", () => {
  for (const returns of [true, false]) {
    const names: string[] = [];
    const dispatcher = dispatcherTo({ newTask: () => {}, exec: (task) => names.push(task.comm) }, returns);
    dispatcher.record(forkRecord(CHILD, 1000));
    const bytes = new Uint8Array(L.exec.bytes);
    const words = new Uint32Array(bytes.buffer);
    words[L.exec.kind] = L.kinds.exec;
    words[L.exec.tid / 4] = CHILD;
    words[L.exec.former / 4] = CHILD;
    bytes.set(Buffer.from("dd"), L.exec.comm);
    dispatcher.record({ bytes, words, offset: 0 });
    expect(names).toEqual(returns ? [] : ["dd"]);
  }
});
