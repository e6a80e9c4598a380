/** Stacks of tracees, as text, while they are stopped. */
import { registers } from "../../kernel/ptrace.ts";
import { abis } from "../../unwind/registers.ts";
import { type Place, type Registers, Unwinder } from "../../unwind/unwinder.ts";
import type { Task } from "../event.ts";
import { Tracee } from "./tasks.ts";

/** Words of struct user_regs_struct up to cs, and the value of that in 32-bit mode (asm/segment.h: __USER32_CS). */
const WORDS = 20;
const CS = 17;
const USER32_CS = 0x23;

const words = new Float64Array(WORDS);

/** Registers of a stopped tracee; undefined if it is gone. */
export function registersOf(tid: number): Registers | undefined {
  if (!registers(tid, words)) return undefined;
  const abi = words[CS] === USER32_CS ? abis.i386 : abis.x86_64;
  return { abi, values: Float64Array.from(abi.places, (place) => words[place]) };
}

export class Stacks {
  private readonly unwinder = new Unwinder();
  private readonly texts = new WeakMap<Place, string>();

  constructor(
    /** A frame's line, without its end. */
    private readonly line: (place: Place) => string,
    private readonly maxFrames: number,
  ) {}

  /** Lines of the stack of a stopped task, innermost frame first. */
  text(task: Task): string {
    // what precedes the command is our own code
    if (task instanceof Tracee && task.starting) return "";
    const known = registersOf(task.tid);
    if (!known) return "";
    let text = "";
    for (const place of this.unwinder.walk(task.pid, task.tid, known, this.maxFrames).places)
      text += this.textOf(place);
    return text;
  }

  /** What is mapped in a process has changed. */
  forget(pid: number): void {
    this.unwinder.forget(pid);
  }

  private textOf(place: Place): string {
    let text = this.texts.get(place);
    if (text === undefined) {
      text = `${this.line(place)}\n`;
      this.texts.set(place, text);
    }
    return text;
  }
}
