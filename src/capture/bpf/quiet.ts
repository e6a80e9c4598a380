/** Reader's side of groups that can be quiet: see programs/quiet.ts. */
import { type Abi, syscallName } from "../../abi/syscalls.ts";
import * as bpf from "../../kernel/bpf.ts";
import { possibleCpus } from "../../kernel/cpus.ts";
import { type Mapping, mapShared, unmap } from "../../kernel/memory.ts";
import { tickLength } from "../../kernel/scheduling.ts";
import type { FlightCall, Groups, QuietCounts } from "../engine.ts";
import * as L from "./layout.ts";
import type { Kernel } from "./loader.ts";
import type { QuietMaps } from "./programs/index.ts";
import { WORD, wide } from "./words.ts";

const ABI: Abi = "x86_64";
const array = { type: bpf.mapTypes.array, keySize: 4, flags: bpf.MMAPABLE };
const pages = (bytes: number): number => (bytes + 4095) & ~4095;

const FEWEST_SLOTS = 1024;
/** A call that is slower than the threshold takes at least so many ticks where calls may go untimed: it is noticed. */
const TICKS = 2;

/** Throws SysError. */
export function createQuietMaps(kernel: Kernel): QuietMaps {
  // many small values: before Linux 6.0 one has at most 4 MiB
  const map = (name: string, valueSize: number, maxEntries: number) =>
    kernel.map({ ...array, name, valueSize, maxEntries });
  const cpus = possibleCpus();
  const slots = Math.max(FEWEST_SLOTS, 2 ** Math.floor(Math.log2(L.FLIGHT_SLOTS / cpus)));
  return {
    slots,
    groups: map("svtrace_quiet", L.GROUPS * L.quiet.bytes, 1),
    counts: map("svtrace_calls", L.COUNTED_CALLS * L.counts.bytes, L.GROUPS),
    flight: map("svtrace_flight", L.flight.slots + slots * L.flight.bytes, cpus),
  };
}

export class QuietGroups implements Groups {
  private readonly mappings: Mapping[] = [];
  private readonly groups: BigUint64Array;
  private readonly tick = tickLength();
  private readonly counts: Uint32Array;
  private readonly flight: Uint32Array;
  /** What had been counted when it was last taken, by group: errors, total, untimed and buckets of each number. */
  private readonly taken = new Map<number, Float64Array>();
  private readonly buckets = new Uint32Array(L.BUCKETS);
  private readonly free: number[] = [];

