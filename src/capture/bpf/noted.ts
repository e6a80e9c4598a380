/**
 * Reads the rings in which the kernel notes quiet calls, one a CPU, and finds out when those ended that were not timed; and the
 * marks of calls that go untimed.
 */
import { syscallName } from "../../abi/syscalls.ts";
import { grouped } from "../../base/group.ts";
import { lowest } from "../../base/search.ts";
import type { FlightCall } from "../engine.ts";
import * as L from "./layout.ts";
import { WORD, wide } from "./words.ts";

/** Where the rings are in memory that the kernel writes meanwhile. */
export interface FlightRings {
  readonly words: Uint32Array;
  readonly cpus: number;
  /** Bytes of one ring, and how many slots it has. */
  readonly bytes: number;
  readonly slots: number;
  /** ns between ticks of the kernel's timer. */
  readonly tick: number;
}

interface Noted {
  call: FlightCall;
  /** It ended then or later: when it was timed, then; else its task's last call that was. */
  readonly lower: number;
}

const ARG_WORDS = 12;
const NOTED_WORDS = 6;
const word = (bytes: number): number => bytes >>> 2;
const SLOT = word(L.slot.bytes);
const HALF = 0xffff;

/**
 * Calls of a group that ended at `since` (ns) or later, oldest first; those of one thread do not overlap. `now`: ns. The rings are
 * copied at once; what the copies hold is found out when the function returned is called.
 */
export function notedCalls(
  rings: FlightRings,
  group: number,
  since: number,
  now: number,
): () => FlightCall[] {
  const copies = Array.from({ length: rings.cpus }, (_, cpu) => copyRing(rings, cpu, since));
  return () => callsIn(copies, rings.tick, group, since, now);
}

function callsIn(
  copies: readonly Uint32Array[],
  tick: number,
  group: number,
  since: number,
  now: number,
): FlightCall[] {
  const noted: Noted[] = [];
  for (const copy of copies) readSlots(copy, tick, group, since, noted);
  const timed = timedCalls(noted);
  for (const one of noted) {
    if (one.call.duration > 0) continue;
    // before the next call of its thread that was timed began
    const later = timed.get(one.call.tid) ?? [];
    const next = later[lowest(later.length, (i) => later[i].exit > one.lower)];
    const upper = next ? next.exit - next.duration : now;
    one.call = { ...one.call, exit: Math.max(one.lower, Math.min(one.call.exit, upper)) };
  }
  return noted
    .map((n) => n.call)
    .filter((c) => c.exit >= since)
    .sort((a, b) => a.exit - b.exit);
}

/** By thread, in order. */
function timedCalls(noted: readonly Noted[]): Map<number, FlightCall[]> {
  const timed = noted.map((n) => n.call).filter((c) => c.duration > 0);
  const byTid = grouped(timed, (c) => c.tid);
  for (const calls of byTid.values()) calls.sort((a, b) => a.exit - b.exit);
  return byTid;
}

const groupAt = (words: Uint32Array, at: number): number =>
  words[at + word(L.slot.nr)] >>> (8 * (L.slot.group - L.slot.nr));
const timeAt = (words: Uint32Array, at: number): number => wide(words, at + word(L.slot.time));
/** A call that took more than 4 s is timed, too. */
const isTimed = (words: Uint32Array, at: number): boolean =>
  words[at + word(L.slot.duration)] !== 0 || words[at + word(L.slot.duration) + 1] !== 0;

