/** The rings that the programs write: one for all CPUs, and, where much is sent, a lane for the calls of each (layout.ts). */
import { SysError } from "../../base/errors.ts";
import * as bpf from "../../kernel/bpf.ts";
import { type Mapping, mapShared, unmap } from "../../kernel/memory.ts";
import { readableOrSignal } from "../../kernel/poll.ts";
import { Ring } from "../../kernel/ring.ts";
import { RingBuffer } from "../../kernel/ringbuf.ts";
import { lane, laneStride } from "./layout.ts";
import type { LaneMap } from "./programs/index.ts";
import { wide } from "./words.ts";

/** Bytes of all lanes, where that gives each of them no less than the least and no more than the most. */
const ALL_BYTES = 1 << 25;
const LEAST_BYTES = 1 << 20;
const MOST_BYTES = 1 << 24;
/** All take no more, however many CPUs there are. */
const LIMIT_BYTES = 1 << 27;
const ENOMEM = 12;
const E2BIG = 7;

/**
 * Lanes for the CPUs that run, as large as they may be: there may not be enough memory, and before Linux 6.0 no value of an
 * array is larger than 4 MiB (array_map_alloc_check, kernel/bpf/arraymap.c). Where there are none, and for further CPUs,
 * calls go where everything else does. Throws SysError.
 */
export function createLanes(cpus: number, create: (spec: bpf.MapSpec) => bpf.BpfMap): LaneMap | undefined {
  const fair = 2 ** Math.floor(Math.log2(ALL_BYTES / cpus));
  for (let size = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, fair)); size >= LEAST_BYTES; size /= 2) {
    const count = Math.min(cpus, Math.floor(LIMIT_BYTES / laneStride(size)));
    try {
      const map = create({
        name: "svtrace_lanes",
        type: bpf.mapTypes.array,
        keySize: 4,
        valueSize: laneStride(size),
        maxEntries: count,
        flags: bpf.MMAPABLE,
      });
      return { map, size };
    } catch (error) {
      if (!(error instanceof SysError && (error.errno === ENOMEM || error.errno === E2BIG))) throw error;
    }
  }
  return undefined;
}

export class Rings {
  /** The one for all comes first. */
  readonly all: readonly Ring[];
  private readonly buffer: RingBuffer;
  private readonly mapping: Mapping | undefined;
  /** The lanes' memory, and where in it their counts of records are. */
  private readonly words: Uint32Array = new Uint32Array(0);
  private readonly counts: number[] = [];

  /** Throws SysError. */
  constructor(
    private readonly events: bpf.BpfMap,
    lanes: LaneMap | undefined,
  ) {
    this.buffer = new RingBuffer(events);
    const all = [this.buffer.ring];
    this.all = all;
    if (!lanes) return;
    try {
      this.mapping = mapShared(lanes.map.fd, lanes.map.maxEntries * lanes.map.valueSize, 0, true);
    } catch (error) {
      this.buffer.close();
      throw error;
    }
    const { buffer, address } = this.mapping;
    this.words = new Uint32Array(buffer);
    const { size } = lanes;
    for (let cpu = 0; cpu < lanes.map.maxEntries; cpu++) {
      const base = cpu * lanes.map.valueSize;
      const place = {
        producer: address + base + lane.producer,
        consumer: address + base + lane.consumer,
        size,
      };
      this.counts.push((base + lane.sent) >>> 2);
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
    const { words } = this;
    return this.counts.reduce((sum, at) => sum + wide(words, at), 0);
  }

  /** Waits for a record in the ring for all, a signal, or `ms` milliseconds; for programs that wake who waits. */
  wait(ms: number): void {
    readableOrSignal(this.events.fd, ms);
  }

  close(): void {
    this.buffer.close();
    if (this.mapping) unmap(this.mapping);
  }
}
