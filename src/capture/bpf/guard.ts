/**
 * A thread that looks after the one that reads events: where CPUs are few the traced go first, as long as there is room for
 * what they send. It decides every few milliseconds (turns.ts), as the reader itself may not get its turn.
 */
import { readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { basename } from "node:path";
import { sleepSync } from "../../base/sleep.ts";
import { asThread, enterNative, leaveNative, startThread } from "../../base/thread.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import { type Ring, type RingPlace, RingPositions } from "../../kernel/ring.ts";
import { policyOf, SCHED_IDLE, SCHED_OTHER, setPolicy } from "../../kernel/scheduling.ts";
import { type Standing, Turns } from "./turns.ts";

const ROLE = "svtrace-ring-guard";
/** Bytes that a CPU sends in a ms, at the most: half of a lane of 16 MiB is full after 25. */
const FASTEST = (1 << 23) / 25;
/**
 * ms between looks: as long as nothing can fill up, at most. What there is no room for in smaller lanes goes to the ring of
 * all CPUs. Each look takes 70 us of a CPU on some virtual machines.
 */
const OFTEN = 5;
const SELDOM = 25;
/** By so much lower is the reader's nice value when it is ahead. */
const AHEAD = 5;

/** Words of what both threads see. */
const STOP = 0;
const LOOKING = 1;

interface Task {
  readonly role: typeof ROLE;
  readonly shared: SharedArrayBuffer;
  /** The reader. */
  readonly tid: number;
  readonly nice: number;
  readonly places: readonly RingPlace[];
  /** Share of each ring that may wait. */
  readonly most: number;
}

export class Guard {
  private readonly words = new Int32Array(new SharedArrayBuffer(8));

  private constructor(
    private readonly tid: number,
    private readonly nice: number,
    places: readonly RingPlace[],
    most: number,
  ) {
    const shared = this.words.buffer as SharedArrayBuffer;
    const task: Task = { role: ROLE, shared, tid, nice, places, most };
    // afterwards nobody looks after us any more
    startThread("guard.js", import.meta.url, task, { error: () => this.restore() });
  }

  /**
   * For the calling thread, which reads `rings` and is to have read all but the share `most` of each. Undefined where it could not
   * come back from behind, which takes CAP_SYS_NICE or RLIMIT_NICE, or has a policy of somebody's choice.
   */
  static of(rings: readonly Ring[], most: number): Guard | undefined {
    // it is a file of the built program
    if (import.meta.url.endsWith(".ts")) return undefined;
    const nice = getPriority();
    try {
      if (policyOf(0) !== SCHED_OTHER) return undefined;
      setPriority(nice - AHEAD);
      setPriority(nice);
    } catch {
      return undefined;
    }
    const tid = Number(basename(readlinkSync("/proc/thread-self")));
    return new Guard(
      tid,
      nice,
      rings.map((r) => r.place),
      most,
    );
  }

  /** Ends it, before the ring's memory goes. The reader stands as before. */
  close(): void {
    if (Atomics.exchange(this.words, STOP, 1) !== 0) return;
    Atomics.notify(this.words, STOP);
    while (Atomics.load(this.words, LOOKING) !== 0) sleepSync(1);
    this.restore();
  }

  private restore(): void {
    place(this.tid, "normal", this.nice);
  }
}

function place(tid: number, standing: Standing, nice: number): void {
  setPolicy(tid, standing === "behind" ? SCHED_IDLE : SCHED_OTHER);
  setPriority(tid, standing === "ahead" ? nice - AHEAD : nice);
}

/** The thread itself. */
function watch({ shared, tid, nice, places, most }: Task): void {
  const words = new Int32Array(shared);
  let rings: RingPositions | undefined;
  let turns: Turns | undefined;
  let standing: Standing = "normal";
  try {
    for (;;) {
      Atomics.store(words, LOOKING, 1);
      // before anything is done with the rings, whose memory goes after that
      if (Atomics.load(words, STOP) !== 0 || !enterNative()) return;
      rings ??= new RingPositions(places);
      const now = monotonicNow();
      const { sent, read } = rings;
      const left = rings.until(most);
      turns ??= new Turns(now, sent, read);
      const wanted = turns.look(now, sent, read, left < 0);
      if (wanted !== standing) place(tid, wanted, nice);
      standing = wanted;
      leaveNative();
      Atomics.store(words, LOOKING, 0);
      Atomics.wait(words, STOP, 0, Math.max(OFTEN, Math.min(left / FASTEST, SELDOM)));
    }
  } finally {
    // whoever closes us waits for this, whatever went wrong here
    leaveNative();
    Atomics.store(words, LOOKING, 0);
  }
}

asThread(ROLE, watch);
