/**
 * Instructions that copy memory of the current task into its record, from a plan. r6 holds the task's state
 * throughout; the record's length so far lives in memory, so that whatever way a piece went, the verifier sees the
 * same state behind it.
 */
import { type Assembler, type Reg, r0, r1, r2, r3, r6, r7, r8, r9, r10 } from "./asm.ts";
import { call, callFlags, SCRATCH_BYTES, segment, segmentFlags, state } from "./layout.ts";
import type { Address, Count, Read } from "./plan.ts";

/** Bytes of segments a record can hold. */
export const DATA_BYTES = 14336;
const DATA = state.record + call.data;
/** Bytes of a task's state. */
export const STATE_BYTES = DATA + DATA_BYTES;
/** Slot for a vector's address, what is left of the call's result, and the vector's length. */
const VECTOR_SLOT = SCRATCH_BYTES - 24;
const VECTOR = state.scratch + VECTOR_SLOT;
/** Slot for where in the record's data the vector's own bytes begin, or for the pointer to the string at hand. */
const ELEMENTS = VECTOR - 8;
/** Bytes of slots that are left for plans. */
const PLANNED = ELEMENTS - state.scratch;
const PAGE = 4096;
/** Pieces of up to so many bytes are read by way of the stack, where this is their place. */
const SMALL = 32;
const SMALL_AT = -256 - SMALL;
/** Below this nothing is mapped (vm.mmap_min_addr): it is a number, or NULL. */
const LOWEST = 4096;

const argAt = (i: number): number => state.record + call.args + 8 * i;

export class Reader {
  constructor(
    private readonly a: Assembler,
    /** Flags of every segment. */
    private readonly phase: number,
    /** Saves time at each call, but costs the verifier ten times as much as it does without (Linux 6.18). */
    private readonly useStack: boolean,
  ) {}

  all(reads: readonly Read[]): void {
    for (const r of reads) this.read(r);
  }

  private read(r: Read): void {
    const { a } = this;
    switch (r.op) {
      case "bytes":
        this.bytes(r.at, r.count, r.max);
        break;
      case "string":
        this.string(r.at, r.max);
        break;
      case "words":
        this.words(r.at, r.bytes, r.slot);
        break;
      case "vector":
        this.vector(r);
        break;
      case "strings":
        this.strings(r);
        break;
      case "succeeded": {
        const skip = a.fresh("failed");
        a.load(8, r1, r6, state.record + call.ret).jump("slt", r1, 0, skip);
        this.all(r.reads);
        a.label(skip);
        break;
      }
      case "if": {
        const skip = a.fresh("skip");
        const take = a.fresh("take");
        a.load(4, r1, r6, argAt(r.arg));
        if (r.mask >>> 0 !== 0xffffffff) a.alu32("and", r1, r.mask | 0);
        if (r.values) {
          for (const v of r.values) a.jump32("eq", r1, v | 0, take);
          a.goto(skip);
        } else a.jump32("eq", r1, 0, skip);
        a.label(take);
        this.all(r.reads);
        a.label(skip);
        break;
      }
    }
  }

  /** Loads an address; goes to `none` for what can be no pointer. */
  private address(into: Reg, at: Address, none: string): void {
    const { a } = this;
    if ("arg" in at) a.load(8, into, r6, argAt(at.arg));
    else if ("sp" in at) a.load(8, into, r6, state.sp).add(into, at.sp);
    else a.load(at.word, into, r6, state.scratch + at.slot);
    a.jump("lt", into, LOWEST, none);
    if ("arg" in at && at.plus) a.add(into, at.plus);
  }

  /** Loads a count into r2, 1 to `max`; goes to `none` if there is nothing. */
  private count(count: Count, max: number, none: string): void {
    const { a } = this;
    if (typeof count === "number") {
      if (count <= 0) a.goto(none);
      a.mov(r2, Math.min(Math.max(count, 1), max));
      return;
    }
    if ("ioctl" in count) {
      const known = a.fresh("known");
      a.load(4, r2, r6, argAt(count.ioctl)).alu32("rsh", r2, 16).alu32("and", r2, 0x3fff);
      a.jump("ne", r2, 0, known).mov(r2, 64).label(known);
    } else if ("slot" in count) {
      a.load(count.size, r2, r6, state.scratch + count.slot);
      if (count.size === 4) a.lsh(r2, 32).alu("arsh", r2, 32);
    } else if ("arg" in count) a.load(8, r2, r6, argAt(count.arg));
    else {
      a.load(8, r2, r6, state.record + call.ret);
      if (count.max !== undefined) {
        const fits = a.fresh("fits");
        a.load(8, r3, r6, argAt(count.max)).jump("sle", r2, r3, fits).mov(r2, r3).label(fits);
      }
    }
    a.jump("sle", r2, 0, none);
    const times = "times" in count ? count.times : 1;
    const fits = a.fresh("fits");
    if (times === 1) a.jump("le", r2, max, fits).mov(r2, max).label(fits);
    else {
      const most = Math.max(1, Math.floor(max / times));
      a.jump("le", r2, most, fits).mov(r2, most).label(fits);
      a.alu("mul", r2, times);
    }
  }

