/** Reader's side of groups that can be quiet: see programs/quiet.ts. */
import { type Abi, syscallName } from "../../abi/syscalls.ts";
import * as bpf from "../../kernel/bpf.ts";
import { possibleCpus } from "../../kernel/cpus.ts";
import { type Mapping, mapShared, unmap } from "../../kernel/memory.ts";
import type { FlightCall, Groups, QuietCounts } from "../engine.ts";
import * as L from "./layout.ts";
import type { Kernel } from "./loader.ts";
import type { QuietMaps } from "./programs/index.ts";
import { WORD, wide } from "./words.ts";

const ABI: Abi = "x86_64";
const array = { type: bpf.mapTypes.array, keySize: 4, flags: bpf.MMAPABLE };
const pages = (bytes: number): number => (bytes + 4095) & ~4095;

const FEWEST_SLOTS = 1024;

/** Throws SysError. */
export function createQuietMaps(kernel: Kernel): QuietMaps {
  // many small values: before Linux 6.0 one has at most 4 MiB
  const map = (name: string, valueSize: number, maxEntries: number) =>
    kernel.map({ ...array, name, valueSize, maxEntries });
  const cpus = possibleCpus();
  const slots = Math.max(FEWEST_SLOTS, 2 ** Math.floor(Math.log2(L.FLIGHT_SLOTS / cpus)));
  return {
    slots,
    thresholds: map("svtrace_quiet", L.GROUPS * 8, 1),
    counts: map("svtrace_calls", L.COUNTED_CALLS * L.counts.bytes, L.GROUPS),
    flight: map("svtrace_flight", L.flight.slots + slots * L.flight.bytes, cpus),
  };
}

export class QuietGroups implements Groups {
  private readonly mappings: Mapping[] = [];
  private readonly thresholds: BigUint64Array;
  private readonly counts: Uint32Array;
  private readonly flight: Uint32Array;
  /** What had been counted when it was last taken, by group: calls, errors, total and buckets of each number. */
  private readonly taken = new Map<number, Float64Array>();
  private readonly buckets = new Uint32Array(L.BUCKETS);
  private readonly free: number[] = [];

  constructor(private readonly maps: QuietMaps) {
    for (let g = L.GROUPS - 1; g > 0; g--) this.free.push(g);
    try {
      this.thresholds = new BigUint64Array(this.view(maps.thresholds));
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
    if (group > 0) Atomics.store(this.thresholds, group, BigInt(Math.round(ns)));
  }

  take(group: number, visit: (counts: QuietCounts) => void): void {
    if (group <= 0) return;
    const perCall = 2 + L.BUCKETS;
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
      // no call takes no time
      if (total === before[old + 1]) continue;
      let calls = 0;
      for (let b = 0; b < L.BUCKETS; b++) {
        const n = w[at + (L.counts.buckets >>> 2) + b];
        // they wrap around
        buckets[b] = n - before[old + 2 + b];
        calls += buckets[b];
        before[old + 2 + b] = n;
      }
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
    for (let n = Math.max(0, next - slots); n < next; n++) {
      const at = start + ((L.flight.slots + (n % slots) * L.flight.bytes) >>> 2);
      const time = wide(w, at + (L.flight.time >>> 2));
      if (time < since) continue;
      const nr = w[at + (L.flight.nr >>> 2)];
      const ret = w[at + (L.flight.ret >>> 2)] + (w[at + (L.flight.ret >>> 2) + 1] | 0) * WORD;
      const args = at + (L.flight.args >>> 2);
      calls.push({
        exit: time,
        duration: wide(w, at + (L.flight.duration >>> 2)),
        tid: w[at + (L.flight.tid >>> 2)],
        name: syscallName(ABI, nr) ?? `syscall_0x${nr.toString(16)}`,
        ret,
        args: [wide(w, args), wide(w, args + 2), wide(w, args + 4)],
      });
    }
  }

  close(): void {
    for (const m of this.mappings) unmap(m);
  }
}
