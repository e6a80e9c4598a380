/** The rings that the programs write: one for all CPUs, and, where much is sent, a lane for the calls of each (layout.ts). */
import { SysError } from "../../base/errors.ts";
import * as bpf from "../../kernel/bpf.ts";
import { onlineCpus } from "../../kernel/cpus.ts";
import { type Mapping, mapShared, unmap } from "../../kernel/memory.ts";
import { Ring } from "../../kernel/ring.ts";
import { RingBuffer } from "../../kernel/ringbuf.ts";
import { lane, laneStride } from "./layout.ts";
import type { LaneMap } from "./programs/index.ts";

/** Bytes of all lanes, where that gives each of them no less than the least and no more than the most. */
const ALL_BYTES = 1 << 25;
const LEAST_BYTES = 1 << 20;
const MOST_BYTES = 1 << 24;
/** All take no more, however many CPUs there are; a program may add less than 2^29 to an address (BPF_MAX_VAR_OFF). */
const LIMIT_BYTES = 1 << 27;
const ENOMEM = 12;
const WORD = 4294967296;

/**
 * Lanes for the CPUs that run, as far as there is memory; the calls of others go where everything else does. Throws
 * SysError.
 */
export function createLanes(create: (spec: bpf.MapSpec) => bpf.BpfMap): LaneMap | undefined {
  const cpus = onlineCpus();
  const size = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, 2 ** Math.floor(Math.log2(ALL_BYTES / cpus))));
  const count = Math.min(cpus, Math.floor(LIMIT_BYTES / laneStride(size)));
  try {
    const map = create({
      name: "svtrace_lanes",
      type: bpf.mapTypes.array,
      keySize: 4,
      valueSize: count * laneStride(size),
      maxEntries: 1,
      flags: bpf.MMAPABLE,
    });
    return { map, count, size };
  } catch (error) {
    if (error instanceof SysError && error.errno === ENOMEM) return undefined;
    throw error;
  }
}

export class Rings {
  /** The one for all comes first. */
  readonly all: readonly Ring[];
  private readonly buffer: RingBuffer;
  private readonly mapping: Mapping | undefined;
  /** Where the lanes' counts of records are, as words of their memory. */
  private readonly counts: { readonly words: Uint32Array; readonly at: number }[] = [];

  /** Throws SysError. */
  constructor(events: bpf.BpfMap, lanes: LaneMap | undefined) {
    this.buffer = new RingBuffer(events);
    const all = [this.buffer.ring];
    this.all = all;
    if (!lanes) return;
    try {
      this.mapping = mapShared(lanes.map.fd, lanes.map.valueSize, 0, true);
    } catch (error) {
      this.buffer.close();
      throw error;
    }
    const { buffer, address } = this.mapping;
    const words = new Uint32Array(buffer);
    const { size } = lanes;
    for (let cpu = 0; cpu < lanes.count; cpu++) {
      const base = cpu * laneStride(size);
      const place = {
        producer: address + base + lane.producer,
        consumer: address + base + lane.consumer,
        size,
      };
      this.counts.push({ words, at: (base + lane.sent) >>> 2 });
      all.push(
        new Ring({
          place,
          producer: new Int32Array(buffer, base + lane.producer, 2),
          consumer: new BigInt64Array(buffer, base + lane.consumer, 1),
          buffer,
          start: base + lane.data,
          size,
          doubled: false,
        }),
      );
    }
  }

  /** Records that went through lanes. */
  get sentByLanes(): number {
    return this.counts.reduce((sum, { words, at }) => sum + words[at] + words[at + 1] * WORD, 0);
  }

  close(): void {
    this.buffer.close();
    if (this.mapping) unmap(this.mapping);
  }
}