/** The slots of the ring of a CPU, one behind the other, but for calls of which it is certain that they ended before `since`. */
function copyRing(rings: FlightRings, cpu: number, since: number): Uint32Array {
  const { words, slots } = rings;
  const start = word(cpu * rings.bytes);
  const written = () => wide(words, start + word(L.flight.next));
  const next = written();
  // those that are still staged
  const staged = next - (next % L.STAGED);
  const at = (n: number) =>
    n < staged
      ? start + word(L.flight.slots) + (n % slots) * SLOT
      : start + word(L.flight.stage) + (n % L.STAGED) * SLOT;
  const oldest = Math.max(0, staged + L.STAGED - slots);
  // what ended before a call that is too old is too old
  let first = Math.max(oldest, next - 1);
  while (first > oldest && !(isTimed(words, at(first)) && timeAt(words, at(first)) < since)) first--;
  const copy = new Uint32Array((next - first) * SLOT);
  for (let n = first; n < next; n++) copy.set(words.subarray(at(n), at(n) + SLOT), (n - first) * SLOT);
  // what has been written over meanwhile, or is being, is not what it was
  const now = written();
  const whole = now - (now % L.STAGED) + L.STAGED - slots;
  let end = 0;
  for (let n = first; n < next; n++) {
    if (n < staged ? n < whole : n <= now - L.STAGED) continue;
    copy.copyWithin(end, (n - first) * SLOT, (n - first + 1) * SLOT);
    end += SLOT;
  }
  return copy.subarray(0, end);
}

/**
 * Adds the calls of a group in these slots of one CPU. Those that were not timed lie between those before and after them that
 * were, at most a tick after their thread's last: they are spread evenly.
 */
function readSlots(words: Uint32Array, tick: number, group: number, since: number, to: Noted[]): void {
  const add = (at: number, exit: number) => {
    if (exit >= since && groupAt(words, at) === group)
      to.push({ call: callAt(words, at, exit), lower: timeAt(words, at) });
  };
  /** When the last call ended that was timed, and how many have come since that were not. */
  let before = 0;
  let waiting = 0;
  for (let at = 0; at <= words.length; at += SLOT) {
    const last = at === words.length;
    if (!last && !isTimed(words, at)) {
      waiting++;
      continue;
    }
    const time = last ? Number.POSITIVE_INFINITY : timeAt(words, at);
    if (waiting > 0) {
      const from = Math.max(before, timeAt(words, at - waiting * SLOT));
      const step = Math.max(0, Math.min(time, timeAt(words, at - SLOT) + tick) - from) / (waiting + 1);
      for (let i = 1; i <= waiting; i++) add(at - (waiting - i + 1) * SLOT, from + i * step);
      waiting = 0;
    }
    if (!last) add(at, time);
    before = time;
  }
}

function callAt(words: Uint32Array, at: number, exit: number): FlightCall {
  const nr = words[at + word(L.slot.nr)] & HALF;
  const args = at + word(L.slot.args);
  return {
    exit,
    duration: wide(words, at + word(L.slot.duration)),
    tid: words[at + word(L.slot.tid)],
    name: syscallName("x86_64", nr) ?? `syscall_0x${nr.toString(16)}`,
    ret: words[at + word(L.slot.ret)] + (words[at + word(L.slot.ret) + 1] | 0) * WORD,
    args: words.slice(args, args + NOTED_WORDS),
  };
}

/** A call on its CPU that goes untimed: `began` is when its task's last one ended that was timed (ns). */
export interface PassingCall {
  readonly nr: number;
  readonly began: number;
  /** Words of its six arguments. */
  readonly args: Uint32Array;
}

/** Such calls, by thread. */
export function passingCalls(rings: FlightRings): Map<number, PassingCall> {
  const { words } = rings;
  const passing = new Map<number, PassingCall>();
  for (let cpu = 0; cpu < rings.cpus; cpu++) {
    const start = word(cpu * rings.bytes);
    const head = () => [L.mark.nr, L.mark.tid, L.flight.next].map((at) => words[start + word(at)]);
    const [nr, tid, next] = head();
    if (nr === 0) continue;
    const args = words.slice(start + word(L.mark.args), start + word(L.mark.args) + ARG_WORDS);
    const call = { nr: nr - 1, began: wide(words, start + word(L.mark.time)), args };
    // the kernel writes it meanwhile
    const [sameNr, sameTid, sameNext] = head();
    if (nr === sameNr && tid === sameTid && next === sameNext) passing.set(tid, call);
  }
  return passing;
}
