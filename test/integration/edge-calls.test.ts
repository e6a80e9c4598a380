/** Arguments at the edges, beside strace: memory that ends within them, numbers as large as they can be. */
import { expect, test } from "vitest";
import { Script } from "../differential/calls.ts";
import { differencesAfter, recognisable, some, struct } from "../differential/structs.ts";
import { lacks, needs } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const PAGE = 4096;
const [WRITE, OPEN, STAT, FSTAT, RT_SIGACTION, PIPE2] = [1, 2, 4, 5, 13, 293];
const [WRITEV, MINCORE, SENDFILE, SENDTO, EXECVE, MSGSND, FCNTL, GETCWD] = [20, 27, 40, 44, 59, 69, 72, 79];
const [SYMLINK, UTIME, PRCTL, MOUNT, SETXATTR, FUTEX] = [88, 132, 157, 165, 188, 202];
const [LOOKUP_DCOOKIE, UTIMES, ADD_KEY, SPLICE, UTIMENSAT] = [212, 235, 248, 275, 280];
const [NAME_TO_HANDLE_AT, OPEN_BY_HANDLE_AT, GETRANDOM, STATX, OPENAT2, MOUNT_SETATTR] = [
  303, 304, 318, 332, 437, 442,
];
const PR_SET_NAME = 15;
/** The descriptor of replay-calls.c's netlink socket for routes. */
const NETLINK_ROUTE = 100;
const done = [{ result: 40 }, {}, { error: 22 }];
const options = [[], ["-s", "5"], ["-v", "-X", "verbose"], ["-e", "verbose=none"]];

/** strace 6.1 gives up where it has to show a mask of all signals by number. */
const noMasks = options.filter((o) => !o.includes("-X"));

/** A page without a zero, and the address behind it, where nothing is. Whatever else there is has to come before. */
const lastPage = (script: Script): number => script.at(recognisable(PAGE), PAGE) + PAGE;

test(...needs("strings and buffers that memory ends in", peers), () => {
  const script = new Script();
  const name = script.at(Buffer.from("/some/path\0"));
  const end = script.end + PAGE;
  const vector = script.at(
    struct()
      .u64(end - 32, 64, end - 33, 64, end - 5, 5, end - 5, 6)
      .done(),
  );
  const argv = script.at(
    struct()
      .u64(end - 3, end - 40, 0)
      .done(),
  );
  expect(lastPage(script)).toBe(end);
  for (const k of [1, 4, 5, 6, 15, 16, 31, 32, 33, 100]) {
    const at = end - k;
    script.call(OPEN, at, 0);
    script.call(MOUNT, at, at, at, 0, at);
    script.call(PRCTL, PR_SET_NAME, at);
    script.call(SYMLINK, at, name);
    script.call(GETCWD, at, PAGE);
    for (const length of [k, k + 1, 64]) {
      script.call(WRITE, 1, at, length);
      script.call(GETRANDOM, at, length, 0);
      script.call(SETXATTR, name, name, at, length, 0);
      script.call(SENDTO, 1, at, length, 0, 0, 0);
      script.call(ADD_KEY, at, at, at, length, 0);
    }
  }
  script.call(WRITEV, 1, vector, 4);
  script.call(EXECVE, name, argv, 0);
  expect(some(differencesAfter(script, done, options))).toEqual([]);
});

test(...needs("structs that memory ends in", peers), () => {
  const script = new Script();
  const name = script.at(Buffer.from("/some/path\0"));
  const end = lastPage(script);
  for (let k = 20; k < 100; k += 4) {
    script.call(RT_SIGACTION, 1, end - k, 0, 8);
    script.call(RT_SIGACTION, 1, 0, end - k, 8);
  }
  for (const k of [7, 8, 15, 16, 17]) script.call(MSGSND, 1, end - k, k - 8, 0);
  for (const size of [24, 32, 1 << 20, 2 ** 40]) script.call(OPENAT2, 3, name, end - 24, size);
  for (const size of [32, 48, 1 << 20]) script.call(MOUNT_SETATTR, 3, name, 0, end - 32, size);
  for (const k of [8, 12, 16]) {
    script.call(OPEN_BY_HANDLE_AT, 3, end - k, 0);
    script.call(NAME_TO_HANDLE_AT, 3, name, end - k, 0, 0);
  }
  expect(some(differencesAfter(script, done, noMasks))).toEqual([]);
});

