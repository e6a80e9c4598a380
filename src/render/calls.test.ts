/** Every descriptor can be decoded, and calls print as strace prints them, over a made-up memory. */
import { describe, expect, it } from "vitest";
import { type Abi, syscallNumber } from "../abi/syscalls.ts";
import { Task } from "../capture/event.ts";
import { Memory } from "../capture/memory.ts";
import { Decoder } from "../decode/call.ts";
import { defaultOptions } from "../decode/options.ts";
import { compat } from "../syscalls/families/compat.ts";
import { allDescriptors, descriptor } from "../syscalls/index.ts";
import type { Descriptor } from "../syscalls/types/types.ts";
import { returnText } from "./returns.ts";
import type { TextSettings } from "./settings.ts";
import { TextSink } from "./text-sink.ts";

const BASE = 0x1000;

/** One mapping at 0x1000; everything else is unreadable. */
class FakeMemory extends Memory {
  readonly content: Uint8Array;
  private next = 0;

  constructor(size = 8192) {
    super();
    this.content = new Uint8Array(size);
  }

  /** Stores bytes and returns their address. */
  put(bytes: ArrayLike<number>): number {
    const at = this.next;
    this.content.set(bytes, at);
    this.next = (at + bytes.length + 16) & ~7;
    return BASE + at;
  }

  text(s: string): number {
    return this.put(Buffer.from(`${s}\0`));
  }

  protected fetch(lo: number, hi: number, length: number, at: number): number {
    const offset = lo - BASE;
    if (hi !== 0 || offset < 0 || offset >= this.content.length) return -1;
    const got = Math.min(length, this.content.length - offset);
    this.bytes.set(this.content.subarray(offset, offset + got), at);
    return got;
  }

  readString(lo: number, hi: number, max: number): number {
    const at = this.read(lo, hi, max);
    if (at < 0) return -1;
    const end = this.bytes.subarray(at, at + this.got).indexOf(0);
    this.terminated = end >= 0;
    if (end >= 0) this.got = end;
    return at;
  }
}

interface Result {
  readonly ret?: number;
  readonly error?: number;
  readonly verbose?: boolean;
  readonly abi?: Abi;
  /** What happens while the call is under way. */
  readonly during?: () => void;
}

/** The line of a call, as text. Arguments are numbers; negative ones are extended to 64 bits. */
function line(memory: Memory, d: Descriptor | string, args: readonly number[], result: Result = {}): string {
  const options = { ...defaultOptions(), verbose: () => result.verbose ?? false };
  const sink = new TextSink(options);
  const decoder = new Decoder(sink, options);
  const task = new Task(1, 1, 0);
  const { call } = task;
  call.abi = result.abi ?? "x86_64";
  call.descriptor = typeof d === "string" ? descriptor(d, call.abi) : d;
  call.name = typeof d === "string" ? d : d.name;
  for (const [i, a] of args.entries()) {
    call.args[2 * i] = a % 4294967296;
    call.args[2 * i + 1] = a < 0 ? -1 : Math.floor(a / 4294967296);
  }
  sink.begin();
  sink.line = `${call.name}(`;
  const complete = decoder.enter(task, memory);
  result.during?.();
  call.error = result.error ?? 0;
  call.retLo = result.ret ?? 0;
  if (!complete) {
    if (sink.any) sink.line += ", ";
    sink.resume();
    decoder.exitArgs(task, memory);
  }
  const text = `${sink.line}) = ${returnText(task, { decode: options } as unknown as TextSettings)}`;
  const aux = call.error === 0 ? decoder.aux(task, memory) : undefined;
  return aux === undefined ? text : `${text} (${aux})`;
}

const AT_FDCWD = -100;
const ENOENT = 2;

