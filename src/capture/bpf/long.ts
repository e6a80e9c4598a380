/** What it takes to see only the returns of long calls: see programs/long-calls.ts. */
import { SysError } from "../../base/errors.ts";
import { sleepSync } from "../../base/sleep.ts";
import * as bpf from "../../kernel/bpf.ts";
import { BtfBuilder } from "../../kernel/btf-builder.ts";
import { possibleCpus } from "../../kernel/cpus.ts";
import { callBackFunction } from "../../kernel/task-work.ts";
import * as L from "./layout.ts";
import type { Kernel } from "./loader.ts";
import type { LongMaps } from "./programs/index.ts";

/** ns; who asks for more wants to see what is under way, not what was. */
const MOST = 1e12;
/** ns; for shorter ones timers would cost more than seeing all returns. */
const LEAST = 5e5;
/** Of what is wanted: the timer may be late. */
const AGE = 0.75;
/** ns */
const MOST_AGE = 1e9;
const TIMER_BYTES = 16;
const WORK_BYTES = 8;
/** Naps of 1 ms until a timer must be there. */
const PATIENCE = 20;

/** Undefined where this kernel cannot do it, or where it does not pay. */
export function createLongMaps(kernel: Kernel, slowerThan: number): LongMaps | undefined {
  if (slowerThan < LEAST || slowerThan > MOST || kernel.fields.waited < 0) return undefined;
  try {
    const schedule = callBackFunction();
    return schedule === 0 ? undefined : longMaps(kernel, slowerThan, schedule);
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

function longMaps(kernel: Kernel, slowerThan: number, schedule: number): LongMaps {
  const b = new BtfBuilder();
  const u32 = b.integer("u32", 4);
  const u64 = b.integer("u64", 8);
  // the kernel knows these by name and size
  const opaque = b.array(u64, u32, TIMER_BYTES / 8);
  const timer = b.struct("bpf_timer", TIMER_BYTES, [["opaque", opaque, 0]]);
  const work = b.struct("bpf_task_work", WORK_BYTES, [["opaque", u64, 0]]);
  const { watch } = L;
  const watched = b.struct("watch", watch.bytes, [
    ["timer", timer, watch.timer],
    ["due", u64, watch.due],
    ["ready", u64, watch.ready],
  ]);
  const waiting = b.struct("waiting", WORK_BYTES, [["work", work, 0]]);
  const fd = kernel.keep(bpf.loadBtf(b.bytes()));
  return {
    watches: kernel.map({
      name: "svtrace_watches",
      type: bpf.mapTypes.array,
      keySize: 4,
      valueSize: watch.bytes,
      maxEntries: possibleCpus(),
      btf: { fd, key: u32, value: watched },
    }),
    returns: kernel.map({
      name: "svtrace_returns",
      type: bpf.mapTypes.hash,
      keySize: 4,
      valueSize: WORK_BYTES,
      maxEntries: L.AWAITED,
      btf: { fd, key: u32, value: waiting },
    }),
    schedule,
    age: Math.round(Math.min(AGE * slowerThan, MOST_AGE)),
    ownPid: kernel.ownPid,
  };
}

/** The timers are made when this process gets its CPU back, once the scheduler's tracepoint is attached. */
export function awaitTimers({ watches }: LongMaps): void {
  const value = new Uint32Array(L.watch.bytes / 4);
  const last = Uint32Array.of(watches.maxEntries - 1);
  const made = () => bpf.lookup(watches, last, value) && value[L.watch.ready / 4] > 0;
  for (let i = 0; i < PATIENCE && !made(); i++) sleepSync(1);
}
