import { expect, test } from "vitest";
import { bootBytes } from "../kernel/boot.ts";
import { unpackChildRecord } from "./layout.ts";

test("what a child wrote of itself holds in the boot it lived in", () => {
  const bytes = new Uint8Array(40);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of [
    [0, 4711n],
    [8, 12n],
    [16, 345_000_000n],
  ] as const)
    view.setBigUint64(at, value, true);
  bytes.set(bootBytes(), 24);
  expect(unpackChildRecord(bytes)).toEqual({ pid: 4711, alive: 1234 });
  bytes[30] ^= 1;
  expect(unpackChildRecord(bytes)).toBe(undefined);
  expect(unpackChildRecord(bytes.subarray(0, 24))).toBe(undefined);
});
