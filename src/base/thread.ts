/** Threads of our own that must not change what the rest of the program has. */
import { setTimeout as pause } from "node:timers/promises";
import { isMainThread, SHARE_ENV, Worker, workerData } from "node:worker_threads";
import { sleepSync } from "./sleep.ts";

/**
 * Where a thread is, in the word it shares with us. Node aborts the process when it stops a thread that is loading a native
 * module, or calls one that reports an error then ("FATAL ERROR: Error::ThrowAsJavaScriptException napi_throw"), so nobody stops
 * it meanwhile, and once we end it does so no more.
 */
const RUNNING = 0;
const NATIVE = 1;
const ENDING = 2;
/** How long (ms) that is waited for. */
const PATIENCE = 5000;

/** What a thread is started with: `role` says which of ours it is. */
export interface Task {
  readonly role: string;
}

interface Start {
  readonly task: Task;
  readonly state: Int32Array;
}

const states = new Map<Worker, Int32Array>();
let waits = false;

/**
 * Starts a thread from a file of the built program, in the directory of the file `from` (import.meta.url), which has an
 * `asThread` for the task's role. The process does not wait for it until somebody calls ref().
 */
export function startThread<Message>(
  file: string,
  from: string,
  task: Task,
  on: { message?: (message: Message) => void; error: (error: unknown) => void },
): Worker {
  const state = new Int32Array(new SharedArrayBuffer(4)).fill(NATIVE);
  // with stdout and stderr of its own, or Node would make ours non-blocking (base/stderr.ts)
  // nor with a copy of the environment, at which Node aborts if a variable's name is no UTF-8
  const worker = new Worker(new URL(file, from), {
    workerData: { task, state } satisfies Start,
    stdout: true,
    stderr: true,
    env: SHARE_ENV,
  });
  if (!waits) process.once("exit", waitForAll);
  waits = true;
  states.set(worker, state);
  worker.on("exit", () => states.delete(worker));
  if (on.message) worker.on("message", on.message);
  worker.on("error", on.error);
  // after that, as a listener for messages takes it back
  worker.unref();
  return worker;
}

/** Stops a thread. */
export async function endThread(worker: Worker): Promise<void> {
  const state = states.get(worker);
  const until = performance.now() + PATIENCE;
  while (state && isInNative(state) && performance.now() < until) await pause(1);
  await worker.terminate();
}

/** The process ends, and with it all threads. */
function waitForAll(): void {
  const until = performance.now() + PATIENCE;
  for (const state of states.values()) while (isInNative(state) && performance.now() < until) sleepSync(1);
}

const isInNative = (state: Int32Array): boolean =>
  Atomics.compareExchange(state, 0, RUNNING, ENDING) === NATIVE;

/** In a thread with this role, calls `main` with its task. What the file imports has been loaded by then. */
export function asThread<Ours extends Task>(role: Ours["role"], main: (task: Ours) => void): void {
  const task = isMainThread ? undefined : (workerData as Partial<Start> | undefined)?.task;
  if (task?.role !== role) return;
  leaveNative();
  main(task as Ours);
}

/** In a thread: it neither loads nor calls native modules any more. */
export function leaveNative(): void {
  Atomics.compareExchange((workerData as Start).state, 0, NATIVE, RUNNING);
}

/** In a thread: whether it may load or call native modules, until `leaveNative`. */
export function enterNative(): boolean {
  return Atomics.compareExchange((workerData as Start).state, 0, RUNNING, NATIVE) === RUNNING;
}