  /** r8 = the record's length so far, with room for `max` bytes more; else notes it and goes to `full`. */
  private room(max: number, full: string): void {
    const { a } = this;
    const fits = a.fresh("fits");
    a.load(4, r8, r6, state.cursor).jump("le", r8, DATA_BYTES - segment.bytes - max - 8, fits);
    a.load(2, r1, r6, state.record + call.flags).or(r1, callFlags.truncated);
    a.store(2, r6, state.record + call.flags, r1)
      .goto(full)
      .label(fits);
  }

  /** r1 = where the bytes of the next segment go. */
  private destination(): void {
    this.a
      .mov(r1, r6)
      .add(r1, r8)
      .add(r1, DATA + segment.bytes);
  }

  /** Writes the head of the segment of r9 bytes at the address in r3 and counts it in. */
  private finish(flags: number): void {
    const { a } = this;
    a.mov(r1, r6).add(r1, r8).add(r1, DATA);
    a.store(8, r1, segment.address, r3).store(4, r1, segment.length, r9);
    a.store(4, r1, segment.flags, this.phase | flags);
    a.add(r9, 7).and(r9, -8).add(r8, r9).add(r8, segment.bytes).store(4, r6, state.cursor, r8);
  }

  private bytes(at: Address, count: Count, max: number): void {
    const { a } = this;
    const done = a.fresh("done");
    this.address(r3, at, done);
    a.store(8, r6, state.address, r3);
    this.count(count, max, done);
    a.load(8, r3, r6, state.address);
    this.copy(typeof count === "number" ? Math.min(count, max) : max, done, typeof count === "number");
    a.label(done);
  }

  /**
   * Copies r2 bytes (1 to `max`, or `always` so many) at r3, whose value is in the state, as far as the page's end if need be.
   */
  private copy(max: number, done: string, always: boolean): void {
    const { a } = this;
    const good = a.fresh("good");
    const failed = a.fresh("unreadable");
    this.room(max, done);
    a.mov(r9, r2);
    const large = a.fresh("large");
    const stack = this.useStack && (max <= SMALL || !always);
    if (stack && max > SMALL) a.jump("gt", r2, SMALL, large);
    if (stack) this.viaStack(Math.min(max, SMALL), good);
    if (!stack || max > SMALL) {
      a.label(large).mov(r2, r9);
      this.destination();
      a.call("probe_read_user").load(8, r3, r6, state.address).jump("eq", r0, 0, good);
    }
    a.mov(r2, r3)
      .and(r2, PAGE - 1)
      .alu("neg", r2, 0)
      .add(r2, PAGE);
    a.jump("ge", r2, r9, failed).jump("gt", r2, max, failed).mov(r9, r2);
    this.destination();
    a.call("probe_read_user").load(8, r3, r6, state.address).jump("eq", r0, 0, good);
    a.label(failed).mov(r9, 0);
    this.finish(segmentFlags.failed);
    a.goto(done).label(good);
    this.finish(0);
  }

  /** Reads into the stack first: the kernel's checks of where a copy goes take longer than the copy. */
  private viaStack(max: number, good: string): void {
    const { a } = this;
    const failed = a.fresh("failed");
    for (let i = 0; i < max; i += 8) a.store(8, r10, SMALL_AT + i, 0);
    a.mov(r1, r10).add(r1, SMALL_AT).call("probe_read_user").load(8, r3, r6, state.address);
    a.jump("ne", r0, 0, failed);
    this.destination();
    for (let i = 0; i < max; i += 8) a.load(8, r2, r10, SMALL_AT + i).store(8, r1, i, r2);
    a.goto(good).label(failed);
  }

  private string(at: Address, max: number): void {
    const { a } = this;
    const done = a.fresh("done");
    this.address(r3, at, done);
    a.store(8, r6, state.address, r3);
    this.copyString(max, done);
    a.label(done);
  }

  private copyString(max: number, done: string): void {
    const { a } = this;
    const good = a.fresh("good");
    const whole = a.fresh("whole");
    this.room(max, done);
    this.destination();
    a.mov(r2, max).call("probe_read_user_str").load(8, r3, r6, state.address).mov(r9, r0);
    a.jump("sgt", r9, 0, good).mov(r9, 0);
    this.finish(segmentFlags.failed);
    a.goto(done).label(good);
    a.jump("lt", r9, max, whole).mov(r9, max - 1);
    this.finish(0);
    a.goto(done).label(whole).sub(r9, 1);
    this.finish(segmentFlags.terminated);
  }

