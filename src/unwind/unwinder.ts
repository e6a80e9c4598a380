/**
 * Walks the stacks of stopped threads, from frame to frame as the call frame information of the mapped files says, and
 * along frame pointers where there is none.
 */
import { executable, findMapping, type Mapping, mappings } from "../symbols/maps.ts";
import { evaluate, type Machine } from "./expression.ts";
import { type Image, Images } from "./image.ts";
import { type Abi, abis } from "./registers.ts";
import type { Row, Rule } from "./rows.ts";
import { StackMemory } from "./stack-memory.ts";
import { isTrampoline, savedRegister } from "./trampoline.ts";

/** Frames shown of one stack. */
export const MAX_FRAMES = 256;
/** A frame pointer this far above the stack pointer (bytes) is none. */
const LARGEST_FRAME = 1 << 20;
/** Places kept of one process. */
const MAX_PLACES = 1 << 14;
/** Processes kept. */
const MAX_PROCESSES = 1024;

/** An address in a process, and what is there. */
export interface Place {
  readonly address: number;
  /** Undefined where nothing is mapped. */
  readonly mapping: Mapping | undefined;
  readonly image: Image | undefined;
  /** In the file's own address space, where there is a file: for symbols, the instruction before a return address. */
  readonly inFile: number;
  /** Between that and the address. */
  readonly behind: number;
  readonly row: Row | undefined;
}

interface Process {
  readonly pid: number;
  readonly maps: readonly Mapping[];
  /** Of the mappings that were looked at: to find out which file it is takes a call. */
  readonly images: Map<Mapping, Image | undefined>;
  /** By address and whether it is a return address. */
  readonly places: Map<number, Place>;
}

/** Registers of a thread, by DWARF number of its ABI; NaN for those that are not known. */
export interface Registers {
  readonly abi: Abi;
  readonly values: Float64Array;
}

export interface Stack {
  /** Innermost first. */
  readonly places: readonly Place[];
  /** A register was needed that is not known. */
  readonly incomplete: boolean;
}

export class Unwinder {
  private readonly images = new Images();
  private readonly processes = new Map<number, Process>();
  private readonly memory = new StackMemory();
  private readonly next = new Float64Array(abis.x86_64.count);

  /** Mappings of the process may have changed, or it is gone. */
  forget(pid: number): void {
    this.processes.delete(pid);
  }

  /** The stack of the thread `tid` of `pid`, or the innermost `maxFrames` of it. Uses up `registers`. */
  walk(pid: number, tid: number, registers: Registers, maxFrames = MAX_FRAMES): Stack {
    const process = this.process(pid, tid);
    const { abi, values } = registers;
    const { pc, sp } = abi;
    this.memory.at(tid, values[sp]);
    const places: Place[] = [];
    let returned = false;
    let incomplete = false;
    while (places.length < maxFrames) {
      const address = values[pc];
      if (!(address > 0)) break;
      const place = this.place(tid, process, address, returned);
      places.push(place);
      if (!place.mapping || !executable(place.mapping)) break;
      const before = values[sp];
      const outcome = place.row
        ? this.leave(place.row, abi, values)
        : this.guess(process, place, abi, values);
      if (outcome === "unknown") incomplete = true;
      if (outcome === "unknown" || outcome === "end") break;
      returned = outcome !== "interrupted";
      // a handler's stack may be anywhere, all others grow downwards
      if (returned && values[sp] < before) break;
      if (values[sp] === before && values[pc] === address) break;
    }
    return { places, incomplete };
  }

  /** Kept by `pid`, but looked at through a thread: a main thread that has ended has no memory any more. */
  private process(pid: number, tid: number): Process {
    let known = this.processes.get(pid);
    if (!known) {
      if (this.processes.size >= MAX_PROCESSES) this.processes.clear();
      known = { pid, maps: mappings(tid) ?? [], images: new Map(), places: new Map() };
      this.processes.set(pid, known);
    }
    return known;
  }