describe("descriptors", () => {
  const cases: [string, Descriptor, Abi][] = [];
  for (const d of allDescriptors()) {
    if (syscallNumber("x86_64", d.name) !== undefined) cases.push([d.name, d, "x86_64"]);
    if (syscallNumber("i386", d.name) !== undefined && !compat.some((c) => c.name === d.name)) {
      cases.push([`${d.name} on i386`, d, "i386"]);
    }
  }
  for (const d of compat) cases.push([`${d.name} on i386`, d, "i386"]);

  it.each(cases)("%s prints with readable and unreadable memory", (_, d, abi) => {
    for (const verbose of [false, true]) {
      for (const error of [0, ENOENT]) {
        const memory = new FakeMemory();
        const address = memory.put(new Uint8Array(512));
        for (const value of [0, 1, address, 0x7000000]) {
          const text = line(memory, d, Array(6).fill(value), { error, verbose, abi, ret: 1 });
          expect(text).toMatch(/^[a-z_0-9]+\(.*\) = /);
          expect(text).not.toMatch(/undefined|NaN|\[object/);
        }
      }
    }
  });

  it("knows which variant to use", () => {
    for (const d of allDescriptors()) {
      if (d.variants) expect(d.args.map((a) => a.name)).toContain(d.variants.by);
      if (d.retBy) expect(d.args.map((a) => a.name)).toContain(d.retBy.by);
    }
  });
});

describe("calls on files", () => {
  it("shows the mode only when a file may be created", () => {
    const m = new FakeMemory();
    const name = m.text("/a");
    expect(line(m, "openat", [AT_FDCWD, name, 0o2000000, 0o644], { ret: 3 })).toBe(
      'openat(AT_FDCWD, "/a", O_RDONLY|O_CLOEXEC) = 3',
    );
    expect(line(m, "openat", [AT_FDCWD, name, 0o101, 0o644], { ret: 3 })).toBe(
      'openat(AT_FDCWD, "/a", O_WRONLY|O_CREAT, 0644) = 3',
    );
  });

  it("prints a device's number instead of its size", () => {
    const m = new FakeMemory();
    const stat = new Uint8Array(144);
    const view = new DataView(stat.buffer);
    view.setUint32(24, 0o020620, true);
    view.setUint32(40, 0x8803, true);
    const buf = m.put(stat);
    expect(line(m, "fstat", [1, buf])).toBe(
      "fstat(1, {st_mode=S_IFCHR|0620, st_rdev=makedev(0x88, 0x3), ...}) = 0",
    );
    view.setUint32(24, 0o100644, true);
    view.setUint32(48, 1953, true);
    expect(line(m, "fstat", [1, m.put(stat)])).toBe(
      "fstat(1, {st_mode=S_IFREG|0644, st_size=1953, ...}) = 0",
    );
    expect(line(m, "fstat", [1, buf], { error: ENOENT })).toContain(`fstat(1, 0x${buf.toString(16)}) = -1`);
  });

  it("explains what fcntl returned", () => {
    const m = new FakeMemory();
    expect(line(m, "fcntl", [3, 3, 0], { ret: 0o100002 })).toBe(
      "fcntl(3, F_GETFL) = 0x8002 (flags O_RDWR|O_LARGEFILE)",
    );
    expect(line(m, "fcntl", [3, 1, 0], { ret: 1 })).toBe("fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)");
    expect(line(m, "fcntl", [3, 1, 0])).toBe("fcntl(3, F_GETFD) = 0");
    expect(line(m, "fcntl", [3, 2, 1])).toBe("fcntl(3, F_SETFD, FD_CLOEXEC) = 0");
  });

  it("counts directory entries, or lists them", () => {
    const m = new FakeMemory();
    const entry = new Uint8Array(24);
    const view = new DataView(entry.buffer);
    view.setUint32(0, 7, true);
    view.setUint16(16, 24, true);
    entry[18] = 4;
    entry.set(Buffer.from(".."), 19);
    const at = m.put(entry);
    expect(line(m, "getdents64", [3, at, 4096], { ret: 24 })).toBe(
      `getdents64(3, 0x${at.toString(16)} /* 1 entries */, 4096) = 24`,
    );
    expect(line(m, "getdents64", [3, at, 4096], { ret: 24, verbose: true })).toBe(
      'getdents64(3, [{d_ino=7, d_off=0, d_reclen=24, d_type=DT_DIR, d_name=".."}], 4096) = 24',
    );
  });
});

describe("sets of descriptors", () => {
  it("looks at a million descriptors at most, whatever nfds says", () => {
    const m = new FakeMemory(1 << 18);
    const set = m.put(new Uint8Array(1 << 17).fill(0b100000, 0, 1));
    const started = performance.now();
    expect(line(m, "select", [0x7fffffff, set, 0, 0, 0], { ret: 1 })).toBe(
      "select(2147483647, [5], NULL, NULL, NULL) = 1 (in [5])",
    );
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("calls that wait", () => {
  it("shows recvmmsg's timeout as it was, and what is left of it", () => {
    const m = new FakeMemory();
    const timespec = new Uint32Array([4, 0, 5, 0]);
    const timeout = m.put(new Uint8Array(timespec.buffer));
    const during = () => m.content.set([3], timeout - BASE);
    expect(line(m, "recvmmsg", [3, 0, 1, 0, timeout], { ret: 1, during })).toBe(
      "recvmmsg(3, NULL, 1, 0, {tv_sec=4, tv_nsec=5}) = 1 (left {tv_sec=3, tv_nsec=5})",
    );
  });
});

describe("memory and programs", () => {
  it("prints mmap's offset in hexadecimal", () => {
    const m = new FakeMemory();
    expect(line(m, "mmap", [0, 8192, 3, 0x22, -1, 0], { ret: 0x7000 })).toBe(
      "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7000",
    );
    expect(line(m, "mmap", [0, 4096, 0, 2, 3, 4096], { ret: 0x7000 })).toBe(
      "mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE, 3, 0x1000) = 0x7000",
    );
  });

  it("prints argv, and counts the environment unless verbose", () => {
    const m = new FakeMemory();
    const word = (...values: number[]) => {
      const view = new DataView(new ArrayBuffer(8 * (values.length + 1)));
      for (const [i, v] of values.entries()) view.setUint32(8 * i, v, true);
      return m.put(new Uint8Array(view.buffer));
    };
    const path = m.text("/bin/ls");
    const argv = word(m.text("ls"), m.text("-l"));
    const envp = word(m.text("A=1"));
    expect(line(m, "execve", [path, argv, envp])).toBe(
      `execve("/bin/ls", ["ls", "-l"], 0x${envp.toString(16)} /* 1 var */) = 0`,
    );
    expect(line(m, "execve", [path, argv, envp], { verbose: true })).toBe(
      'execve("/bin/ls", ["ls", "-l"], ["A=1"]) = 0',
    );
  });

  it("joins the two registers of a 64-bit argument on 32-bit x86", () => {
    const m = new FakeMemory();
    expect(line(m, "ftruncate64", [3, 5, 1], { abi: "i386" })).toBe("ftruncate64(3, 4294967301) = 0");
    expect(line(m, "fallocate", [3, 1, 5, 0, 10, 1], { abi: "i386" })).toBe(
      "fallocate(3, FALLOC_FL_KEEP_SIZE, 5, 4294967306) = 0",
    );
  });
});
