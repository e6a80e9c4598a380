/** Injection: what is done to a call at its entry and its exit stop. */
import { syscallNumber } from "../../abi/syscalls.ts";
import * as trace from "../../kernel/ptrace.ts";
import { writeMemory } from "../../kernel/remote-memory.ts";
import type { EngineOptions } from "../engine.ts";
import type { Call } from "../event.ts";
import { applies, type Injection, type Poke, tampered } from "../injection.ts";
import type { Tracee } from "./tasks.ts";

const NO_CALL = -1n;
const WORD = 4294967296;
const X32_BIT = 0x40000000n;

export class Injector {
  constructor(
    private readonly of: NonNullable<EngineOptions["inject"]>,
    private readonly say: (text: string) => void,
  ) {}

  /** Before a call is reported. Sets the task's delay; returns the signal it is to get. */
  enter(task: Tracee): number {
    const { call } = task;
    call.tampered = 0;
    task.injection = undefined;
    // not to the execve of ours that makes it the command
    const injection = task.starting ? undefined : this.of(call.abi, call.nr);
    if (!injection || !applies(injection, count(task))) return 0;
    task.injection = injection;
    if (injection.pokeEntry) this.poke(task, injection.pokeEntry);
    task.replaced = replaces(injection) && trace.setSyscall(task.tid, replacement(call, injection));
    this.delay(task, injection.delayEntry);
    return injection.signal ?? 0;
  }

  /** Before a call's return is reported. */
  exit(task: Tracee): void {
    const { injection } = task;
    if (!injection) return;
    task.injection = undefined;
    if (injection.pokeExit) this.poke(task, injection.pokeExit);
    if (task.replaced) this.replaceResult(task, injection);
    task.replaced = false;
    this.delay(task, injection.delayExit);
  }

  private replaceResult(task: Tracee, { error, result = 0n, replacement: other }: Injection): void {
    const { call, tid } = task;
    // -1 fails, a call without side effects does not
    if ((call.error === 0) !== (other !== undefined)) {
      const no = call.error === 0 ? "no " : "";
      const value = (call.retHi * WORD + call.retLo).toString(16);
      this.say(
        `Failed to tamper with process ${tid}: unexpectedly got ${no}error (return value 0x${value}, error ${call.error})`,
      );
      return;
    }
    if (!trace.setResult(tid, error === undefined ? result : -BigInt(error))) return;
    call.error = error ?? 0;
    call.retLo = Number(BigInt.asUintN(32, result));
    call.retHi = call.abi === "i386" ? 0 : Number(BigInt.asUintN(64, result) >> 32n);
    call.tampered |= tampered.result;
  }

  private poke(task: Tracee, pokes: readonly Poke[]): void {
    const { call, tid } = task;
    const given = call.descriptor?.args.length ?? 6;
    for (const { arg, bytes } of pokes) {
      if (arg >= given) {
        this.say(
          `poke_tcb: Failed to tamper with process ${tid}: requested to tamper with argument #${arg + 1}, ` +
            `but system call '${call.name}' has only ${given} arguments`,
        );
        continue;
      }
      const address = call.args[2 * arg + 1] * WORD + call.args[2 * arg];
      if (writeMemory(tid, address, bytes)) call.tampered |= tampered.memory;
    }
  }

  private delay(task: Tracee, ns = 0): void {
    task.delay = ns;
    if (ns > 0) task.call.tampered |= tampered.delay;
  }
}

const replaces = (i: Injection): boolean => i.error !== undefined || i.result !== undefined;

function replacement(call: Call, { replacement: name }: Injection): bigint {
  const nr = name === undefined ? undefined : syscallNumber(call.abi, name);
  if (nr === undefined) return NO_CALL;
  return call.abi === "x32" ? BigInt(nr) | X32_BIT : BigInt(nr);
}

/** Counts the task's calls of this number, of those something may be done to. */
function count(task: Tracee): number {
  const { abi, nr } = task.call;
  const key = `${abi} ${nr}`;
  const n = (task.counts.get(key) ?? 0) + 1;
  task.counts.set(key, n);
  return n;
}