  constructor(private readonly maps: QuietMaps) {
    for (let g = L.GROUPS - 1; g > 0; g--) this.free.push(g);
    try {
      this.groups = new BigUint64Array(this.view(maps.groups));
      this.counts = new Uint32Array(this.view(maps.counts));
      this.flight = new Uint32Array(this.view(maps.flight));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  private view(map: bpf.BpfMap): ArrayBuffer {
    const mapping = mapShared(map.fd, pages(map.maxEntries * map.valueSize), 0, true);
    this.mappings.push(mapping);
    return mapping.buffer;
  }

  allocate(): number {
    return this.free.pop() ?? 0;
  }

  release(group: number): void {
    if (group <= 0) return;
    this.setThreshold(group, 0);
    this.taken.delete(group);
    const words = (L.COUNTED_CALLS * L.counts.bytes) / 4;
    this.counts.fill(0, group * words, (group + 1) * words);
    this.free.push(group);
  }

  setThreshold(group: number, ns: number): void {
    if (group <= 0) return;
    const tick = ns >= TICKS * this.tick ? this.tick : 0;
    Atomics.store(this.groups, (group * L.quiet.bytes + L.quiet.tick) / 8, BigInt(tick));
    Atomics.store(this.groups, (group * L.quiet.bytes + L.quiet.threshold) / 8, BigInt(Math.round(ns)));
  }

  take(group: number, visit: (counts: QuietCounts) => void): void {
    if (group <= 0) return;
    const perCall = 3 + L.BUCKETS;
    let before = this.taken.get(group);
    if (!before) {
      before = new Float64Array(L.COUNTED_CALLS * perCall);
      this.taken.set(group, before);
    }
    const { counts: w, buckets } = this;
    for (let nr = 0; nr < L.COUNTED_CALLS; nr++) {
      const at = ((group * L.COUNTED_CALLS + nr) * L.counts.bytes) >>> 2;
      const old = nr * perCall;
      const total = wide(w, at + (L.counts.total >>> 2));
      const untimed = w[at + (L.counts.untimed >>> 2)];
      // no call that is timed takes no time
      if (total === before[old + 1] && untimed === before[old + 2]) continue;
      let calls = untimed - before[old + 2];
      for (let b = 0; b < L.BUCKETS; b++) {
        // they wrap around
        buckets[b] = w[at + (L.counts.buckets >>> 2) + b] - before[old + 3 + b];
        calls += buckets[b];
      }
      // one that was timed came to stand for some that have been told of
      if (calls <= 0) continue;
      for (let b = 0; b < L.BUCKETS; b++) before[old + 3 + b] += buckets[b];
      before[old + 2] = untimed;
      const errors = wide(w, at + (L.counts.errors >>> 2));
      const longest = wide(w, at + (L.counts.longest >>> 2));
      w[at + (L.counts.longest >>> 2)] = 0;
      w[at + (L.counts.longest >>> 2) + 1] = 0;
      const found = {
        name: syscallName(ABI, nr) ?? `syscall_0x${nr.toString(16)}`,
        calls,
        errors: errors - before[old],
        total: total - before[old + 1],
        longest,
        buckets,
      };
      before[old] = errors;
      before[old + 1] = total;
      visit(found);
    }
  }

  recent(since: number, visit: (call: FlightCall) => void): void {
    const { maxEntries, valueSize } = this.maps.flight;
    const calls: FlightCall[] = [];
    for (let cpu = 0; cpu < maxEntries; cpu++) this.noted((cpu * valueSize) >>> 2, since, calls);
    calls.sort((a, b) => a.exit - b.exit);
    for (const call of calls) visit(call);
  }

  /** Adds the calls in the ring at `start` that ended at `since` or later. */
  private noted(start: number, since: number, calls: FlightCall[]): void {
    const { flight: w } = this;
    const { slots } = this.maps;
    const next = wide(w, start + (L.flight.next >>> 2));
    const at = (n: number) => start + ((L.flight.slots + (n % slots) * L.flight.bytes) >>> 2);
    const timeAt = (n: number) => wide(w, at(n) + (L.flight.time >>> 2));
    /** When the last call that was timed ended, and how many have come since. */
    let before = 0;
    let waiting = 0;
    for (let n = Math.max(0, next - slots); n <= next; n++) {
      if (n < next && w[at(n) + (L.flight.duration >>> 2)] === 0) {
        waiting++;
        continue;
      }
      const time = n < next ? timeAt(n) : Number.POSITIVE_INFINITY;
      if (waiting > 0) {
        // they lie between those that were timed, each within a tick after one of its task
        const from = Math.max(before, timeAt(n - waiting));
        const step = (Math.min(time, timeAt(n - 1) + this.tick) - from) / (waiting + 1);
        for (let i = 1; i <= waiting; i++) {
          const exit = from + i * step;
          if (exit >= since) calls.push(this.callAt(at(n - 1 - waiting + i), exit));
        }
        waiting = 0;
      }
      if (n < next && time >= since) calls.push(this.callAt(at(n), time));
      before = time;
    }
  }

  private callAt(at: number, exit: number): FlightCall {
    const { flight: w } = this;
    const nr = w[at + (L.flight.nr >>> 2)];
    const args = at + (L.flight.args >>> 2);
    return {
      exit,
      duration: wide(w, at + (L.flight.duration >>> 2)),
      tid: w[at + (L.flight.tid >>> 2)],
      name: syscallName(ABI, nr) ?? `syscall_0x${nr.toString(16)}`,
      ret: w[at + (L.flight.ret >>> 2)] + (w[at + (L.flight.ret >>> 2) + 1] | 0) * WORD,
      args: [wide(w, args), wide(w, args + 2), wide(w, args + 4)],
    };
  }

  close(): void {
    for (const m of this.mappings) unmap(m);
  }
}