  /** Words are recorded like any bytes, and copied into a slot. */
  private words(at: Address, bytes: number, slot: number): void {
    if (slot + ((bytes + 7) & ~7) > PLANNED) throw new Error(`${bytes} bytes do not fit slot ${slot}`);
    const { a } = this;
    const done = a.fresh("done");
    const none = a.fresh("none");
    const part = a.fresh("part");
    const into = state.scratch + slot;
    this.address(r3, at, none);
    a.store(8, r6, state.address, r3);
    a.mov(r1, r6).add(r1, into).mov(r2, bytes).call("probe_read_user").jump("ne", r0, 0, part);
    this.room(bytes, done);
    this.destination();
    for (let i = 0; i < bytes; i += 8) a.load(8, r2, r6, into + i).store(8, r1, i, r2);
    a.load(8, r3, r6, state.address).mov(r9, bytes);
    this.finish(0);
    a.goto(done).label(none);
    // zeros are no addresses; a failed read leaves them, too
    for (let i = 0; i < bytes; i += 8) a.store(8, r6, into + i, 0);
    a.goto(done).label(part);
    this.bytes(at, bytes, bytes);
    a.label(done);
  }

  private vector(r: Extract<Read, { op: "vector" }>): void {
    const { a } = this;
    const step = 2 * r.word;
    const shift = Math.log2(step);
    /** So that the verifier sees that all elements are within the data. */
    const last = DATA_BYTES - segment.bytes - r.most * step;
    const done = a.fresh("done");
    const loop = a.fresh("loop");
    const next = a.fresh("next");
    const left = VECTOR + 8;
    const number = VECTOR + 16;
    this.address(r3, r.at, done);
    a.store(8, r6, VECTOR, r3);
    this.count(r.count, r.most, done);
    a.store(8, r6, number, r2);
    if (r.total === undefined) a.constant(r1, 2 ** 53).store(8, r6, left, r1);
    else {
      const none = a.fresh("none");
      const some = a.fresh("some");
      this.count(r.total, 0x7fffffff, none);
      a.store(8, r6, left, r2).goto(some);
      a.label(none).store(8, r6, left, 0).label(some);
    }
    a.load(4, r1, r6, state.cursor).store(8, r6, ELEMENTS, r1);
    this.bytes(
      { slot: VECTOR_SLOT, word: 8 },
      { slot: VECTOR_SLOT + 16, size: 8, times: step },
      r.most * step,
    );
    // the elements are taken from that copy: each look into the task's memory costs as much as a small copy
    a.load(8, r1, r6, ELEMENTS).load(4, r2, r6, state.cursor).jump("eq", r1, r2, done);
    a.jump("gt", r1, last, done).add(r1, r6);
    a.load(4, r1, r1, DATA + segment.length)
      .rsh(r1, shift)
      .store(8, r6, number, r1);
    a.jump("eq", r1, 0, done).mov(r7, 0).label(loop);
    a.load(8, r1, r6, ELEMENTS).jump("gt", r1, last, done);
    a.mov(r2, r7).lsh(r2, shift).add(r1, r2).add(r1, r6);
    a.load(r.word, r3, r1, DATA + segment.bytes).load(r.word, r2, r1, DATA + segment.bytes + r.word);
    const within = a.fresh("within");
    a.load(8, r1, r6, left).jump("le", r2, r1, within).mov(r2, r1).label(within);
    a.sub(r1, r2).store(8, r6, left, r1);
    a.jump("lt", r3, LOWEST, next).jump("eq", r2, 0, next).store(8, r6, state.address, r3);
    const fits = a.fresh("fits");
    a.jump("le", r2, r.each, fits).mov(r2, r.each).label(fits);
    this.copy(r.each, next, false);
    a.label(next).add(r7, 1).jump("ge", r7, r.most, done);
    a.load(8, r1, r6, number).jump("lt", r7, r1, loop);
    a.label(done);
  }

  private strings(r: Extract<Read, { op: "strings" }>): void {
    const { a } = this;
    const done = a.fresh("done");
    const loop = a.fresh("loop");
    const next = a.fresh("next");
    this.address(r3, r.at, done);
    a.store(8, r6, VECTOR, r3);
    a.mov(r7, 0).label(loop);
    a.store(8, r6, ELEMENTS, 0).mov(r1, r6).add(r1, ELEMENTS).mov(r2, r.word);
    a.mov(r3, r7).alu("mul", r3, r.word).load(8, r0, r6, VECTOR).add(r3, r0);
    a.call("probe_read_user").jump("ne", r0, 0, done);
    a.load(8, r3, r6, ELEMENTS).jump("eq", r3, 0, done).store(8, r6, state.address, r3);
    this.copyString(r.each, next);
    a.label(next).add(r7, 1).jump("lt", r7, r.most, loop);
    a.label(done);
  }
}
