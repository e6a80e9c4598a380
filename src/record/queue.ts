/**
 * Writes batches one after the other in a thread of its own: opening, checkpointing and closing a database take
 * tens of milliseconds, in which the thread that owns the tracees must not stand still.
 */
import { getPriority, setPriority } from "node:os";
import { parentPort, type Worker } from "node:worker_threads";
import { oneLine } from "../base/errors.ts";
import { asThread, endThread, enterNative, leaveNative, startThread } from "../base/thread.ts";
import { buffersOf, countOf } from "./columns.ts";
import { isLocked } from "./lock.ts";
import type { Batch, CallColumns } from "./model.ts";
import type { Written } from "./writer.ts";

const ROLE = "svtrace-record-writer";

const LAST_NICE = 19;

interface Task {
  readonly role: typeof ROLE;
  readonly nice: number;
}

interface Reply {
  id: number;
  written?: Written;
  error?: string;
  /** After an error: what was handed over, back. */
  calls?: CallColumns[];
}

/** A batch is not on disk. Its calls are in it as before, except `lost` of them. */
export class WriteFailure extends Error {
  constructor(
    message: string,
    readonly lost: number,
  ) {
    super(message);
  }

  /** Another process reads the file: it can be written when that is done. */
  get isLocked(): boolean {
    return isLocked(this.message);
  }
}

export class WriteQueue {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, (reply: Omit<Reply, "id">) => void>();
  private nextId = 1;

  /**
   * `nice`: what is added to the nice value of its thread, which makes the rows; the database commits in threads of Node's.
   * `inThread` writes without a thread of its own (tests run from TypeScript sources).
   */
  constructor(
    private readonly nice = 0,
    private readonly inThread = import.meta.url.endsWith(".ts"),
  ) {}

  /** Batches not yet written. */
  get length(): number {
    return this.pending.size;
  }

  /** Resolves when the batch is on disk; rejects with a WriteFailure whose message is one line. */
  async write(batch: Batch): Promise<Written> {
    if (this.inThread) {
      const { writeBatch } = await import("./writer.ts");
      return writeBatch(batch).catch((error) => {
        throw new WriteFailure(oneLine(error), 0);
      });
    }
    this.worker ??= this.start();
    const id = this.nextId++;
    const done = new Promise<Written>((resolve, reject) => {
      const count = countOf(batch.calls);
      this.pending.set(id, ({ error, written, calls }) => {
        if (written) return resolve(written);
        batch.calls = calls ?? [];
        reject(new WriteFailure(error ?? "", calls ? 0 : count));
      });
    });
    // the program must not end before this is on disk
    this.worker.ref();
    this.worker.postMessage({ id, batch }, [...buffersOf(batch.calls), ...buffersOf(batch.open)]);
    return done;
  }

  /** Starts the thread, so that the first batch need not wait until it has loaded the database. */
  warm(): void {
    if (this.inThread || this.worker) return;
    this.worker = this.start();
    this.worker.postMessage({ id: 0 });
  }

  /** Ends the thread; what was handed over before is written first if it was awaited. */
  async close(): Promise<void> {
    if (this.worker) await endThread(this.worker);
    this.worker = undefined;
  }

  private start(): Worker {
    const task: Task = { role: ROLE, nice: this.nice };
    const worker = startThread("queue.js", import.meta.url, task, {
      message: (reply: Reply) => {
        const settle = this.pending.get(reply.id);
        this.pending.delete(reply.id);
        if (this.pending.size === 0) worker.unref();
        settle?.(reply);
      },
      error: (error) => {
        for (const settle of this.pending.values()) settle({ error: String(error) });
        this.pending.clear();
        this.worker = undefined;
      },
    });
    return worker;
  }
}

/** The thread itself. */
function serve({ nice }: Task): void {
  // without a pid it is this thread's (setpriority(2))
  if (nice > 0) setPriority(Math.min(getPriority() + nice, LAST_NICE));
  let chain = Promise.resolve();
  parentPort!.on("message", ({ id, batch }: { id: number; batch?: Batch }) => {
    chain = chain.then(async () => {
      if (!batch) {
        await load().catch(() => undefined);
        return;
      }
      const reply: Reply = { id };
      try {
        const { writeBatch } = await load();
        reply.written = await writeBatch(batch);
      } catch (error) {
        reply.error = oneLine(error);
        reply.calls = batch.calls;
      }
      parentPort!.postMessage(reply, reply.calls ? buffersOf(reply.calls) : []);
    });
  });
}

/** The database, which is a native module. */
async function load(): Promise<typeof import("./writer.ts")> {
  if (!enterNative()) throw new Error("the program ends");
  try {
    return await import("./writer.ts");
  } finally {
    leaveNative();
  }
}

asThread(ROLE, serve);
