import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ElfFile } from "../symbols/elf-file.ts";
import { mappings } from "../symbols/maps.ts";
import { evaluate, type Machine } from "./expression.ts";
import { Image } from "./image.ts";
import { abis } from "./registers.ts";
import { MAX_FRAMES, Unwinder } from "./unwinder.ts";

const source = (bytes: Buffer) => ({
  size: bytes.length,
  read(offset: number, length: number) {
    if (offset + length > bytes.length) throw new RangeError("end");
    return Buffer.from(bytes.subarray(offset, offset + length));
  },
});

const open = (bytes: Buffer): Image | undefined => {
  try {
    return new Image(new ElfFile(source(bytes)));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

/** A xorshift generator, so that a failure comes again. */
function random(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const program = readFileSync("/bin/true");
const code = { start: 0x2000, end: 0x6000 };

/** How many of the program's addresses have a row. */
function rows(image: Image): number {
  let n = 0;
  for (let at = code.start; at < code.end; at += 7) if (image.row(at)) n++;
  return n;
}

test("a program says of most of its addresses how to leave them", () => {
  const image = open(program)!;
  expect(rows(image)).toBeGreaterThan((code.end - code.start) / 7 / 2);
  expect(image.row(0)).toBeUndefined();
});

test("ELF files with any bytes changed, or cut anywhere, do no harm", () => {
  const next = random(42);
  let opened = 0;
  let found = 0;
  for (let i = 0; i < 300; i++) {
    const bytes = Buffer.from(program);
    // headers, .eh_frame_hdr and .eh_frame, and anywhere
    const [start, length] = [
      [0, 1024],
      [0x6000, 0x2000],
      [0, bytes.length],
    ][i % 3];
    for (let k = next(20); k >= 0; k--)
      bytes[Math.min(bytes.length - 1, start + next(length))] = next(4) === 0 ? 0xff : next(256);
    const image = open(i % 5 === 0 ? bytes.subarray(0, next(bytes.length)) : bytes);
    if (!image) continue;
    opened++;
    for (let k = 0; k < 200; k++) {
      const at = code.start + next(code.end - code.start);
      if (image.row(at)) found++;
      image.find(at);
      image.nearest(at);
      image.addressOf(at);
    }
  }
  expect(opened).toBeGreaterThan(50);
  expect(found).toBeGreaterThan(1000);
});

test("threads whose registers hold anything do no harm", () => {
  const unwinder = new Unwinder();
  const maps = mappings(process.pid)!;
  const next = random(5);
  for (const abi of [abis.x86_64, abis.i386]) {
    for (let i = 0; i < 2000; i++) {
      const values = new Float64Array(abi.count).map(() => {
        const { start, end } = maps[next(maps.length)];
        const kinds = [next(2 ** 31), start + next(end - start), -next(2 ** 31), Number.NaN, 2 ** 63, start];
        return kinds[next(kinds.length)];
      });
      expect(unwinder.walk(process.pid, process.pid, { abi, values }).places.length).toBeLessThanOrEqual(
        MAX_FRAMES,
      );
    }
  }
});

const machine: Machine = {
  register: (n) => (n === 7 ? 0x1000 : n === 16 ? 0x401013 : Number.NaN),
  word: (address) => (address === 0x1008 ? 0xbeef : Number.NaN),
  bits: (address, size) => (address === 0x1008 ? BigInt.asUintN(8 * size, 0xdeadbeef0000beefn) : undefined),
};
const value = (...bytes: number[]) => evaluate(Buffer.from(bytes), 8, machine);

test("expressions", () => {
  // the one that linkers give procedure linkage tables: rsp + 8 + ((rip & 15) >= 11 ? 8 : 0)
  const plt = [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
  expect(value(...plt)).toBe(0x1008);
  // deref, and the lower half of it
  expect(value(0x77, 8, 0x06)).toBe(Number(0xdeadbeef0000beefn));
  expect(value(0x77, 8, 0x94, 4)).toBe(0xbeef);
  // 5 and -3, divided
  expect(value(0x35, 0x1f, 0x09, 0xff, 0x1b)).toBe(5);
  // a loop that counts down from 9: dup; bra past skip ...
  expect(value(0x39, 0x31, 0x1c, 0x12, 0x28, 0xfa, 0xff)).toBe(0);
});

test("expressions compute with all 64 bits", () => {
  const low = [0x0b, 0xff, 0xff, 0x1a]; // const2s -1 and: stays
  const mask = [0x0a, 0xff, 0xff, 0x1a]; // const2u 0xffff and
  // deref of the word
  expect(value(0x77, 8, 0x06, ...mask)).toBe(0xbeef);
  // constu 2^60 + 5, consts -(2^60) + 3, both in nine bytes, and -1 in more than it needs
  expect(value(0x10, 0x85, ...Array(7).fill(0x80), 0x10, ...mask)).toBe(5);
  expect(value(0x11, 0x83, ...Array(7).fill(0x80), 0x70, ...low, ...mask)).toBe(3);
  expect(value(0x11, ...Array(9).fill(0xff), 0x7f, ...mask)).toBe(0xffff);
  // plus_uconst 2^56 + 1, of 2
  expect(value(0x32, 0x23, 0x81, ...Array(7).fill(0x80), 0x01, ...mask)).toBe(3);
});

test("expressions that do not add up have no value", () => {
  const without = [
    [], // nothing
    [0x22], // plus of nothing
    [0x73, 0], // a register that is not known
    [0x30, 0x06], // memory that is not there
    [0x77, 8, 0x94, 9], // more than a word
    [0x31, 0x30, 0x1b], // division by zero
    [0x2f, 0xfd, 0xff], // an endless loop
    [0x2f, 0xff, 0x7f], // a jump out of it
    [0x08], // a constant that is cut off
    [0xff],
  ];
  for (const bytes of without) expect([bytes, value(...bytes)]).toEqual([bytes, Number.NaN]);
  const next = random(7);
  for (let i = 0; i < 20_000; i++) {
    const bytes = Array.from({ length: next(12) }, () => next(256));
    expect(typeof value(...bytes)).toBe("number");
  }
});
