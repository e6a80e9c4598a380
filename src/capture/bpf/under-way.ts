/** Calls under way, from what the kernel side keeps of tasks: it sends a call's record when it returns. */
import { closeSync } from "node:fs";
import * as bpf from "../../kernel/bpf.ts";
import { currentCall, isCompat } from "../../kernel/tasks.ts";
import { openTask } from "../../kernel/thread-fd.ts";
import type { CallTable } from "../calls.ts";
import type { EachUnderWay } from "../engine.ts";
import { Task } from "../event.ts";
import { identify } from "./call-record.ts";
import * as L from "./layout.ts";
import type { PassingCall } from "./noted.ts";
import type { QuietGroups } from "./quiet.ts";
import { STATE_BYTES } from "./reads.ts";
import type { BpfTask, TaskTable } from "./tasks.ts";

const { record } = L.state;

export class CallsUnderWay {
  /** No program runs any more: of a task that was not seen in a call it is no longer known whether it is in the same. */
  frozen = false;

  constructor(
    private readonly states: bpf.BpfMap,
    private readonly tasks: TaskTable,
    private readonly calls: CallTable,
    private readonly groups: QuietGroups | undefined,
  ) {}

  /** Tells of the calls these tasks are in. */
  tell(tids: Iterable<number>, each: EachUnderWay): void {
    // first: one that leaves its CPU after that has a state
    const passing = this.groups?.passing;
    for (const tid of tids) {
      const followed = this.tasks.get(tid);
      const view = followed && this.stateOf(tid);
      if (!view) continue;
      const flags = view.getUint32(L.state.flags, true);
      if (flags & L.flags.inCall) each(this.entered(followed, view), true);
      else if (flags & L.flags.found) this.before(followed, each);
      else this.passing(followed, passing?.get(tid), each);
    }
  }

  private passing(followed: BpfTask, passing: PassingCall | undefined, each: EachUnderWay): void {
    if (!passing) return;
    const task = copyOf(followed);
    identify(task.call, this.calls, L.ABI_X86_64, passing.nr);
    task.call.args.set(passing.args);
    task.call.entry = passing.began;
    each(task, true);
  }

  /** A copy of what the kernel side keeps of a task. */
  private stateOf(tid: number): DataView | undefined {
    const fd = openTask(tid);
    if (fd < 0) return undefined;
    const copy = new Uint8Array(STATE_BYTES);
    const found = bpf.lookup(this.states, Int32Array.of(fd), copy);
    closeSync(fd);
    return found ? new DataView(copy.buffer) : undefined;
  }

  private entered(followed: BpfTask, view: DataView): Task {
    const task = copyOf(followed);
    const { call } = task;
    const nr = view.getUint32(record + L.call.nr, true);
    identify(call, this.calls, view.getUint8(record + L.call.abi), nr);
    for (let i = 0; i < 12; i++) call.args[i] = view.getUint32(record + L.call.args + 4 * i, true);
    call.entry = Number(view.getBigUint64(record + L.call.entry, true));
    return task;
  }

  /** It has neither entered nor left a call since we attached: if it is in one, it has been all the time. */
  private before(followed: BpfTask, each: EachUnderWay): void {
    followed.foundIn ??= this.foundIn(followed);
    if (!followed.foundIn) return;
    const { nr, args, abi } = followed.foundIn;
    const task = copyOf(followed);
    identify(task.call, this.calls, abi, nr);
    task.call.args.set(args);
    task.call.entry = followed.foundAt;
    each(task, false);
  }

  /** What /proc says; undefined when it runs, waits outside of calls (number -1), or has entered or left a call meanwhile. */
  private foundIn({ tid, pid }: BpfTask): BpfTask["foundIn"] {
    const current = this.frozen ? undefined : currentCall(tid);
    if (!current || current.nr < 0) return undefined;
    const flags = this.stateOf(tid)?.getUint32(L.state.flags, true) ?? 0;
    if ((flags & L.flags.found) === 0) return undefined;
    return { ...current, abi: isCompat(pid) ? L.ABI_I386 : L.ABI_X86_64 };
  }
}

function copyOf(followed: BpfTask): Task {
  const task = new Task(followed.tid, followed.pid, 0);
  task.comm = followed.comm;
  return task;
}
