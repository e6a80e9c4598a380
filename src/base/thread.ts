/** Threads of our own that must not change what the rest of the program has. */
import { SHARE_ENV, Worker } from "node:worker_threads";

/**
 * Starts a thread from a file of the built program, in the directory of the file `from` (import.meta.url). `data`: what it
 * finds as workerData. The process does not wait for it.
 */
export function startThread(file: string, from: string, data: unknown): Worker {
  // with stdout and stderr of its own, or Node would make ours non-blocking (base/stderr.ts)
  // nor with a copy of the environment, at which Node aborts if a variable's name is no UTF-8
  const worker = new Worker(new URL(file, from), {
    workerData: data,
    stdout: true,
    stderr: true,
    env: SHARE_ENV,
  });
  worker.unref();
  return worker;
}
