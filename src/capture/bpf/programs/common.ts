/** What the programs share: their surroundings, and finding a task's state. */
import type { BpfMap } from "../../../kernel/bpf.ts";
import { type Assembler, type Reg, r0, r1, r2, r3, r4, r6, r7, r10 } from "../asm.ts";
import { type KernelFields, UPID_BYTES } from "../kernel-fields.ts";
import * as L from "../layout.ts";
import type { Read } from "../plan.ts";

/** Entries of the tables that are no numbers of reads. */
export const UNWANTED = 0xffff;
/** The call does not return: its record is complete at entry. */
export const NO_RETURN = 0xfffe;
export const NO_RETURN_CALLS: ReadonlySet<string> = new Set(["exit", "exit_group"]);
/** For each number of each ABI what to read at entry, then what to read at exit, two bytes each. */
export const TABLE_BYTES = 4 * L.NUMBERS * L.abis.length;

export interface QuietMaps {
  /** layout.ts, `quiet`, of each group. */
  readonly groups: BpfMap;
  readonly counts: BpfMap;
  /** Rings of the calls noted, one a CPU. */
  readonly flight: BpfMap;
  /** Slots of each ring: a power of two. */
  readonly slots: number;
  /** ns between ticks of the kernel's timer. */
  readonly tick: number;
}

/** Rings of calls, one for each CPU as far as there are entries (layout.ts, `lane`). */
export interface LaneMap {
  readonly map: BpfMap;
  /** Bytes of records that fit each: a power of two. */
  readonly size: number;
}

/** For long calls, whose returns alone are seen. */
export interface LongMaps {
  /** layout.ts, `watch`, of each CPU. */
  readonly watches: BpfMap;
  /** By pid as the kernel numbers it: what has the kernel call back when the task returns to user mode. */
  readonly returns: BpfMap;
  /** Type id of bpf_task_work_schedule_resume. */
  readonly schedule: number;
  /** A call is watched for its return from this age on (ns). */
  readonly age: number;
  /** This process as the kernel numbers it. */
  readonly ownPid: number;
}

/** For calls that are counted and go untimed. */
export interface CountedMaps {
  /** counts/layout.ts, `mark`, of each CPU. */
  readonly marks: BpfMap;
  /** Of each CPU: counts of all calls, one after the other. */
  readonly calls: { readonly map: BpfMap; readonly size: number };
  /** ns between ticks of the kernel's timer. */
  readonly tick: number;
}

export interface Maps {
  readonly tasks: BpfMap;
  readonly events: BpfMap;
  readonly lanes?: LaneMap;
  readonly counters: BpfMap;
  readonly config: BpfMap;
  /** The cgroup whose tasks are followed, if any. */
  readonly cgroup: BpfMap;
  readonly tables: BpfMap;
  /** What reads the memory of 32-bit calls at entry and exit, in slot 0, once it is loaded. */
  readonly compatEntry: BpfMap;
  readonly compatExit: BpfMap;
  /** For groups that can be quiet. */
  readonly quiet?: QuietMaps;
  /** Returns are seen of calls only that have taken long. */
  readonly long?: LongMaps;
  /** Not all calls that are counted are timed. */
  readonly counted?: CountedMaps;
}

export interface ProgramOptions {
  readonly follow: boolean;
  /** Calls faster than this (ns) are not reported; 0 reports all. */
  readonly slowerThan: number;
  /** Only calls that failed, or only those that did not. */
  readonly status?: "failed" | "successful";
  /** Tell of entries too. */
  readonly entries: boolean;
  /** Keep account of what the scheduler does with the tasks. */
  readonly scheduling: boolean;
  /** A record wakes who waits for one. */
  readonly wakes: boolean;
  /** Record instruction and stack pointers. */
  readonly pointers: boolean;
}

/** Lists of reads by number; 0 is empty. */
export interface Shapes {
  readonly entry: readonly (readonly Read[])[];
  readonly exit: readonly (readonly Read[])[];
  /** Numbers of the lists that belong to calls which services make all the time (shapes.ts). */
  readonly frequent: { readonly entry: ReadonlySet<number>; readonly exit: ReadonlySet<number> };
}

export interface Environment {
  readonly maps: Maps;
  readonly kernel: KernelFields;
  readonly options: ProgramOptions;
  readonly shapes: Shapes;
}

/** Flag of task_storage_get: makes the state if there is none. */
const STORAGE_CREATE = 1;

const { state } = L;

function storage(a: Assembler, e: Environment, task: Reg, create: number): void {
  a.map(r1, e.maps.tasks);
  if (task.reg !== r2.reg) a.mov(r2, task);
  a.mov(r3, 0).mov(r4, create).call("task_storage_get");
}

