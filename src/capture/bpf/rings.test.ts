import { expect, test } from "vitest";
import { SysError } from "../../base/errors.ts";
import type { MapSpec } from "../../kernel/bpf.ts";
import { lane, laneStride } from "./layout.ts";
import { createLanes } from "./rings.ts";

const MIB = 1 << 20;

/** A kernel that allows values of so many bytes. */
const allowing =
  (most: number, errno = 7) =>
  (spec: MapSpec) => {
    if (spec.valueSize > most)
      throw new SysError("bpf(BPF_MAP_CREATE)", errno, "E2BIG", "Argument list too long");
    return { ...spec, fd: 3 };
  };

test.for([
  { cpus: 1, size: 16 * MIB, count: 1 },
  { cpus: 2, size: 16 * MIB, count: 2 },
  { cpus: 6, size: 4 * MIB, count: 6 },
  { cpus: 32, size: MIB, count: 32 },
  { cpus: 512, size: MIB, count: 125 },
])("$cpus CPUs have $count lanes of $size bytes", ({ cpus, size, count }) => {
  const lanes = createLanes(cpus, allowing(Number.POSITIVE_INFINITY))!;
  expect(lanes.size).toBe(size);
  expect(lanes.map.maxEntries).toBe(count);
  expect(lanes.map.valueSize).toBe(laneStride(size));
  // they are mapped one after the other
  expect(lanes.map.valueSize % 4096).toBe(0);
  expect(lane.data % 4096).toBe(0);
});

test("lanes are as large as the kernel allows, or none", () => {
  expect(createLanes(2, allowing(4 * MIB))?.size).toBe(2 * MIB);
  expect(createLanes(2, allowing(4 * MIB, 12))?.size).toBe(2 * MIB);
  expect(createLanes(2, allowing(4096))).toBeUndefined();
  expect(() => createLanes(2, allowing(4 * MIB, 1))).toThrow("E2BIG");
});
