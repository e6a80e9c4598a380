/** What a plan copies is what the decoders ask for: text made from a record equals text made from all memory. */
import { describe, expect, it } from "vitest";
import { ptrace_requests } from "../../src/abi/flags.ts";
import { syscallCount, syscallName } from "../../src/abi/syscalls.ts";
import { abis, segment, segmentFlags } from "../../src/capture/bpf/layout.ts";
import { type Address, type Count, type Plan, planOf, type Read } from "../../src/capture/bpf/plan.ts";
import { RecordMemory } from "../../src/capture/bpf/record-memory.ts";
import { Task } from "../../src/capture/event.ts";
import { Memory } from "../../src/capture/memory.ts";
import { Decoder } from "../../src/decode/call.ts";
import { defaultOptions } from "../../src/decode/options.ts";
import { TextSink } from "../../src/render/text-sink.ts";
import { descriptor } from "../../src/syscalls/index.ts";
import type { Arg, Descriptor, Type } from "../../src/syscalls/types/types.ts";

const REGION = 1 << 24;
const REGION_BYTES = 1 << 14;
const MEMORIES = 12;
const REGIONS = 8;

/** Numbers that come again for the same seed. */
class Dice {
  constructor(private seed: number) {}
  below(n: number): number {
    this.seed = (Math.imul(this.seed, 1664525) + 1013904223) >>> 0;
    return (this.seed >>> 8) % n;
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

/** Memory of an imagined task: one region an argument, full of small numbers, text and pointers to regions. */
class Imagined extends Memory {
  private readonly regions: Uint8Array[] = [];

  constructor(dice: Dice, word: 4 | 8) {
    super();
    for (let r = 0; r < REGIONS; r++) {
      const bytes = new Uint8Array(REGION_BYTES);
      const view = new DataView(bytes.buffer);
      const kind = dice.below(4);
      for (let i = 0; i < REGION_BYTES; i += word) {
        const what = kind === 0 ? 0 : dice.below(kind === 1 ? 4 : 12);
        if (what === 1) view.setUint32(i, (1 + dice.below(REGIONS)) * REGION + 64 * dice.below(64), true);
        else if (what === 2) bytes.set(Buffer.from("ab\0d"), i);
        else if (what === 3) bytes.set(Buffer.from("word"), i);
        else if (what > 3) view.setUint32(i, dice.below(dice.of([2, 20, 300])), true);
      }
      this.regions.push(bytes);
    }
  }

  /** Bytes at an address as far as there are any, at most `length`. */
  bytesAt(address: number, length: number): Uint8Array {
    const region = this.regions[Math.floor(address / REGION) - 1];
    const offset = address % REGION;
    return region === undefined ? new Uint8Array(0) : region.subarray(offset, offset + length);
  }

  protected fetch(lo: number, hi: number, length: number, at: number): number {
    const found = hi === 0 ? this.bytesAt(lo, length) : new Uint8Array(0);
    this.bytes.set(found, at);
    return found.length > 0 ? found.length : -1;
  }

  readString(lo: number, hi: number, max: number): number {
    const found = hi === 0 ? this.bytesAt(lo, max) : new Uint8Array(0);
    if (found.length === 0) return -1;
    const end = found.indexOf(0);
    this.terminated = end >= 0;
    this.got = end < 0 ? found.length : end;
    if (this.used + this.got > this.bytes.length) this.grow(this.got);
    const at = this.used;
    this.bytes.set(found.subarray(0, this.got), at);
    this.used += (this.got + 8) & ~7;
    return at;
  }
}

/** Does what the kernel's side does with a plan (reads.ts), on imagined memory. */
class Copier {
  readonly bytes = new Uint8Array(1 << 16);
  readonly words = new Uint32Array(this.bytes.buffer);
  used = 0;
  private readonly scratch = new DataView(new ArrayBuffer(128));

  constructor(
    private readonly memory: Imagined,
    private readonly args: readonly number[],
    private readonly ret: number,
  ) {}

  run(plan: Plan): void {
    this.all(plan.entry, segmentFlags.entry);
    this.all(plan.exit, 0);
  }

  private all(reads: readonly Read[], phase: number): void {
    for (const r of reads) this.one(r, phase);
  }

  private one(r: Read, phase: number): void {
    switch (r.op) {
      case "bytes":
        this.copy(this.address(r.at), this.count(r.count, r.max), phase);
        break;
      case "string":
        this.string(this.address(r.at), r.max, phase);
        break;
      case "words": {
        const found = this.memory.bytesAt(this.address(r.at), r.bytes);
        for (let i = 0; i < r.bytes; i++) this.scratch.setUint8(r.slot + i, found[i] ?? 0);
        this.copy(this.address(r.at), r.bytes, phase);
        break;
      }
      case "vector": {
        const at = this.address(r.at);
        const n = this.count(r.count, r.most);
        let left = r.total === undefined ? Number.MAX_SAFE_INTEGER : this.count(r.total, 2 ** 31);
        if (n === 0) break;
        this.copy(at, n * 2 * r.word, phase);
        for (let i = 0; i < n; i++) {
          const base = this.word(at + 2 * r.word * i);
          const length = Math.min(this.word(at + 2 * r.word * i + r.word), left);
          left -= length;
          if (base > 0 && length > 0) this.copy(base, Math.min(length, r.each), phase);
        }
        break;
      }
      case "strings": {
        const at = this.address(r.at);
        for (let i = 0; i < r.most; i++) {
          const base = this.word(at + r.word * i);
          if (base === 0) break;
          this.string(base, r.each, phase);
        }
        break;
      }
      case "succeeded":
        if (this.ret >= 0) this.all(r.reads, phase);
        break;
      case "if": {
        const bits = (this.args[r.arg] & r.mask) | 0;
        if (r.values ? r.values.some((v) => (v | 0) === bits) : bits !== 0) this.all(r.reads, phase);
        break;
      }
    }
  }

  private word(at: number): number {
    const b = this.memory.bytesAt(at, 4);
    return b.length < 4 ? 0 : new DataView(b.buffer, b.byteOffset).getUint32(0, true);
  }

  private address(a: Address): number {
    if ("arg" in a) return (this.args[a.arg] ?? 0) + (a.plus ?? 0);
    return "sp" in a ? 0 : this.scratch.getUint32(a.slot, true);
  }

  private count(c: Count, max: number): number {
    const times = typeof c === "object" && "times" in c ? c.times : 1;
    let n: number;
    if (typeof c === "number") n = c;
    else if ("ioctl" in c) n = (this.args[c.ioctl] >>> 16) & 0x3fff || 64;
    else if ("slot" in c) n = this.scratch.getInt32(c.slot, true);
    else if ("arg" in c) n = this.args[c.arg] ?? 0;
    else n = c.max === undefined ? this.ret : Math.min(this.ret, this.args[c.max]);
    if (n <= 0) return 0;
    return times === 1 ? Math.min(n, max) : Math.min(n, Math.max(1, Math.floor(max / times))) * times;
  }

  private copy(at: number, length: number, phase: number): void {
    if (at < 4096 || length <= 0) return;
    this.put(at, this.memory.bytesAt(at, length), phase);
  }

  private string(at: number, max: number, phase: number): void {
    if (at < 4096) return;
    const found = this.memory.bytesAt(at, max - 1);
    const end = found.indexOf(0);
    this.put(at, end < 0 ? found : found.subarray(0, end), phase | (end < 0 ? 0 : segmentFlags.terminated));
  }

  private put(at: number, found: Uint8Array, flags: number): void {
    const w = this.used >>> 2;
    this.words[w] = at;
    this.words[w + 1] = 0;
    this.words[(this.used + segment.length) >>> 2] = found.length;
    this.words[(this.used + segment.flags) >>> 2] = found.length === 0 ? flags | segmentFlags.failed : flags;
    this.bytes.set(found, this.used + segment.bytes);
    this.used += segment.bytes + ((found.length + 7) & ~7);
  }
}

const decode = defaultOptions();
const sink = new TextSink(decode);
const decoder = new Decoder(sink, decode);

function text(task: Task, atEntry: Memory, atExit: Memory): string {
  sink.line = "";
  sink.begin();
  if (!decoder.enter(task, atEntry)) {
    sink.line += sink.any ? ", | " : "| ";
    sink.resume();
    decoder.exitArgs(task, atExit);
  }
  const line = sink.line;
  const aux = decoder.aux(task, atExit);
  return aux === undefined ? line : `${line} (${aux})`;
}

/** Values of an argument that others of the call depend on. */
function interesting(d: Descriptor, name: string): number[] {
  const found: number[] = [];
  const look = (t: Type): void => {
    if (t.kind === "optional") {
      if (t.arg === name) found.push(...(t.values ?? [t.mask]));
      look(t.of);
    } else if (t.kind === "switch") {
      if ("arg" in t.on && t.on.arg === name) found.push(...t.cases.keys());
      for (const c of t.cases.values()) look(c);
    }
  };
  const lists: (readonly Arg[])[] = [d.args, ...(d.variants?.cases.values() ?? [])];
  for (const list of lists) for (const a of list) look(a.type);
  if (d.variants?.by === name) found.push(...d.variants.cases.keys());
  if (d.special === "ptrace" && name === "request")
    found.push(...ptrace_requests.entries.map(([value]) => Number(value)));
  return found;
}

const ROUNDS = 40;
const plain = new Set(
  "int uint long ulong hex hex32 fd dirfd pid uid gid signal mode umode flags enum".split(" "),
);

interface Difference {
  readonly full: string;
  readonly copied: string;
}

function tryOut(d: Descriptor, abi: (typeof abis)[number], memories: readonly Imagined[]): Difference[] {
  const plan = planOf(d, abi, { stringLimit: 32, verbose: false });
  const different: Difference[] = [];
  const dice = new Dice(1);
  for (let round = 0; round < ROUNDS; round++) {
    const memory = memories[round % MEMORIES];
    memory.reset();
    const task = new Task(1, 1, 0);
    const { call } = task;
    Object.assign(call, { abi, name: d.name, descriptor: d });
    const args: number[] = [];
    for (let i = 0; i < 6; i++) {
      const a = d.args[i];
      const values = a ? interesting(d, a.name) : [];
      if (values.length > 0 && dice.below(8) > 0) args.push(dice.of(values) >>> 0);
      else if (a && !plain.has(a.type.kind) && dice.below(12) > 0) args.push((i + 1) * REGION);
      else if (a?.type.kind === "addr") args.push((i + 1) * REGION);
      else args.push(dice.of([0, 1, 2, 3, 4, 8, 16, 28, 64, 100, 300]));
      call.args[2 * i] = args[i];
    }
    // no call returns more bytes than there was room for
    const room = d.args.findIndex((a) => /^(size|count|len|buflen|nbytes|cpusetsize)$/.test(a.name));
    const most = room < 0 ? Number.POSITIVE_INFINITY : args[room] | 0;
    const ret = Math.min(dice.of([0, 0, 1, 2, 8, 20, 64, 200, -2, -11]), most);
    call.retLo = ret >>> 0;
    call.retHi = ret < 0 ? 0xffffffff : 0;
    call.error = ret < 0 ? -ret : 0;
    const copier = new Copier(memory, args, ret);
    copier.run(plan);
    const atEntry = new RecordMemory(true);
    const atExit = new RecordMemory(false);
    for (const m of [atEntry, atExit]) m.at(copier.bytes, copier.words, 0, copier.used);
    const full = text(task, memory, memory);
    const copied = text(task, atEntry, atExit);
    if (full !== copied) different.push({ full, copied });
  }
  return different;
}

/** Calls of which a record may lack something, and what. */
const exceptions: Readonly<Record<string, string>> = {
  sendmsg: "control data beyond 512 bytes",
  recvmsg: "control data beyond 512 bytes",
  sendmmsg: "what messages after the second point to",
  recvmmsg: "what messages after the second point to",
  recvmmsg_time64: "what messages after the second point to",
  io_submit: "what pointers after the fourth lead to, vectors",
  bpf: "what members of the attributes point to",
  getxattrat: "a value for which there was no room",
  sethostname: "an empty name is an address",
  setdomainname: "an empty name is an address",
};

describe("plans", () => {
  for (const abi of abis) {
    it(`hold what the decoders of ${abi} calls ask for`, () => {
      const wrong: string[] = [];
      const dice = new Dice(1);
      const memories = Array.from({ length: MEMORIES }, () => new Imagined(dice, abi === "x86_64" ? 8 : 4));
      for (let nr = 0; nr < syscallCount(abi); nr++) {
        const name = syscallName(abi, nr);
        const d = name === undefined ? undefined : descriptor(name, abi);
        if (!d || name! in exceptions) continue;
        const all = tryOut(d, abi, memories);
        if (all.length > 0)
          wrong.push(`${name}: ${all.length} of ${ROUNDS}\n    ${all[0].full}\n    ${all[0].copied}`);
      }
      expect(wrong).toEqual([]);
    });
  }
});
