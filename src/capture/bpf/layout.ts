/**
 * What kernel side and reader agree on, in bytes. A task's state is the value of task storage; the record of its call
 * is built in the state's tail, where it is safe from whatever else runs on the CPU, and copied to the ring whole.
 */

/** Frames of each of the two stacks of a sample. */
export const SAMPLE_FRAMES = 64;
/** Head and both stacks. */
const SAMPLE_BYTES = 24 + 2 * 8 * SAMPLE_FRAMES;

/** State of a followed task; what every call touches comes first, in one line of the cache. Totals are ns since it is followed. */
export const state = {
  flags: 0,
  /** Length of the record's data so far. */
  cursor: 4,
  /** Records lost since its last one that was delivered. */
  lost: 8,
  tid: 12,
  pid: 16,
  /** Which of the reader's groups it belongs to. */
  group: 20,
  /** Number of the reads at the call's exit, and at its entry. */
  shape: 24,
  entryShape: 28,
  /** It has left the CPU since its scheduling was told last. */
  moved: 32,
  /** The kernel's jiffies at the entry (32 bits), calls since they changed but for those the mark let go, and what is drawn from. */
  tick: 36,
  callsInTick: 40,
  random: 44,
  sp: 48,
  offState: 56,
  waker: 60,
  blocked: 64,
  /** When it lost the CPU; where only long calls return to us, when one returned that lost the CPU then. */
  offAt: 72,
  /** Where only long calls return to us: how long the task had waited for CPUs when it was looked at last. */
  queued: 80,
  /** Totals at the entry of the call, and at the exit of the one before. */
  entryBlocked: 88,
  entryQueued: 96,
  exitBlocked: 104,
  exitQueued: 112,
  /** One more than how often the task had left its CPU to sleep when that was looked at last; 0 before. */
  sleeps: 120,
  /** Address of the memory being copied. */
  address: 128,
  /** Values read on the way. */
  scratch: 136,
  /** Room of its own: a sample can come in the middle of anything. */
  sample: 264,
  facts: 264 + SAMPLE_BYTES,
  record: 264 + SAMPLE_BYTES + 48,
} as const;
export const SCRATCH_BYTES = 128;

export const flags = {
  followed: 1,
  inCall: 2,
  /** Nothing is reported until its exec. */
  hidden: 4,
  /** Started by us and not yet become the command. */
  starting: 8,
  /** It was in a call when we attached; its entry was not seen. */
  found: 16,
  /** In a call: it has left the CPU since the call began. */
  left: 32,
  /** In a call: it was to be timed by chance, and stands for those of its number that were not (programs/untimed.ts). */
  drawn: 64,
  /** In a call: its return will be seen, as it has taken long (programs/long-calls.ts). */
  armed: 128,
  /** The first thread of a process, which has ended while others go on: the last of those tells of it. */
  ended: 256,
  /** In a call, wanted or not: its entry was seen. */
  entered: 512,
} as const;
/** What is so only until the call ends. */
export const OF_CALL = flags.inCall | flags.found | flags.left | flags.drawn | flags.armed | flags.entered;

/** Kinds of records. */
export const kinds = {
  call: 1,
  /** The entry of a call, sent only when events are wanted in the order they happened. */
  entry: 2,
  fork: 3,
  exec: 4,
  exit: 5,
  signal: 6,
  /** A signal sent to the task: delivered later, never if it ends the task, or ignored by it. */
  generated: 7,
  /** A task that is followed from now on because of where it is. */
  found: 8,
  sample: 9,
  /** Facts, then a call or an entry. */
  facts: 10,
  /** A call of the task may return unseen unless every return is seen. */
  unseen: 11,
} as const;

/** Every record: kind, ABI (call, entry), flags, tid, and when it happened (CLOCK_MONOTONIC ns). */
export const head = { kind: 0, abi: 1, flags: 2, tid: 4, time: 8 } as const;

/** Flags of a call's record. */
export const callFlags = {
  /** It does not return, or its task died in it. */
  unfinished: 1,
  /** Its entry was not seen. */
  noEntry: 2,
  /** Memory did not fit. */
  truncated: 4,
} as const;

/**
 * The record of a call. What differs between equal calls comes first, so that the rest, from `content` on, can be
 * compared in one go.
 */
export const call = {
  ...head,
  /** Entry; `time` is the exit. */
  entry: 16,
  /** Records of this task lost just before. */
  lost: 24,
  content: 32,
  nr: 32,
  /** Bytes of segments behind `data`. */
  length: 36,
  ret: 40,
  args: 48,
  data: 96,
} as const;

/** What comes before the record of a call when it is asked for and is not zero throughout; `kind` says so. */
export const facts = {
  kind: 0,
  waker: 4,
  blocked: 8,
  queued: 16,
  gapBlocked: 24,
  gapQueued: 32,
  ip: 40,
  bytes: 48,
} as const;

export const abis = ["x86_64", "i386", "x32"] as const;
export const ABI_X86_64 = 0;
export const ABI_I386 = 1;
export const ABI_X32 = 2;
/** A call of 32-bit x86 that was made through another: its number is one of abi/syscalls.ts. */
export const ABI_I386_INDIRECT = 3;
/** Numbers per ABI in tables; larger ones share the last. */
export const NUMBERS = 1024;