  private place(tid: number, process: Process, address: number, returned: boolean): Place {
    const key = 2 * address + (returned ? 1 : 0);
    const known = process.places.get(key);
    if (known) return known;
    const mapping = findMapping(process.maps, address);
    const image = mapping && executable(mapping) ? this.image(tid, process, mapping) : undefined;
    const behind = returned ? 1 : 0;
    const inFile = image
      ? image.addressOf(address - mapping!.start + mapping!.offset) - behind
      : address - behind;
    const place = { address, mapping, image, inFile, behind, row: image?.row(inFile) };
    if (process.places.size >= MAX_PLACES) process.places.clear();
    process.places.set(key, place);
    return place;
  }

  private image(tid: number, { pid, maps, images }: Process, mapping: Mapping): Image | undefined {
    if (!images.has(mapping)) images.set(mapping, this.images.of(pid, tid, mapping, maps));
    return images.get(mapping);
  }

  /** Leaves a frame as its row says. */
  private leave(row: Row, abi: Abi, values: Float64Array): Outcome {
    const { memory, next } = this;
    const { width, count, sp, pc } = abi;
    const machine: Machine = {
      register: (n) => (n < count ? values[n] : Number.NaN),
      word: (address) => memory.word(address, width),
      bits: (address, size) => memory.bits(address, size),
    };
    const { frame } = row;
    const cfa =
      "code" in frame
        ? evaluate(frame.code, width, machine)
        : machine.register(frame.register) + frame.offset;
    if (Number.isNaN(cfa)) return "unknown";
    if (row.rules.get(row.returnColumn)?.kind === "undefined") return "end";
    next.set(values);
    next[sp] = cfa;
    for (const [register, rule] of row.rules)
      if (register < count) next[register] = ruleValue(rule, cfa, width, machine);
    const target = row.returnColumn < count ? next[row.returnColumn] : Number.NaN;
    if (!row.rules.has(row.returnColumn) || Number.isNaN(target)) return "end";
    values.set(next.subarray(0, count));
    values[pc] = target;
    return row.signal ? "interrupted" : "returned";
  }

  /** Leaves a frame nothing is known of: that of a signal's return, or by the frame pointer if that can be one. */
  private guess(process: Process, place: Place, abi: Abi, values: Float64Array): Outcome {
    const { memory } = this;
    const { width, pc, sp, fp } = abi;
    const stack = values[sp];
    const word = (address: number) => memory.word(address, width);
    if (width === 8 && isTrampoline(place.address, (at) => memory.word(at, 4))) {
      for (let n = 0; n < abi.count; n++) values[n] = savedRegister(n, stack, word);
      return Number.isNaN(values[pc]) ? "end" : "interrupted";
    }
    const frame = values[fp];
    if (Number.isNaN(frame)) return "unknown";
    if (frame < stack || frame - stack > LARGEST_FRAME) return "end";
    const target = word(frame + width);
    const mapping = findMapping(process.maps, target);
    if (!mapping || !executable(mapping)) return "end";
    values[fp] = word(frame);
    values[sp] = frame + 2 * width;
    values[pc] = target;
    return "returned";
  }
}

/** How a frame was left: to its caller, to what a signal interrupted, not at all; or for want of a register's value. */
type Outcome = "returned" | "interrupted" | "end" | "unknown";

function ruleValue(rule: Rule, cfa: number, width: 4 | 8, machine: Machine): number {
  switch (rule.kind) {
    case "offset":
      return machine.word(cfa + rule.offset);
    case "value":
      return cfa + rule.offset;
    case "register":
      return machine.register(rule.register);
    case "expression":
      return machine.word(evaluate(rule.code, width, machine, cfa));
    case "valueOf":
      return evaluate(rule.code, width, machine, cfa);
    default:
      return Number.NaN;
  }
}
