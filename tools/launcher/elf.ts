/** A static executable of one read-only segment (elf(5)). */

const BASE = 0x400000;
const HEADER = 64;
const PROGRAM_HEADER = 56;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474e551;
const READ = 4;
const WRITE = 2;
const EXECUTE = 1;
const PAGE = 4096;

/** The file whose entry is the first byte of `code`. The stack is not executable. */
export function executable(code: Uint8Array): Uint8Array {
  const start = HEADER + 2 * PROGRAM_HEADER;
  const size = start + code.length;
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  const half = (at: number, value: number) => view.setUint16(at, value, true);
  const word = (at: number, value: number) => view.setUint32(at, value, true);
  const long = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  // 64-bit, little-endian, version 1
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const ET_EXEC = 2;
  const EM_X86_64 = 62;
  half(16, ET_EXEC);
  half(18, EM_X86_64);
  word(20, 1);
  long(24, BASE + start);
  long(32, HEADER);
  half(52, HEADER);
  half(54, PROGRAM_HEADER);
  half(56, 2);
  const segment = (at: number, type: number, flags: number, length: number) => {
    word(at, type);
    word(at + 4, flags);
    if (length === 0) return;
    long(at + 16, BASE);
    long(at + 24, BASE);
    long(at + 32, length);
    long(at + 40, length);
    long(at + 48, PAGE);
  };
  segment(HEADER, PT_LOAD, READ | EXECUTE, size);
  segment(HEADER + PROGRAM_HEADER, PT_GNU_STACK, READ | WRITE, 0);
  file.set(code, start);
  return file;
}
