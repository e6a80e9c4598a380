/** Does to calls what injections say. man 1 strace, "Tampering". */
import { type Abi, syscallNumber } from "../../abi/syscalls.ts";
import * as trace from "../../kernel/ptrace.ts";
import { writeMemory } from "../../kernel/remote-memory.ts";
import { Injected } from "../event.ts";
import type { Injection, Poke, Tampering } from "../injection.ts";
import type { LiveMemory } from "../live-memory.ts";
import type { Tracee } from "./tasks.ts";

export class Tamperer {
  private readonly found = new Map<Abi, Map<number, Injection | undefined>>();

  constructor(private readonly tampering: Tampering) {}

  /** At the entry of a call that is to be reported. */
  enter(task: Tracee, memory: LiveMemory): void {
    const { call } = task;
    call.injected = 0;
    task.injection = undefined;
    const injection = this.lookup(call.abi, call.nr);
    if (!injection || task.starting) return;
    if (this.tampering.applies?.(task, memory) === false) return;
    if (!isTurn(injection, count(task))) return;
    task.injection = injection;
    task.signalDue = injection.signal;
    this.poke(task, injection.pokesAtEntry, memory);
    if (injection.delayEntry !== undefined) delay(task, injection.delayEntry);
    const { result } = injection;
    if (!result) return;
    if (!trace.replaceCall(task.tid, instead(injection, call.abi))) return;
    call.injected |= Injected.result;
    // now already, so that it gets this whatever becomes of us
    setResult(task, injection);
  }

  /** At the exit of a call, before it is reported. */
  exit(task: Tracee, memory: LiveMemory): void {
    const { injection, call } = task;
    if (!injection) return;
    task.injection = undefined;
    this.poke(task, injection.pokesAtExit, memory);
    if (injection.delayExit !== undefined) delay(task, injection.delayExit);
    if ((call.injected & Injected.result) === 0) return;
    setResult(task, injection);
    const { result } = injection;
    if (!result) return;
    if ("errno" in result) {
      call.error = result.errno;
      return;
    }
    call.error = 0;
    call.retLo = result.lo;
    call.retHi = call.abi === "i386" ? 0 : result.hi;
  }

  private lookup(abi: Abi, nr: number): Injection | undefined {
    let byNumber = this.found.get(abi);
    if (!byNumber) {
      byNumber = new Map();
      this.found.set(abi, byNumber);
    }
    if (!byNumber.has(nr)) byNumber.set(nr, this.tampering.rules.findLast((r) => r.has(abi, nr))?.injection);
    return byNumber.get(nr);
  }

  private poke(task: Tracee, pokes: readonly Poke[], memory: LiveMemory): void {
    const { call, tid } = task;
    const size = call.descriptor?.args.length ?? call.args.length / 2;
    for (const { arg, bytes } of pokes) {
      if (arg >= size) {
        this.fail(
          tid,
          `requested to tamper with argument #${arg + 1}, but system call '${call.name}' has only ${size} arguments`,
        );
      } else if (writeMemory(tid, call.args[2 * arg], call.args[2 * arg + 1], bytes)) {
        call.injected |= Injected.memory;
        memory.at(tid);
      } else this.fail(tid, "couldn't poke");
    }
  }

  private fail(tid: number, why: string): void {
    this.tampering.complain(`poke_tcb: Failed to tamper with process ${tid}: ${why}`);
  }
}

/** How often the task has made this call, this time included. */
function count(task: Tracee): number {
  const { abi, nr } = task.call;
  const key = `${abi} ${nr}`;
  const times = (task.times.get(key) ?? 0) + 1;
  task.times.set(key, times);
  return times;
}

/** Whether the `n`th invocation, from 1, is one of those meant. */
function isTurn({ first, last, step }: Pick<Injection, "first" | "last" | "step">, n: number): boolean {
  return n >= first && n <= last && (n - first) % step === 0;
}

function instead(injection: Injection, abi: Abi): number {
  return injection.instead === undefined ? -1 : (syscallNumber(abi, injection.instead) ?? -1);
}

function setResult(task: Tracee, { result }: Injection): void {
  if (!result) return;
  if ("errno" in result) trace.setResult(task.tid, -result.errno, -1);
  else trace.setResult(task.tid, result.lo, task.call.abi === "i386" ? 0 : result.hi);
}

function delay(task: Tracee, ns: number): void {
  task.call.injected |= Injected.delay;
  task.delayDue += ns;
}
