/** What was read and written, as strace shows it. */
import { expect, it } from "vitest";
import { Task } from "../capture/event.ts";
import { Memory } from "../capture/memory.ts";
import { writeDump } from "./dumps.ts";

/** Each byte is the low one of its address. */
class Counting extends Memory {
  protected fetch(lo: number, _hi: number, length: number, at: number): number {
    for (let i = 0; i < length; i++) this.bytes[at + i] = lo + i;
    return length;
  }
  readString(): number {
    return -1;
  }
}

function written(memory: Memory, address: number, length: number): string[] {
  const { call } = new Task(1, 1, 0);
  call.name = "write";
  call.abi = "x86_64";
  call.args.set([1, 0, address, 0, length, 0]);
  const pieces: string[] = [];
  const all = () => true;
  writeDump(call, memory, { read: all, write: all }, (text) => void pieces.push(text));
  return pieces;
}

it("shows bytes and text in lines of 16", () => {
  const text = written(new Counting(), 0x10078, 19).join("");
  expect(text).toBe(
    ` | 00000  78 79 7a 7b 7c 7d 7e 7f  80 81 82 83 84 85 86 87  xyz{|}~......... |
 | 00010  88 89 8a                                          ...              |
`,
  );
});

it("hands much on in pieces, and forgets what it read for them", () => {
  const memory = new Counting();
  const pieces = written(memory, 0x10000, (2 << 20) + 1);
  expect(Math.max(...pieces.map((p) => p.length))).toBeLessThan(1 << 18);
  expect(memory.bytes.length).toBeLessThan(1 << 20);
  const lines = pieces.join("").split("\n");
  expect(lines.length).toBe((2 << 16) + 2);
  expect(lines[(2 << 16) - 1]).toMatch(/^ \| 1ffff0 {2}f0 f1 .* ff {2}\.{16} \|$/);
  expect(lines[2 << 16]).toMatch(/^ \| 200000 {2}00 +\. +\|$/);
});
