import { readdirSync, realpathSync } from "node:fs";
import { expect, test } from "vitest";
import { executable, mappings } from "../symbols/maps.ts";
import { SampleBuffer } from "./samples.ts";
import { Symbols } from "./symbols.ts";

/** An address in the code of Node's program. */
function codeAddress(): number {
  const node = realpathSync(process.execPath);
  const { start, end } = mappings(process.pid)!.find((m) => m.path === node && executable(m))!;
  return Math.floor((start + end) / 2);
}

test("a file gives names only to frames of what it was when it was mapped, and is held until they are written", () => {
  const samples = new SampleBuffer();
  const open = () => readdirSync("/proc/self/fd").length;
  const before = open();
  samples.add(process.pid, process.pid, Float64Array.of(codeAddress()), 1, 0, 5e9);
  const taken = samples.take();
  expect(open()).toBe(before + 1);
  const [frame] = taken.frames;
  const file = frame.file!;
  expect(new Symbols().resolve(frame).function).not.toBe("");
  for (const changed of [{ modified: file.modified + 1 }, { inode: file.inode + 1 }, { size: 1 }]) {
    const other = { ...frame, file: { ...file, ...changed } };
    const { module, offset } = frame;
    expect(new Symbols().resolve(other)).toEqual({ function: "", module, address: offset });
  }
  samples.settled(taken);
  expect(open()).toBe(before);
  // known by now, wherever it is
  samples.add(process.pid, process.pid, Float64Array.of(codeAddress()), 1, 0, 6e9);
  expect(samples.take().frames).toEqual([]);
});