/** r0 = state of the task in `task`, made if there is none; 0 when there is no memory. */
export function makeState(a: Assembler, e: Environment, task: Reg): void {
  storage(a, e, task, STORAGE_CREATE);
}

/** r6 = state of the task in `task`; goes to `none` if it has none. */
export function findState(a: Assembler, e: Environment, task: Reg, none: string): void {
  keptOf(a, e, task, none);
  stateOf(a, e, task, none);
}

/** Those who are not followed pay for each call, too: they need no helper to find nothing. */
function keptOf(a: Assembler, e: Environment, task: Reg, none: string): void {
  a.load(8, r1, task, e.kernel.storage).jump("eq", r1, 0, none);
}

/** findState for a task of which something is kept. */
export function stateOf(a: Assembler, e: Environment, task: Reg, none: string): void {
  storage(a, e, task, 0);
  a.jump("eq", r0, 0, none).mov(r6, r0);
}

/** r6 = state of the current task; goes to `none` if it has none. Leaves the task in r7. */
export function currentState(a: Assembler, e: Environment, none: string): void {
  currentTask(a, e, none);
  stateOf(a, e, r7, none);
}

/** r7 = the current task; goes to `none` with one that no program keeps anything of. */
export function currentTask(a: Assembler, e: Environment, none: string): void {
  a.call("get_current_task_btf").mov(r7, r0);
  keptOf(a, e, r7, none);
}

/** Puts the ids of the task in `task` into the state in r6. */
export function takeIds(a: Assembler, e: Environment, task: Reg): void {
  const { kernel } = e;
  a.step("ids of the task");
  if (kernel.level === 0) {
    a.load(4, r1, task, kernel.pid).store(4, r6, state.tid, r1);
    a.load(4, r1, task, kernel.tgid).store(4, r6, state.pid, r1);
    return;
  }
  const number = kernel.numbers + UPID_BYTES * kernel.level;
  a.load(8, r3, task, kernel.threadPid).add(r3, number);
  a.mov(r1, r6).add(r1, state.tid).mov(r2, 4).call("probe_read_kernel");
  a.load(8, r3, task, kernel.groupLeader).load(8, r3, r3, kernel.threadPid).add(r3, number);
  a.mov(r1, r6).add(r1, state.pid).mov(r2, 4).call("probe_read_kernel");
}

/** Where `numberOf` reads on the stack. */
const UPID = -8 - UPID_BYTES;

/**
 * r1 = the number of the task in `task` as we see it; goes to `none` if we do not, as with those of the host and of other containers
 * where we are in one. Clobbers r0 to r5.
 */
export function numberOf(a: Assembler, e: Environment, task: Reg, none: string): void {
  const { kernel } = e;
  a.step("number of the task");
  if (kernel.level === 0) {
    a.load(4, r1, task, kernel.pid);
    return;
  }
  a.load(8, r3, task, kernel.threadPid).load(4, r1, r3, kernel.pidLevel).jump("lt", r1, kernel.level, none);
  a.add(r3, kernel.numbers + UPID_BYTES * kernel.level);
  a.mov(r1, r10).add(r1, UPID).mov(r2, UPID_BYTES).call("probe_read_kernel");
  a.mapValue(r2, e.maps.config).load(8, r2, r2, L.config.pidNamespace);
  a.load(8, r1, r10, UPID + kernel.numberNamespace)
    .jump("ne", r1, r2, none)
    .load(4, r1, r10, UPID);
}

/** Where `valueAt` has its key on the stack. */
const KEY = -4;

/** r0 = address of the array's value with the number in `key`; goes to `none` if there is none. Clobbers r1 to r5. */
export function valueAt(a: Assembler, map: BpfMap, key: Reg, none: string): void {
  a.store(4, r10, KEY, key).map(r1, map).mov(r2, r10).add(r2, KEY);
  a.call("map_lookup_elem").jump("eq", r0, 0, none);
}

/** r0 = address of the array's value for this CPU; goes to `none` if there is none. Clobbers r1 to r5. */
export function valueOfCpu(a: Assembler, map: BpfMap, none: string): void {
  a.call("get_smp_processor_id");
  valueAt(a, map, r0, none);
}

/** `into` = the number of the highest bit of `value`, which is lost; r0 with it. */
export function highestBit(a: Assembler, value: Reg, into: Reg): void {
  a.mov(into, 0);
  for (const bits of [32, 16, 8, 4, 2, 1]) {
    const lower = a.fresh("lower");
    // an immediate has 31 bits
    if (bits === 32) a.mov(r0, value).rsh(r0, bits).jump("eq", r0, 0, lower);
    else a.jump("lt", value, 2 ** bits, lower);
    a.add(into, bits).rsh(value, bits).label(lower);
  }
}
