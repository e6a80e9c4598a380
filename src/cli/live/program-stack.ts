/** Where in its program a thread has called what it waits in. */
import { SysError } from "../../base/errors.ts";
import { registersOf } from "../../capture/ptrace/stacks.ts";
import { glimpse } from "../../kernel/glimpse.ts";
import { type CurrentCall, currentCall, isCompat } from "../../kernel/tasks.ts";
import { Symbols } from "../../record/symbols.ts";
import { escapeName } from "../../render/escape.ts";
import { symbolText } from "../../render/stack-text.ts";
import { demangle } from "../../symbols/demangle.ts";
import { isSharedMemory } from "../../symbols/maps.ts";
import { abis } from "../../unwind/registers.ts";
import { type Place, type Registers, type Stack, Unwinder } from "../../unwind/unwinder.ts";

/** Looks at a thread that moves on meanwhile. */
const TRIES = 3;

export interface ProgramFrame {
  /** "" if it has no name. */
  readonly function: string;
  /** Bytes from the function's start. */
  readonly offset: number;
  /** File, or `[jit]`. */
  readonly module: string;
  /** Offset in the file, or address. */
  readonly place: number;
}

export interface ProgramStack {
  /** Innermost first. */
  readonly frames: readonly ProgramFrame[];
  /** False where a register was needed that only a stopped thread shows. */
  readonly complete: boolean;
}

/** Arguments of a call, in order, by DWARF number. */
const argumentRegisters = { x86_64: [5, 4, 1, 10, 8, 9], i386: [3, 1, 2, 6, 7, 5] } as const;

export class ProgramStacks {
  private readonly unwinder = new Unwinder();
  private readonly symbols = new Symbols();

  constructor(
    /** Stops threads whose stacks cannot be seen otherwise. */
    private readonly mayStop: boolean,
  ) {}

  /** The stack of a thread in a call; undefined if it is in none any more, or must not be looked at. */
  of(pid: number, tid: number): ProgramStack | undefined {
    let stack = this.seen(pid, tid);
    if (this.mayStop && (!stack || stack.incomplete)) stack = this.stopped(pid, tid) ?? stack;
    return stack && { frames: stack.places.map((p) => this.frame(pid, p)), complete: !stack.incomplete };
  }

  /** By what the thread shows while it waits: the pointers and the call's arguments. */
  private seen(pid: number, tid: number): Stack | undefined {
    const abi = isCompat(tid) ? "i386" : "x86_64";
    for (let i = 0; i < TRIES; i++) {
      const before = currentCall(tid);
      if (!before) return undefined;
      const stack = this.unwinder.walk(pid, tid, registersIn(before, abi));
      const after = currentCall(tid);
      if (after?.sp === before.sp && after.pc === before.pc) return stack;
    }
    return undefined;
  }

  private stopped(pid: number, tid: number): Stack | undefined {
    try {
      return glimpse(tid, () => {
        const registers = registersOf(tid);
        return registers && this.unwinder.walk(pid, tid, registers);
      });
    } catch (error) {
      if (error instanceof SysError) return undefined;
      throw error;
    }
  }

  private frame(pid: number, { address, mapping, image, inFile, behind }: Place): ProgramFrame {
    if (!mapping) return { function: "", offset: 0, module: "", place: address };
    if (!image && (!mapping.path.startsWith("/") || isSharedMemory(mapping))) {
      const name = this.symbols.compiled(pid, address - behind);
      if (name !== "" || !mapping.path.startsWith("/"))
        return { function: symbolText(name), offset: 0, module: "[jit]", place: address };
    }
    const place = address - mapping.start + mapping.offset;
    const module = escapeName(mapping.path);
    const symbol = image?.find(inFile);
    if (!symbol) return { function: "", offset: 0, module, place };
    return {
      function: symbolText(demangle(symbol.name)),
      offset: inFile + behind - symbol.start,
      module,
      place,
    };
  }
}

function registersIn(call: CurrentCall, name: "x86_64" | "i386"): Registers {
  const abi = abis[name];
  const values = new Float64Array(abi.count).fill(Number.NaN);
  for (const [i, register] of argumentRegisters[name].entries())
    values[register] = call.args[2 * i] + (name === "i386" ? 0 : call.args[2 * i + 1] * 2 ** 32);
  values[abi.sp] = call.sp;
  values[abi.pc] = call.pc;
  return { abi, values };
}

/** Lines to be shown below a call. */
export function stackLines(stack: ProgramStack | undefined): string[] {
  if (!stack) return [];
  const hex = (n: number) => `0x${n.toString(16)}`;
  const lines: string[] = [];
  const { frames } = stack;
  for (let i = 0, next = 0; i < frames.length; i = next) {
    const { function: name, offset, module, place } = frames[i];
    // of recursion and of an interpreter's frames one is enough
    for (next = i; frames[next]?.place === place && frames[next].module === module; ) next++;
    const times = next - i > 1 ? `  (${next - i} times)` : "";
    const where = name === "" ? hex(place) : module === "[jit]" ? name : `${name}+${hex(offset)}`;
    lines.push(`    ${where} in ${module || "?"}${times}`);
  }
  return stack.complete ? lines : [...lines, "    ... (--stop shows more)"];
}
