/** What a walker sees while it prints one call. One instance per decoder, reused for every call. */
import type { Layout } from "../abi/layouts.ts";
import type { Call, Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import type { Length, Type } from "../syscalls/types/types.ts";
import type { DecodeOptions } from "./options.ts";
import type { ValueSink } from "./sink.ts";

export class Context {
  task!: Task;
  call!: Call;
  memory!: Memory;
  /** The call has returned; out arguments are meaningful unless `call.error`. */
  exiting = false;
  /** The argument being printed is output of a call that failed: its memory means nothing. */
  failed = false;
  /** Structures print in full for this call. */
  verbose = false;
  /** Argument names of the call (or variant) being printed. */
  names: readonly string[] = [];
  /** What kinds of numbers those arguments are. */
  kinds: readonly Type["kind"][] = [];
  /** Innermost struct being printed. */
  structLayout: Layout | undefined;
  structAt = 0;

  constructor(
    public sink: ValueSink,
    readonly options: DecodeOptions,
  ) {}

  /** Bytes in a long or pointer of the tracee. */
  get wordSize(): number {
    return this.call.abi === "i386" || this.call.abi === "x32" ? 4 : 8;
  }

  /** Whether an address with this upper half is none of the tracee's: x32 has 64-bit registers and 32-bit pointers. */
  beyond(hi: number): boolean {
    return hi !== 0 && this.wordSize === 4;
  }

  /** Bytes in what the kernel calls long: x32 has 64-bit ones beside its 32-bit pointers. */
  get longSize(): number {
    return this.call.abi === "i386" ? 4 : 8;
  }

  /** Index of an argument by name. Throws if the descriptor has no such argument: a mistake in the table. */
  index(name: string): number {
    const i = this.names.indexOf(name);
    if (i < 0) throw new Error(`${this.call.name} has no argument ${name}`);
    return i;
  }

  /** An argument as a double: exact up to 2^53, sign taken from the word size. */
  arg(i: number): number {
    const { args } = this.call;
    return args[2 * i] + (args[2 * i + 1] | 0) * 4294967296;
  }

  /** An argument as the kernel takes it: an int is 32 bits of the register. */
  number(i: number): number {
    const { args } = this.call;
    const lo = args[2 * i];
    switch (this.kinds[i]) {
      case "int":
        return lo | 0;
      case "uint":
        return lo >>> 0;
      case "ulong":
        return lo + args[2 * i + 1] * 4294967296;
      default:
        return this.arg(i);
    }
  }

  argLo(i: number): number {
    return this.call.args[2 * i];
  }

  argHi(i: number): number {
    return this.call.args[2 * i + 1];
  }

  /** The return value as a double. */
  get ret(): number {
    return this.call.retLo + (this.call.retHi | 0) * 4294967296;
  }

  /** A length in bytes or elements; negative when the tracee passed nonsense. */
  length(spec: Length): number {
    if (typeof spec === "number") return spec;
    if ("arg" in spec) return this.number(this.index(spec.arg)) * (spec.times ?? 1);
    if ("field" in spec) return this.fieldValue(spec.field);
    const ret = this.ret;
    return spec.max === undefined ? ret : Math.min(ret, this.number(this.index(spec.max)));
  }

  /** A sibling field of the struct being printed, as a double. */
  fieldValue(name: string): number {
    const field = this.structLayout?.fields.find((f) => f.name === name);
    if (!field) throw new Error(`struct ${this.structLayout?.name} has no field ${name}`);
    return this.integer(this.structAt + field.offset, field.size, field.signed);
  }

  /** An integer in the arena as a double. */
  integer(at: number, size: number, signed: boolean): number {
    const v = this.memory.view;
    switch (size) {
      case 1:
        return signed ? v.getInt8(at) : v.getUint8(at);
      case 2:
        return signed ? v.getInt16(at, true) : v.getUint16(at, true);
      case 4:
        return signed ? v.getInt32(at, true) : v.getUint32(at, true);
      default:
        return (
          v.getUint32(at, true) + (signed ? v.getInt32(at + 4, true) : v.getUint32(at + 4, true)) * 4294967296
        );
    }
  }

  /** Reads one int of the tracee, or undefined. */
  readInt(lo: number, hi: number): number | undefined {
    const at = this.memory.readAll(lo, hi, 4);
    return at < 0 ? undefined : this.memory.view.getInt32(at, true);
  }

  /** Reads one word (long or pointer) of the tracee; halves are left in `wordLo`, `wordHi`. */
  readWord(lo: number, hi: number): boolean {
    const size = this.wordSize;
    const at = this.memory.readAll(lo, hi, size);
    if (at < 0) return false;
    this.wordAt(at);
    return true;
  }
  wordLo = 0;
  wordHi = 0;

  /** The same for a kernel's long, with its sign. */
  readLong(lo: number, hi: number): boolean {
    const size = this.longSize;
    const at = this.memory.readAll(lo, hi, size);
    if (at < 0) return false;
    this.signedAt(at, size);
    return true;
  }

  /** Loads a signed integer of 4 or 8 bytes from the arena into `wordLo`, `wordHi`. */
  signedAt(at: number, size: number): void {
    this.wordLo = this.memory.view.getUint32(at, true);
    this.wordHi =
      size === 8 ? this.memory.view.getUint32(at + 4, true) : (this.wordLo | 0) < 0 ? 0xffffffff : 0;
  }

  /** Prints a descriptor of the task, and what it is where that is asked for. */
  fd(fd: number): void {
    this.sink.fd(fd, this.options.fdText?.(this.task.tid, fd));
  }

  /** Prints the id of a process or thread, and its name where that is asked for. */
  pid(pid: number): void {
    this.sink.pid(pid, this.options.pidText?.(pid));
  }

  /** Loads a word from the arena into `wordLo`, `wordHi`. */
  wordAt(at: number): void {
    this.wordLo = this.memory.view.getUint32(at, true);
    this.wordHi = this.wordSize === 8 ? this.memory.view.getUint32(at + 4, true) : 0;
  }
}
