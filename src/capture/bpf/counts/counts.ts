/** Calls counted in the kernel: what the bpf engine runs instead of sending records, and how the counts are read. */
import { textOf } from "../../../base/bytes.ts";
import { BUCKETS } from "../../../base/histogram.ts";
import * as bpf from "../../../kernel/bpf.ts";
import { possibleCpus } from "../../../kernel/cpus.ts";
import { tickLength } from "../../../kernel/scheduling.ts";
import type { Assembler } from "../asm.ts";
import { type Kernel, zero } from "../loader.ts";
import { fillTables, type Wanted } from "../numbers.ts";
import type { CountedMaps, Environment } from "../programs/common.ts";
import { wide } from "../words.ts";
import * as C from "./layout.ts";
import { type CountMaps, countEnter, countExit, type KeyParts } from "./programs.ts";

/** Counts of one key since the beginning; times in ns. */
export interface CountRow {
  /** What the key does not have is 0 or "". */
  readonly pid: number;
  /** -1: the calls are about no descriptor. */
  readonly fd: number;
  readonly comm: string;
  readonly call: string;
  readonly calls: number;
  readonly errors: number;
  readonly total: number;
  readonly cpu: number;
  readonly blocked: number;
  readonly min: number;
  readonly max: number;
  /** See base/histogram.ts. */
  readonly buckets: Float64Array;
}

/** Counts of each CPU take no more than this; else all CPUs add to the same. */
const MOST_BYTES = 1 << 26;
const OTHER = "(unknown)";

export class Counts {
  /** Names of calls by number, the same for all ABIs. */
  private readonly names: string[] = [OTHER];
  private readonly numbers = new Map([[OTHER, 0]]);
  private maps: CountMaps | undefined;
  /** What the programs look calls up in. */
  tables: Uint16Array = new Uint16Array(0);
  /** Where not every call is timed. */
  sampled: CountedMaps | undefined;
  private values = new Uint32Array(0);

  /** `by` undefined: by call alone, which is cheapest. */
  constructor(private readonly by?: KeyParts) {}

  /** For the programs' tables: the name's number, and which argument is a descriptor, from 1. */
  private fill(wanted: Wanted): Uint16Array {
    return fillTables(wanted, (tables, at, _abi, name, descriptor) => {
      if (name === undefined) return;
      tables[at] = this.number(name);
      tables[at + 1] = (descriptor?.args.findIndex((a) => a.type.kind === "fd") ?? -1) + 1;
    });
  }

  private number(name: string): number {
    let n = this.numbers.get(name);
    if (n === undefined) {
      n = this.names.length;
      this.numbers.set(name, n);
      this.names.push(name);
    }
    return n;
  }

  /** Makes the maps. `sampling`: not every call has to be timed. Throws SysError. */
  prepare(wanted: Wanted, kernel: Kernel, sampling: boolean): void {
    this.tables = this.fill(wanted);
    const one = { type: bpf.mapTypes.array, keySize: 4, maxEntries: 1 };
    const over = kernel.map({ ...one, name: "svtrace_over", valueSize: 8 });
    if (this.by) {
      const map = kernel.map({
        name: "svtrace_keys",
        type: bpf.mapTypes.hash,
        keySize: C.key.bytes,
        valueSize: C.count.bytes,
        maxEntries: C.KEYS,
      });
      const empty = kernel.map({ ...one, name: "svtrace_empty", valueSize: C.count.bytes });
      this.maps = { keys: { map, empty, by: this.by }, over };
      this.values = new Uint32Array(C.count.bytes / 4);
    } else {
      const size = this.names.length;
      const bytes = size * C.count.bytes;
      const all = possibleCpus();
      const cpus = all * bytes <= MOST_BYTES ? all : undefined;
      // Linux before 6.0 has no values of more than 4 MiB
      const map = kernel.map({ ...one, name: "svtrace_calls", valueSize: bytes, maxEntries: cpus ?? 1 });
      this.maps = { calls: { map, size, cpus }, over };
      if (sampling && cpus !== undefined) {
        const marks = { ...one, name: "svtrace_marks", valueSize: C.mark.bytes, maxEntries: cpus };
        this.sampled = { marks: kernel.map(marks), calls: { map, size }, tick: tickLength() };
      }
      this.values = new Uint32Array(((cpus ?? 1) * bytes) / 4);
    }
  }

