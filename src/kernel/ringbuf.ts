/**
 * A BPF ring buffer (BPF_MAP_TYPE_RINGBUF, kernel/bpf/ringbuf.c) in our memory: a page with our position, a page with the
 * kernel's, and the data mapped twice in a row, so that no record is broken at the end.
 */
import type { BpfMap } from "./bpf.ts";
import { type Mapping, mapShared, unmap } from "./memory.ts";
import { Ring } from "./ring.ts";

const PAGE = 4096;

export class RingBuffer {
  readonly ring: Ring;
  private readonly mappings: readonly Mapping[];

  /** Throws SysError. */
  constructor(map: BpfMap) {
    const size = map.maxEntries;
    const ours = mapShared(map.fd, PAGE, 0, true);
    let theirs: Mapping;
    try {
      theirs = mapShared(map.fd, PAGE + 2 * size, PAGE, false);
    } catch (error) {
      unmap(ours);
      throw error;
    }
    this.mappings = [ours, theirs];
    this.ring = new Ring({
      place: { producer: theirs.address, consumer: ours.address, size },
      producer: new Int32Array(theirs.buffer, 0, 2),
      consumer: new BigInt64Array(ours.buffer, 0, 1),
      buffer: theirs.buffer,
      start: PAGE,
      size,
      doubled: true,
    });
  }

  close(): void {
    for (const m of this.mappings) unmap(m);
  }
}