/** A piece of the task's memory: address, length, flags, then bytes padded to 8. */
export const segment = { address: 0, length: 8, flags: 12, bytes: 16 } as const;
export const segmentFlags = {
  /** Read at entry. */
  entry: 1,
  /** A string that ended within. */
  terminated: 2,
  /** Could not be read. */
  failed: 4,
} as const;

/** A child that could not be given a state has no tid; its pid is then the number of its group. */
export const fork = { ...head, child: 16, childPid: 20, bytes: 24 } as const;
export const exec = { ...head, former: 16, comm: 24, bytes: 40 } as const;
/**
 * `code` as wait(2) gives it; whether it is the first thread of a process that goes on, to be told of again when that ends; CPU
 * time in all and waited for a CPU (ns), and the shares of user and kernel mode.
 */
export const exit = {
  ...head,
  code: 16,
  goesOn: 20,
  ran: 24,
  waited: 32,
  user: 40,
  system: 48,
  bytes: 56,
} as const;
/** `info` is struct kernel_siginfo (include/linux/signal_types.h), 48 bytes. */
export const signal = { ...head, signo: 16, stops: 20, ignored: 20, info: 24, bytes: 72 } as const;
export const found = { ...head, pid: 16, parent: 20, comm: 24, bytes: 40 } as const;
/** Stacks: kernel's first. */
export const sample = { ...head, kernel: 16, count: 20, frames: 24 } as const;
export const unseen = { ...head, bytes: 16 } as const;
/** Counters, per CPU: calls sent from a task's own context, other records sent from anywhere, what was lost, and of the others. */
export const counters = { calls: 0, others: 8, lost: 16, othersLost: 24, bytes: 64 } as const;

/**
 * A lane: a ring that only one CPU writes, and only when nothing on it is in the middle of doing so; calls go through it, as
 * that takes no lock. One behind the other for each CPU: how far it is written, records so far, whether one is being written,
 * how far the reader is (on a line of its own), then the records. One that begins within the size may extend beyond it; the
 * next one stands at the beginning.
 */
export const lane = { producer: 0, sent: 8, busy: 16, consumer: 128, data: 4096 } as const;
/** Room behind a lane's size: more than the longest record. */
const LANE_SLACK = 16384;
/** Bytes from one lane to the next. */
export const laneStride = (size: number): number => lane.data + size + LANE_SLACK;

/** What user space tells the programs. */
export const config = {
  mode: 0,
  ownPid: 4,
  allReturns: 8,
  /** Address of our pid namespace. */
  pidNamespace: 16,
  /** A thread to be given its state (programs/follow.ts): its number, flags and group; what came of it. */
  thread: 24,
  threadFlags: 28,
  threadGroup: 32,
  threadFollowed: 36,
  bytes: 64,
} as const;
export const modes = { all: 1, cgroup: 2 } as const;

/** Groups of tasks that can be quiet; the first belongs to nobody. */
export const GROUPS = 256;
/** Numbers of x86-64 calls that are counted. */
export const COUNTED_CALLS = 512;
export const BUCKETS = 40;
/** Of each group: ns below which a call is not sent (0: all are), and whether calls may go untimed. */
export const quiet = { threshold: 0, sparing: 8, bytes: 16 } as const;
/** Ticks that a call which was not timed must have seen to be told by them: it took longer than one less. */
export const TOLD_TICKS = 2;
/**
 * Calls of one number in one group: times in ns, buckets (4 bytes) by the power of two below the duration, and calls not timed
 * for which none that was timed stands yet. The sum of these is the number of calls.
 */
export const counts = {
  errors: 0,
  total: 8,
  longest: 16,
  untimed: 24,
  buckets: 28,
  bytes: 32 + 4 * BUCKETS,
} as const;
/** Quiet calls that are kept, of all CPUs together: a power of two. */
export const FLIGHT_SLOTS = 1 << 16;
/** Slots before the ring: the last calls, until there are so many. A power of two. */
export const STAGED = 32;
/**
 * A quiet call: its number and its task's group (2 bytes each). One that was not timed has a duration of 0, and the time of its
 * task's last one that was.
 */
export const slot = {
  time: 0,
  duration: 8,
  ret: 16,
  tid: 24,
  nr: 28,
  group: 30,
  args: 32,
  bytes: 56,
} as const;
/**
 * The ring of quiet calls of one CPU: how many were written, the CPU's mark, the stage, then slots. Calls are written to the
 * stage, which stays in the cache, and from there to the ring together: a store to memory that is not in the cache holds up
 * whatever the kernel locks next.
 */
export const flight = { next: 0, stage: 128, slots: 128 + STAGED * slot.bytes } as const;
/**
 * In the head of a CPU's flight ring: the task on it whose calls go untimed. `rest`: one more than how many still may before one
 * is timed, 0 for none; `nr`: one more than the number of the call it is in, 0 outside; the others as in the state of the task.
 */
export const mark = {
  rest: 8,
  nr: 12,
  /** As the kernel numbers it. */
  pid: 16,
  tick: 20,
  group: 24,
  tid: 28,
  /** When its last call ended that was timed. */
  time: 32,
  args: 40,
} as const;

/** Of each CPU, for calls that stay on it: its timer, when that looks next (ns, 0: never), and whether it can be started. */
export const watch = { timer: 0, due: 16, ready: 24, bytes: 32 } as const;
/** Tasks whose returns can be awaited at the same time: from when they go on, or are found on their CPU, until they return. */
export const AWAITED = 1 << 12;