  /** sys_exit and sys_enter. Throws SysError. */
  programs(e: Environment): readonly Assembler[] {
    const maps = this.maps!;
    return [countExit(e, maps), countEnter(e, maps)];
  }

  /** Everything counted so far; empty once the engine has let go. Throws SysError. */
  rows(): CountRow[] {
    const { maps, values } = this;
    if (!maps) return [];
    if (maps.calls) {
      const each = C.count.bytes / 4;
      const words = maps.calls.size * each;
      for (let cpu = 0; cpu < (maps.calls.cpus ?? 1); cpu++)
        bpf.lookup(maps.calls.map, Uint32Array.of(cpu), values.subarray(cpu * words, (cpu + 1) * words));
      unite(new BigUint64Array(values.buffer), maps.calls.size);
      return this.names
        .map((call, i) => row({ pid: 0, fd: -1, comm: "", call }, values.subarray(i * each, (i + 1) * each)))
        .filter((r) => r.calls > 0);
    }
    return this.keys().flatMap((key) => {
      if (!bpf.lookup(maps.keys!.map, key, values)) return [];
      const r = row(this.idOf(key), values);
      return r.calls > 0 ? [r] : [];
    });
  }

  private keys(): Uint8Array[] {
    const { map } = this.maps!.keys!;
    const found: Uint8Array[] = [];
    let last: Uint8Array | undefined;
    // a key that is removed meanwhile would start the walk anew
    while (found.length < 2 * C.KEYS) {
      const next = new Uint8Array(C.key.bytes);
      if (!bpf.nextKey(map, last, next)) break;
      found.push(next);
      last = next;
    }
    return found;
  }

  private idOf(key: Uint8Array): Pick<CountRow, "pid" | "fd" | "comm" | "call"> {
    const view = new DataView(key.buffer);
    const comm = key.subarray(C.key.comm, C.key.comm + 16);
    const end = comm.indexOf(0);
    return {
      pid: view.getUint32(C.key.pid, true),
      fd: this.by!.fd ? view.getInt32(C.key.fd, true) : -1,
      comm: textOf(end < 0 ? comm : comm.subarray(0, end)),
      call: this.by!.call ? (this.names[view.getUint32(C.key.call, true)] ?? OTHER) : "",
    };
  }

  /** Forgets keys of processes that are gone. */
  forget(isGone: (pid: number) => boolean): void {
    if (!this.maps?.keys) return;
    for (const key of this.keys())
      if (isGone(new DataView(key.buffer).getUint32(C.key.pid, true))) bpf.remove(this.maps.keys.map, key);
  }

  /** Calls that were not counted because there was no room for their key. */
  get over(): number {
    const value = new BigUint64Array(1);
    if (this.maps) bpf.lookup(this.maps.over, zero, value);
    return Number(value[0]);
  }
}

/** `v`: counts as the kernel has them, in 32-bit halves. */
function row(id: Pick<CountRow, "pid" | "fd" | "comm" | "call">, v: Uint32Array): CountRow {
  const at = (offset: number): number => wide(v, offset / 4);
  const buckets = new Float64Array(BUCKETS);
  let calls = at(C.count.untimed);
  for (let i = 0, p = C.count.buckets / 4; i < BUCKETS; i++, p += 2) {
    const n = wide(v, p);
    buckets[i] = n;
    calls += n;
  }
  return {
    ...id,
    calls,
    errors: at(C.count.errors),
    total: at(C.count.total),
    cpu: Math.max(0, at(C.count.total) - at(C.count.away)),
    blocked: at(C.count.blocked),
    min: calls > 0 ? shortest(v[C.count.min / 4], v[C.count.min / 4 + 1]) : 0,
    max: at(C.count.max),
    buckets,
  };
}

/** Adds the counts of all CPUs to those of the first. */
function unite(all: BigUint64Array, size: number): void {
  const words = C.count.bytes / 8;
  for (let i = size * words; i < all.length; i++) {
    if (all[i] === 0n) continue;
    const to = i % (size * words);
    const at = (to % words) * 8;
    if (at !== C.count.max && at !== C.count.min) all[to] += all[i];
    else if (all[to] < all[i]) all[to] = all[i];
  }
}

/** The halves hold LARGEST less the shortest, which a double cannot. */
function shortest(lo: number, hi: number): number {
  return Number(BigInt(C.LARGEST) - ((BigInt(hi) << 32n) | BigInt(lo)));
}
