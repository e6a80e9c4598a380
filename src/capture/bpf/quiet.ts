/** Reader's side of groups that can be quiet: see programs/quiet.ts. */
import { type Abi, syscallName } from "../../abi/syscalls.ts";
import * as bpf from "../../kernel/bpf.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import { possibleCpus } from "../../kernel/cpus.ts";
import { type Mapping, mapShared, unmap } from "../../kernel/memory.ts";
import { tickLength } from "../../kernel/scheduling.ts";
import type { FlightCall, Groups, QuietCounts } from "../engine.ts";
import * as L from "./layout.ts";
import type { Kernel } from "./loader.ts";
import { type FlightRings, notedCalls, type PassingCall, passingCalls } from "./noted.ts";
import type { QuietMaps } from "./programs/index.ts";
import { wide } from "./words.ts";

const ABI: Abi = "x86_64";
const array = { type: bpf.mapTypes.array, keySize: 4, flags: bpf.MMAPABLE };
const pages = (bytes: number): number => (bytes + 4095) & ~4095;

const FEWEST_SLOTS = 1024;
/** Looks at counts that change meanwhile. */
const TRIES = 4;

/** Throws SysError. */
export function createQuietMaps(kernel: Kernel): QuietMaps {
  // many small values: before Linux 6.0 one has at most 4 MiB
  const map = (name: string, valueSize: number, maxEntries: number) =>
    kernel.map({ ...array, name, valueSize, maxEntries });
  const cpus = possibleCpus();
  const slots = Math.max(FEWEST_SLOTS, 2 ** Math.floor(Math.log2(L.FLIGHT_SLOTS / cpus)));
  return {
    slots,
    tick: tickLength(),
    groups: map("svtrace_quiet", L.GROUPS * L.quiet.bytes, 1),
    counts: map("svtrace_calls", L.COUNTED_CALLS * L.counts.bytes, L.GROUPS),
    flight: map("svtrace_flight", L.flight.slots + slots * L.slot.bytes, cpus),
  };
}

export class QuietGroups implements Groups {
  private readonly mappings: Mapping[] = [];
  private readonly groups: BigUint64Array;
  private readonly counted: Uint32Array;
  private readonly flight: Uint32Array;
  /** What had been counted when it was last taken, by group: errors, total, untimed and buckets of each number. */
  private readonly taken = new Map<number, Float64Array>();
  private readonly buckets = new Uint32Array(L.BUCKETS);
  private readonly free: number[] = [];
  /** The kernel's maps are not in our memory any more; who still asks gets nothing. */
  private closed = false;

  constructor(private readonly maps: QuietMaps) {
    for (let g = 1; g < L.GROUPS; g++) this.free.push(g);
    try {
      this.groups = new BigUint64Array(this.view(maps.groups));
      this.counted = new Uint32Array(this.view(maps.counts));
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
    // the one that has been free longest
    return this.free.shift() ?? 0;
  }

  release(group: number): void {
    if (group <= 0 || this.closed) return;
    this.setThreshold(group, 0);
    this.taken.delete(group);
    const words = (L.COUNTED_CALLS * L.counts.bytes) / 4;
    this.counted.fill(0, group * words, (group + 1) * words);
    this.free.push(group);
  }

  setThreshold(group: number, ns: number): void {
    if (group <= 0 || this.closed) return;
    // calls that ticks do not tell are faster than the threshold
    const sparing = ns >= L.TOLD_TICKS * this.maps.tick;
    const set = (field: number, value: number) =>
      Atomics.store(this.groups, (group * L.quiet.bytes + field) / 8, BigInt(Math.round(value)));
    // no call may go untimed whose time is asked for
    if (!sparing) set(L.quiet.sparing, 0);
    set(L.quiet.threshold, ns);
    if (sparing) set(L.quiet.sparing, 1);
  }

  counts(abi: Abi, nr: number): boolean {
    return abi === ABI && nr < L.COUNTED_CALLS;
  }

  take(group: number, visit: (counts: QuietCounts) => void): void {
    if (group <= 0 || this.closed) return;
    const perCall = 3 + L.BUCKETS;
    let before = this.taken.get(group);
    if (!before) {
      before = new Float64Array(L.COUNTED_CALLS * perCall);
      this.taken.set(group, before);
    }
    const { counted: w, buckets } = this;
    for (let nr = 0; nr < L.COUNTED_CALLS; nr++) {
      const at = ((group * L.COUNTED_CALLS + nr) * L.counts.bytes) >>> 2;
      const old = nr * perCall;
      const total = wide(w, at + (L.counts.total >>> 2));
      let untimed = w[at + (L.counts.untimed >>> 2)];
      // no call that is timed takes no time
      if (total === before[old + 1] && untimed === before[old + 2]) continue;
      let calls = 0;
      for (let tries = 0; tries < TRIES; tries++) {
        calls = untimed - before[old + 2];
        for (let b = 0; b < L.BUCKETS; b++) {
          // they wrap around
          buckets[b] = w[at + (L.counts.buckets >>> 2) + b] - before[old + 3 + b];
          calls += buckets[b];
        }
        const again = w[at + (L.counts.untimed >>> 2)];
        if (again >= untimed) break;
        // one that was timed came to stand for them meanwhile: they would be counted twice
        untimed = again;
      }
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

  recent(group: number, since: number): () => FlightCall[] {
    return this.closed ? () => [] : notedCalls(this.rings, group, since, monotonicNow());
  }

  /** Calls that go untimed, by thread: of those its state says nothing. */
  get passing(): ReadonlyMap<number, PassingCall> {
    return this.closed ? new Map() : passingCalls(this.rings);
  }

  private get rings(): FlightRings {
    const { flight, slots, tick } = this.maps;
    return { words: this.flight, cpus: flight.maxEntries, bytes: flight.valueSize, slots, tick };
  }

  close(): void {
    this.closed = true;
    for (const m of this.mappings.splice(0)) unmap(m);
  }
}