test(...needs("netlink messages longer than memory", peers), () => {
  const script = new Script();
  const messages = struct().u32(16).u16(1, 0).u32(0, 0).u32(24).u16(1, 0).u32(0, 0, 0, 0).done();
  const last = struct()
    .pad(PAGE - messages.length)
    .raw(messages)
    .done();
  const zeros = script.at(struct().raw(messages).pad(PAGE).done(), PAGE);
  const at = script.at(last, PAGE) + PAGE - messages.length;
  for (const p of [zeros, at, at + 16, at + 20])
    for (const length of [0, 8, 16, 40, 41, 56, 57, 64, 1 << 20, 2 ** 40])
      script.call(SENDTO, NETLINK_ROUTE, p, length, 0, 0, 0);
  expect(some(differencesAfter(script, done))).toEqual([]);
});

test(...needs("results larger than their buffers, and buffers of nothing", peers), () => {
  const script = new Script();
  const end = lastPage(script);
  for (const length of [0, 1, 5, PAGE + 1, 2 ** 40]) {
    for (const at of [end - PAGE, end - 1, 0, 1]) script.call(MINCORE, 0x1000, length, at);
    script.call(LOOKUP_DCOOKIE, 3, end - PAGE, length);
  }
  expect(some(differencesAfter(script, [{ result: 0x7fffffff }, ...done], [[], ["-v"]]))).toEqual([]);
});

test(...needs("as wide as the member, and without a sign", peers), () => {
  const script = new Script();
  const name = script.at(Buffer.from("/some/path\0"));
  for (const lock of [struct().u16(-1, -1), struct().u16(1, 2), struct().u16(7, 9)]) {
    const at = script.at(lock.u32(0).u64(5, -6).u32(7).pad(40).done());
    for (const cmd of [5, 6, 7, 36, 37, 38]) script.call(FCNTL, 1, cmd, at);
  }
  for (const flags of [0, 1, 2 ** 32, 0x180000001, -1]) script.call(FCNTL, 1, 1026, flags);
  script.call(FCNTL, 1, 1025);
  for (const offset of [-1, 5]) {
    const at = script.at(struct().u64(offset).done());
    script.call(SENDFILE, 1, 2, at, 5);
    script.call(SPLICE, 1, at, 2, at, 5, 0);
  }
  for (const bytes of [-1, 8, 128, 129]) {
    const handle = script.at(struct().u32(bytes, 1).raw(recognisable(128)).done());
    script.call(NAME_TO_HANDLE_AT, 3, name, handle, 0, 0);
    script.call(OPEN_BY_HANDLE_AT, 3, handle, 0);
  }
  const stat = script.at(struct().pad(24).u32(0o20644, -1, -1).pad(144).done());
  script.call(STAT, name, stat);
  script.call(FSTAT, 3, stat);
  for (const flags of [0x100000, 0x101000, 0x1000, 0x100001]) {
    script.call(OPEN, name, flags);
    script.call(OPENAT2, 3, name, script.at(struct().u64(flags, 0, 0).done()), 24);
    script.call(PIPE2, 0, flags);
  }
  const outcomes = [{ result: 7 }, { error: 75 }, ...done];
  expect(some(differencesAfter(script, outcomes, options))).toEqual([]);
});

test(...needs("futex operations with bits that come with them", peers), () => {
  const script = new Script();
  const time = script.at(struct().u64(4, 5).done());
  const flags = [0, 0x80, 0x100, 0x180, 0x200, 0x800, 0x1000, 0x80000000];
  for (const flag of flags)
    for (let op = 0; op < 16; op++) script.call(FUTEX, 0x1000, op + flag, 100, time, 5, 7);
  for (const op of [127, -1, -128]) script.call(FUTEX, 0x1000, op, 100, 3, 5, 7);
  expect(some(differencesAfter(script, done))).toEqual([]);
});

test(...needs("points in time as far as there are dates", peers), () => {
  const script = new Script();
  const name = script.at(Buffer.from("/some/path\0"));
  const [first, last] = [-67768040609740800n, 67768036191676799n];
  for (const t of [
    1,
    -1,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 12345n,
    first,
    first - 1n,
    last,
    last + 1n,
    2n ** 62n,
  ]) {
    const times = script.at(struct().u64(t, 5, t, 0).done());
    script.call(UTIMENSAT, 3, name, times, 0);
    script.call(UTIMES, name, times);
    script.call(UTIME, name, times);
    script.call(STAT, name, script.at(struct().pad(72).u64(t, 5, t, 0, t, 0).pad(144).done()));
    const stx = struct().u32(0xfff).pad(64);
    for (let i = 0; i < 4; i++) stx.u64(t).u32(5, 0);
    script.call(STATX, 3, name, 0, 0xfff, script.at(stx.pad(256).done()));
  }
  expect(some(differencesAfter(script, [{}], [[], ["-v"], ["-v", "-X", "verbose"]]))).toEqual([]);
});
