/** Where the running kernel keeps what the programs look at, from its type information. */

import { SysError } from "../../base/errors.ts";
import { type KernelBtf, kernelBtf } from "../../kernel/btf.ts";

/** Offsets in bytes: of struct task_struct, struct signal_struct, struct pid and struct pt_regs. */
export interface KernelFields {
  readonly pid: number;
  readonly tgid: number;
  readonly exitCode: number;
  /** Pointer to whatever BPF programs keep of the task: NULL where they keep nothing. */
  readonly storage: number;
  /** CPU time: in all, in user and kernel mode, and time waited for a CPU; -1 where the kernel keeps no such count. */
  readonly ran: number;
  readonly user: number;
  readonly system: number;
  readonly waited: number;
  /** How often it has left its CPU to sleep. */
  readonly sleeps: number;
  /** What a task that leaves its CPU is waiting for, where sched_switch does not tell (before Linux 5.18); else -1. */
  readonly offState: number;
  readonly status: number;
  /** The set of signals pending for the thread, and struct signal_struct. */
  readonly pending: number;
  readonly signal: number;
  /** In that: its flags, the code of the group's exit, and the count of threads that have not ended. */
  readonly groupFlags: number;
  readonly groupExitCode: number;
  readonly live: number;
  readonly threadPid: number;
  readonly groupLeader: number;
  readonly realParent: number;
  /** In struct pid: how deep its namespace is, and its number and namespace there and in each above (struct upid). */
  readonly pidLevel: number;
  readonly numbers: number;
  readonly numberNamespace: number;
  /** Arguments of a call, in order, and those of a 32-bit call. */
  readonly args: readonly number[];
  readonly compatArgs: readonly number[];
  readonly origAx: number;
  readonly ax: number;
  readonly ip: number;
  readonly sp: number;
  /** The CPU's variable that says whether an interrupt is being handled, and where in it; undefined where it is not known. */
  readonly preemption: { readonly variable: number; readonly at: number } | undefined;
  /** Numbers of execve and execveat. */
  readonly execs: readonly number[];
  /** How deep our pid namespace is; 0 is the host's. */
  readonly level: number;
}

/** struct upid. */
export const UPID_BYTES = 16;
const OLDER = "needs Linux 5.13 or newer; use --engine ptrace";
/** x86-64 numbers: what we start goes through our own 64-bit code. */
const EXECS = [59, 322];

/** Throws SysError where the kernel lacks something. */
export function kernelFields(level: number): KernelFields {
  const btf = kernelBtf();
  const field = (struct: string, path: string): number => {
    const offset = btf.offset(struct, path);
    if (offset < 0)
      throw new SysError(`kernel type information: ${struct}.${path}`, 2, "ENOENT", "No such field", OLDER);
    return offset;
  };
  const register = (name: string) => field("pt_regs", name);
  return {
    pid: field("task_struct", "pid"),
    tgid: field("task_struct", "tgid"),
    exitCode: field("task_struct", "exit_code"),
    storage: field("task_struct", "bpf_storage"),
    ran: field("task_struct", "se.sum_exec_runtime"),
    user: field("task_struct", "utime"),
    system: field("task_struct", "stime"),
    waited: btf.offset("task_struct", "sched_info.run_delay"),
    sleeps: field("task_struct", "nvcsw"),
    // renamed in Linux 5.14
    offState:
      btf.tracepointArguments("sched_switch") > 3
        ? -1
        : Math.max(btf.offset("task_struct", "__state"), btf.offset("task_struct", "state")),
    status: field("task_struct", "thread_info.status"),
    pending: field("task_struct", "pending.signal"),
    signal: field("task_struct", "signal"),
    groupFlags: field("signal_struct", "flags"),
    groupExitCode: field("signal_struct", "group_exit_code"),
    live: field("signal_struct", "live"),
    threadPid: field("task_struct", "thread_pid"),
    groupLeader: field("task_struct", "group_leader"),
    realParent: field("task_struct", "real_parent"),
    pidLevel: field("pid", "level"),
    numbers: field("pid", "numbers"),
    numberNamespace: field("upid", "ns"),
    args: ["di", "si", "dx", "r10", "r8", "r9"].map(register),
    compatArgs: ["bx", "cx", "dx", "si", "di", "bp"].map(register),
    origAx: register("orig_ax"),
    ax: register("ax"),
    ip: register("ip"),
    sp: register("sp"),
    preemption: preemption(btf),
    execs: EXECS,
    level,
  };
}

/** Where the preempt count is (include/linux/preempt.h): in a structure of what CPUs look at most, from Linux 6.2 to 6.14. */
function preemption(btf: KernelBtf): KernelFields["preemption"] {
  const variable = btf.cpuVariable("__preempt_count");
  if (variable > 0) return { variable, at: 0 };
  const hot = btf.cpuVariable("pcpu_hot");
  const at = btf.offset("pcpu_hot", "preempt_count");
  return hot > 0 && at >= 0 ? { variable: hot, at } : undefined;
}

/** Type id a program names to be called for all objects of a kind. Throws SysError. */
export function iteratorId(kind: string): number {
  const id = kernelBtf().kernelFunction(`bpf_iter_${kind}`);
  if (id === 0) throw new SysError(`iterator of kind ${kind}`, 2, "ENOENT", "No such iterator", OLDER);
  return id;
}

/** Type id a program names to attach to a tracepoint. Throws SysError. */
export function tracepointId(name: string): number {
  const id = kernelBtf().tracepoint(name);
  if (id === 0) throw new SysError(`tracepoint ${name}`, 2, "ENOENT", "No such tracepoint", OLDER);
  return id;
}
