/**
 * A thread that looks after the one that reads events: that one runs only where nobody else wants to, and must be woken
 * before the ring is full. It loads nothing else, as it is there from the start of every trace.
 */
import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import { isMainThread, SHARE_ENV, Worker, workerData } from "node:worker_threads";
import { RingPositions } from "../../kernel/ringbuf.ts";
import { SCHED_OTHER, setPolicy } from "../../kernel/scheduling.ts";

const ROLE = "svtrace-ring-guard";
/** ms between looks. At the most that two CPUs send, a quarter of the ring is full after 25. */
const EVERY = 5;

/** Words of what both threads see. */
const STOP = 0;
const HURRIED = 1;
const READY = 2;

interface Task {
  readonly role: typeof ROLE;
  readonly shared: SharedArrayBuffer;
  readonly tid: number;
  readonly fd: number;
  /** Bytes that wait at which the reader is to hurry. */
  readonly most: number;
}

export class Guard {
  private readonly shared = new Int32Array(new SharedArrayBuffer(12));
  private readonly worker: Worker;

  /** Looks at the ring behind `fd` for the calling thread. */
  constructor(fd: number, most: number) {
    const tid = Number(basename(readlinkSync("/proc/thread-self")));
    const task: Task = { role: ROLE, shared: this.shared.buffer as SharedArrayBuffer, tid, fd, most };
    // as for the thread that writes recordings (record/queue.ts)
    this.worker = new Worker(new URL("guard.js", import.meta.url), {
      workerData: task,
      stdout: true,
      stderr: true,
      env: SHARE_ENV,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    this.worker.unref();
  }

  /** Whether it has made the calling thread hurry since it was last asked. */
  get hurried(): boolean {
    return Atomics.exchange(this.shared, HURRIED, 0) !== 0;
  }

  /** Whether it looks already. */
  get ready(): boolean {
    return Atomics.load(this.shared, READY) !== 0;
  }

  close(): void {
    Atomics.store(this.shared, STOP, 1);
    Atomics.notify(this.shared, STOP);
  }
}

/** The thread itself. */
function watch({ shared, tid, fd, most }: Task): void {
  const words = new Int32Array(shared);
  const ring = new RingPositions(fd);
  Atomics.store(words, READY, 1);
  while (Atomics.wait(words, STOP, 0, EVERY) === "timed-out") {
    if (ring.waiting <= most) continue;
    setPolicy(tid, SCHED_OTHER);
    Atomics.store(words, HURRIED, 1);
  }
  ring.close();
}

if (!isMainThread && (workerData as Partial<Task> | undefined)?.role === ROLE) watch(workerData as Task);
