/**
 * Calls as strace text by way of the decoder. Programs make the same calls again and again, and decoding costs several
 * times what everything else does: texts are remembered by number, arguments, and the memory that decoding looked at.
 */
import type { Call, Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import { Decoder } from "../decode/call.ts";
import { defaultOptions } from "../decode/options.ts";
import { returnText } from "../render/returns.ts";
import type { TextSettings } from "../render/settings.ts";
import { TextSink } from "../render/text-sink.ts";
import type { CallText, Entry, Result } from "./text.ts";
import { Text } from "./texts.ts";
import { type Seen, same, WatchedMemory } from "./watched-memory.ts";

/** Bytes of a string that are kept: enough for the name in a DNS query. */
export const STRING_LIMIT = 96;
const MAX_TEXT = 8192;
/** Slots of the memory, a power of two, and results remembered in each. */
const SLOTS = 4096;
const RESULTS = 4;
/** After this many changes of memory under the same arguments a slot is not used any more. */
const FICKLE = 8;

/** Kinds of arguments that are shown as decimal numbers when nothing else is known. */
const SIGNED = new Set(["int", "fd", "dirfd", "pid", "signal", "errno"]);
const UNSIGNED = new Set(["uint", "uid", "gid"]);
const LONG = new Set(["long", "time"]);
const AT_FDCWD = -100;

class KnownResult implements Result {
  readonly args: Text;
  readonly ret: Text;
  private readonly lo: number;
  private readonly hi: number;
  private readonly error: number;

  constructor(
    { args, ret }: Result,
    call: Call,
    readonly seen: readonly Seen[],
  ) {
    this.args = args;
    this.ret = ret;
    this.lo = call.retLo;
    this.hi = call.retHi;
    this.error = call.error;
  }

  isOf(call: Call): boolean {
    return this.lo === call.retLo && this.hi === call.retHi && this.error === call.error;
  }
}

class Known implements Entry {
  changes = 0;
  readonly results: KnownResult[] = [];
  constructor(
    readonly nr: number,
    readonly abi: string,
    readonly words: Uint32Array,
    readonly args: Text,
    readonly complete: boolean,
    readonly saved: readonly number[],
    /** Undefined: not to be remembered. */
    readonly seen: readonly Seen[] | undefined,
  ) {}

  isOf(call: Call): boolean {
    if (this.nr !== call.nr || this.abi !== call.abi) return false;
    const { words } = this;
    const { args } = call;
    for (let i = 0; i < 12; i++) if (words[i] !== args[i]) return false;
    return true;
  }
}

export class StraceText implements CallText {
  private readonly decode = { ...defaultOptions(), stringLimit: STRING_LIMIT };
  private readonly sink = new TextSink(this.decode);
  private readonly decoder = new Decoder(this.sink, this.decode);
  private readonly settings = { decode: this.decode } as TextSettings;
  private readonly watched = new WatchedMemory();
  private readonly known = new Array<Known | undefined>(SLOTS);
  private readonly bySlot: (Result | undefined)[] = [];

  enter(task: Task, memory: Memory): Entry {
    const { call } = task;
    const slot = slotOf(call);
    const known = this.known[slot];
    const again = known?.isOf(call) === true;
    if (again && known.seen && same(known.seen, memory)) {
      restore(call, known.saved);
      return known;
    }
    const fickle = again && known.changes >= FICKLE;
    const entry = fickle ? this.decodeEntry(task, memory, undefined) : this.watchEntry(task, memory);
    if (fickle) return entry;
    entry.changes = again ? known.changes + 1 : 0;
    this.known[slot] = entry;
    return entry;
  }

  exit(task: Task, memory: Memory, entry: Entry): Result {
    const known = entry instanceof Known && entry.seen ? entry : undefined;
    const { call } = task;
    if (known) {
      for (const r of known.results) if (r.isOf(call) && same(r.seen, memory)) return r;
    }
    if (!known || known.results.length >= RESULTS) return this.decodeResult(task, memory, entry);
    this.watched.watch(memory);
    const result = this.decodeResult(task, this.watched, entry);
    const seen = this.watched.seen();
    if (seen) known.results.push(new KnownResult(result, call, seen));
    return result;
  }

  whole(task: Task, atEntry: Memory, atExit: Memory): Result {
    const { slot, fresh } = task.call;
    if (slot < 0) return this.exit(task, atExit, this.enter(task, atEntry));
    const known = fresh ? undefined : this.bySlot[slot];
    if (known) return known;
    const result = this.exit(task, atExit, this.enter(task, atEntry));
    this.bySlot[slot] = result;
    return result;
  }

  forget(slot: number): void {
    if (slot >= 0) this.bySlot[slot] = undefined;
  }

  numbers(task: Task, known: number): Result {
    const { args, descriptor } = task.call;
    const types = descriptor?.args ?? [];
    const shown: string[] = [];
    for (let i = 0; i < Math.min(known, descriptor ? types.length : known); i++)
      shown.push(this.plain(types[i]?.type.kind ?? "", args[2 * i], args[2 * i + 1]));
    if (types.length > known) shown.push("...");
    return { args: new Text(shown.join(", ")), ret: new Text(returnText(task, this.settings)) };
  }

  private plain(kind: string, lo: number, hi: number): string {
    const { sink } = this;
    sink.line = "";
    if (kind === "dirfd" && (lo | 0) === AT_FDCWD) sink.word("AT_FDCWD");
    else if (SIGNED.has(kind)) sink.num(lo | 0);
    else if (UNSIGNED.has(kind)) sink.num(lo);
    else if (kind === "ulong") sink.ulong(lo, hi);
    else if (LONG.has(kind)) sink.long(lo, hi);
    else sink.hex(lo, hi);
    return sink.line;
  }

  siginfo(task: Task, info: DataView): string {
    this.sink.line = "";
    this.decoder.siginfo(task, noMemory, info);
    return this.sink.line;
  }

  private watchEntry(task: Task, memory: Memory): Known {
    this.watched.watch(memory);
    return this.decodeEntry(task, this.watched, this.watched);
  }

  private decodeEntry(task: Task, memory: Memory, watched: WatchedMemory | undefined): Known {
    const { sink } = this;
    const { call } = task;
    sink.line = "";
    sink.begin();
    const complete = this.decoder.enter(task, memory);
    const text = complete || !sink.any ? sink.line : `${sink.line}, `;
    return new Known(
      call.nr,
      call.abi,
      call.args.slice(),
      new Text(complete ? bounded(text) : text),
      complete,
      call.saved.slice(),
      watched?.seen(),
    );
  }

  private decodeResult(task: Task, memory: Memory, entry: Entry): Result {
    const { sink } = this;
    sink.line = entry.args.text;
    sink.resume();
    if (!entry.complete) this.decoder.exitArgs(task, memory);
    const args = entry.complete ? entry.args : new Text(bounded(sink.line));
    const ret = returnText(task, this.settings);
    const aux = task.call.error === 0 ? this.decoder.aux(task, memory) : undefined;
    return { args, ret: new Text(aux === undefined ? ret : `${ret} (${aux})`) };
  }
}

function bounded(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text;
}

function restore(call: Call, saved: readonly number[]): void {
  if (call.saved.length > 0) call.saved.length = 0;
  for (let i = 0; i < saved.length; i++) call.saved.push(saved[i]);
}

function slotOf(call: Call): number {
  const { args } = call;
  // mixed first: the first argument is often a small number like the call's
  let h = Math.imul(call.nr + 1, 0x85ebca6b);
  for (let i = 0; i < 12; i++) h = Math.imul(h ^ args[i], 0x9e3779b1) ^ (h >>> 15);
  return (h ^ (h >>> 13)) & (SLOTS - 1);
}

/** A siginfo is complete in itself. */
const noMemory = undefined as unknown as Memory;
