/**
 * Writes batches one after the other in a thread of its own: opening, checkpointing and closing a database take
 * tens of milliseconds, in which the thread that owns the tracees must not stand still.
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Batch } from "./model.ts";

const ROLE = "svtrace-record-writer";

interface Reply {
  id: number;
  error?: string;
}

export class WriteQueue {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, (error?: string) => void>();
  private nextId = 1;

  /** `inThread` writes without a thread of its own (tests run from TypeScript sources). */
  constructor(private readonly inThread = import.meta.url.endsWith(".ts")) {}

  /** Batches not yet written. */
  get length(): number {
    return this.pending.size;
  }

  /** Resolves when the batch is on disk; rejects with one line saying why it is not. */
  async write(batch: Batch): Promise<void> {
    if (this.inThread) {
      const { writeBatch } = await import("./writer.ts");
      return writeBatch(batch);
    }
    this.worker ??= this.start();
    const id = this.nextId++;
    const done = new Promise<void>((resolve, reject) => {
      this.pending.set(id, (error) => (error === undefined ? resolve() : reject(new Error(error))));
    });
    const { ts, duration, tid, pid, name, args, ret, error, fd, target } = batch.calls;
    const columns = [ts, duration, tid, pid, name, args, ret, error, fd, target];
    // the program must not end before this is on disk
    this.worker.ref();
    this.worker.postMessage(
      { id, batch },
      columns.map((c) => c.buffer as ArrayBuffer),
    );
    return done;
  }

  /** Ends the thread; what was handed over before is written first if it was awaited. */
  async close(): Promise<void> {
    await this.worker?.terminate();
    this.worker = undefined;
  }

  private start(): Worker {
    // with stdout and stderr of its own, or Node would make ours non-blocking (base/stderr.ts)
    const worker = new Worker(new URL(import.meta.url), { workerData: ROLE, stdout: true, stderr: true });
    worker.on("message", (reply: Reply) => {
      const settle = this.pending.get(reply.id);
      this.pending.delete(reply.id);
      if (this.pending.size === 0) worker.unref();
      settle?.(reply.error);
    });
    worker.on("error", (error) => {
      for (const settle of this.pending.values()) settle(String(error));
      this.pending.clear();
      this.worker = undefined;
    });
    worker.unref();
    return worker;
  }
}

if (!isMainThread && workerData === ROLE) {
  let chain = Promise.resolve();
  parentPort!.on("message", ({ id, batch }: { id: number; batch: Batch }) => {
    chain = chain.then(async () => {
      const reply: Reply = { id };
      try {
        const { writeBatch } = await import("./writer.ts");
        await writeBatch(batch);
      } catch (error) {
        reply.error = error instanceof Error ? error.message.split("\n")[0] : String(error);
      }
      parentPort!.postMessage(reply);
    });
  });
}
