import { expect, test } from "vitest";
import { Task } from "../capture/event.ts";
import { Memory } from "../capture/memory.ts";
import { descriptor } from "../syscalls/index.ts";
import { NOTED_ARGS, taskOf } from "./quiet-calls.ts";
import { StraceText } from "./strace-text.ts";

/** Memory with a text at one address. */
class Page extends Memory {
  text = "";
  reads = 0;

  protected fetch(lo: number, _hi: number, length: number, at: number): number {
    this.reads++;
    if (lo !== 0x1000) return -1;
    const bytes = Buffer.from(this.text.padEnd(length, "\0"), "latin1");
    this.bytes.set(bytes.subarray(0, length), at);
    return length;
  }

  readString(lo: number, hi: number, max: number): number {
    const at = this.read(lo, hi, Math.min(max, this.text.length + 1));
    if (at < 0) return -1;
    this.terminated = true;
    this.got = this.text.length;
    return at;
  }
}

const text = new StraceText();
const page = new Page();
const task = new Task(7, 7, 0);

/** Makes a call on the page and gives its text. */
function call(
  name: string,
  nr: number,
  args: readonly number[],
  ret: number,
  before: string,
  after = before,
) {
  const c = task.call;
  c.name = name;
  c.nr = nr;
  c.descriptor = descriptor(name, "x86_64");
  c.args.fill(0);
  for (const [i, a] of args.entries()) c.args[2 * i] = a;
  c.error = ret < 0 ? -ret : 0;
  c.retLo = Math.max(0, ret);
  page.reset();
  page.text = before;
  const entry = text.enter(task, page);
  page.text = after;
  const { args: shown, ret: result } = text.exit(task, page, entry);
  return `${name}(${shown.text}) = ${result.text}`;
}

test("a call seen before is told anew when memory differs", () => {
  for (let round = 0; round < 3; round++) {
    expect(call("write", 1, [1, 0x1000, 2], 2, "ab")).toBe('write(1, "ab", 2) = 2');
    expect(call("write", 1, [1, 0x1000, 2], 2, "cd")).toBe('write(1, "cd", 2) = 2');
    expect(call("write", 1, [1, 0x1000, 2], -9, "cd")).toBe(
      'write(1, "cd", 2) = -1 EBADF (Bad file descriptor)',
    );
    expect(call("read", 0, [0, 0x1000, 9], 2, "--", "ab")).toBe('read(0, "ab", 9) = 2');
    expect(call("read", 0, [0, 0x1000, 9], 3, "--", "abc")).toBe('read(0, "abc", 9) = 3');
    expect(call("read", 0, [0, 0x1000, 9], 2, "--", "xy")).toBe('read(0, "xy", 9) = 2');
    expect(call("unlink", 87, [0x1000], 0, "/tmp/x")).toBe('unlink("/tmp/x") = 0');
    expect(call("unlink", 87, [0x1000], -2, "/tmp/y")).toBe(
      'unlink("/tmp/y") = -1 ENOENT (No such file or directory)',
    );
    expect(call("close", 3, [3], 0, "")).toBe("close(3) = 0");
    expect(call("close", 3, [4], 0, "")).toBe("close(4) = 0");
  }
});

test("the same call again is the same text, without decoding", () => {
  call("close", 3, [9], 0, "");
  const c = task.call;
  const first = text.enter(task, page);
  expect(text.enter(task, page)).toBe(first);
  expect(text.exit(task, page, first)).toBe(text.exit(task, page, first));
  c.args[0] = 10;
  expect(text.enter(task, page)).not.toBe(first);
});

test("unreadable memory shows as an address, and what becomes readable is read", () => {
  expect(call("write", 1, [1, 0x2000, 2], 2, "ab")).toBe("write(1, 0x2000, 2) = 2");
  expect(call("write", 1, [1, 0x2000, 2], 2, "ab")).toBe("write(1, 0x2000, 2) = 2");
  for (let i = 0; i < 40; i++) {
    expect(call("write", 1, [1, 0x1000, 3], 3, String(100 + i))).toBe(`write(1, "${100 + i}", 3) = 3`);
  }
});

test("what a call notes at its entry is there at its exit, also the second time", () => {
  // the kernel changes the offsets that sendfile gets by address
  for (let i = 0; i < 3; i++) {
    const shown = call("sendfile", 40, [4, 5, 0x1000, 100], 100, "\x05\0\0\0\0\0\0\0", "\x69\0\0\0\0\0\0\0");
    expect(shown).toBe("sendfile(4, 5, [5] => [105], 100) = 100");
  }
});

test("a call in numbers has them whole, negative ones, too", () => {
  const noted = (name: string, args: Uint32Array) => {
    const { args: shown } = text.numbers(
      taskOf({ exit: 2e9, duration: 1000, tid: 7, name, ret: 3, args }, 7),
      NOTED_ARGS,
    );
    return shown.text;
  };
  // as Go passes AT_FDCWD
  expect(noted("openat", Uint32Array.of(0xffffff9c, 0xffffffff, 0xc0de0000, 0xc0, 0x80000, 0))).toBe(
    "AT_FDCWD, 0xc0c0de0000, 0x80000, ...",
  );
  expect(noted("lseek", Uint32Array.of(3, 0, 0xfffffe00, 0xffffffff, 2, 0))).toBe("3, -512, 0x2");
  expect(noted("mmap", Uint32Array.of(0xfffffe00, 0xffffffff, 1, 0x80000000, 3, 0))).toBe(
    "0xfffffffffffffe00, 9223372036854775809, 0x3, ...",
  );
});
