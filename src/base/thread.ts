/** Threads of our own that must not change what the rest of the program has. */
import { SHARE_ENV, Worker } from "node:worker_threads";

/**
 * Starts a thread from a file of the built program, in the directory of the file `from` (import.meta.url). `data`: what it
 * finds as workerData. The process does not wait for it until somebody calls ref().
 */
export function startThread<Message>(
  file: string,
  from: string,
  data: unknown,
  on: { message?: (message: Message) => void; error: (error: unknown) => void },
): Worker {
  // with stdout and stderr of its own, or Node would make ours non-blocking (base/stderr.ts)
  // nor with a copy of the environment, at which Node aborts if a variable's name is no UTF-8
  const worker = new Worker(new URL(file, from), {
    workerData: data,
    stdout: true,
    stderr: true,
    env: SHARE_ENV,
  });
  if (on.message) worker.on("message", on.message);
  worker.on("error", on.error);
  // after that, as a listener for messages takes it back
  worker.unref();
  return worker;
}
