/** Calls that make tasks and look into them, beside strace: clone(2), clone3(2), ptrace(2), prctl(2) and their like. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareCalls, Script } from "../differential/calls.ts";
import {
  compareEach,
  differencesAfter,
  differencesOf,
  recognisable,
  some,
  struct,
} from "../differential/structs.ts";
import { compiled, lacks, needs, noBpf, run, svtracePath, tempDir } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const [CLONE, PTRACE, UNSHARE, SETNS, CLONE3, OPENAT2] = [56, 101, 272, 308, 435, 437];
const SIGCHLD = 17;
const PIDFD = 0x1000;
const SETTLS = 0x80000;
const PARENT_SETTID = 0x100000;
const CHILD_CLEARTID = 0x200000;
const DETACHED = 0x400000;
const INTO_CGROUP = 0x200000000n;

/** struct clone_args of linux/sched.h. */
interface CloneArgs {
  readonly flags?: number | bigint;
  readonly pidfd?: number;
  readonly parentTid?: number;
  readonly exitSignal?: number | bigint;
  readonly tls?: number;
  readonly setTid?: number;
  readonly setTidSize?: number | bigint;
  readonly cgroup?: number;
}
const cloneArgs = (a: CloneArgs) =>
  struct()
    .u64(a.flags ?? 0, a.pidfd ?? 0, 0x1234, a.parentTid ?? 0, a.exitSignal ?? SIGCHLD, 0, 4096, a.tls ?? 0)
    .u64(a.setTid ?? 0, a.setTidSize ?? 0, a.cgroup ?? 0)
    .done();

compareEach(
  [
    [
      "clone3 of every size",
      (script) => {
        const tids = script.at(struct().u32(7, 8, 9).done());
        const full = { setTid: tids, setTidSize: 3, cgroup: 9 };
        for (const flags of [0, INTO_CGROUP]) {
          const args = script.at(cloneArgs({ flags, ...full }));
          for (const size of [0, 63, 64, 65, 72, 73, 79, 80, 81, 87, 88]) script.call(CLONE3, args, size);
        }
        for (const p of [0, 1, script.end - 64, script.end - 80]) script.call(CLONE3, p, 88);
      },
    ],
    [
      "clone3 with members that come with flags, or are odd",
      (script) => {
        const ids = script.at(struct().u32(5, 6).done());
        const many = script.at(
          struct()
            .u32(...Array(40).keys())
            .done(),
        );
        const odd: readonly CloneArgs[] = [
          { flags: PIDFD | PARENT_SETTID | CHILD_CLEARTID | SETTLS, pidfd: ids, parentTid: ids + 4 },
          { flags: PIDFD, pidfd: 1 },
          { flags: PARENT_SETTID, parentTid: 0 },
          { flags: DETACHED },
          { flags: 1n << 63n },
          ...[0, 1, 64, 65, 0x80000000, 0x100000011n].map((exitSignal) => ({ exitSignal })),
          ...[0, 1, 32, 33, 0x100000002n].map((setTidSize) => ({ setTid: many, setTidSize })),
          { setTid: 1, setTidSize: 2 },
          { setTidSize: 2 },
        ];
        for (const args of odd) script.call(CLONE3, script.at(cloneArgs(args)), 88);
      },
    ],
    [
      "structs longer than they are known",
      (script) => {
        const ids = script.at(struct().u32(5, 6).done());
        const args = [{}, { flags: PIDFD, pidfd: ids }].map(cloneArgs);
        const known = args.flatMap((a) => [
          script.at(struct().raw(a).text("", 9000).done()),
          script.at(struct().raw(a).text("abcdefgh", 9000).done()),
          script.at(struct().raw(a).text("", 100).text("x".repeat(9000)).done()),
        ]);
        const last = script.at(struct().text("", 4096).raw(args[0]).done(), 4096) + 4096;
        for (const p of known) {
          for (const size of [89, 96, 4095, 4096, 4097, 8192, -1]) {
            script.call(CLONE3, p, size);
            script.call(OPENAT2, 3, 0, p, size);
          }
        }
        for (const size of [96, 8192, -1]) script.call(CLONE3, last, size);
        script.call(OPENAT2, 3, 0, last, 8192);
      },
    ],
    [
      "clone with every sort of flags",
      (script) => {
        const ids = script.at(struct().u32(5, 6).done());
        const signals = [0, SIGCHLD, 0x40, 0x41, 0x80, 0xff];
        const flags = [0, PIDFD, SETTLS, PARENT_SETTID, PIDFD | PARENT_SETTID, CHILD_CLEARTID, DETACHED];
        for (const signal of signals)
          for (const f of [...flags.map(BigInt), 1n << 32n, 1n << 63n, 0xffffff00n]) {
            script.call(CLONE, f | BigInt(signal), 0x1234, ids, ids + 4, 0x55);
            script.call(CLONE, f | BigInt(signal), 0, 1, 2, 0);
          }
        for (const call of [UNSHARE, SETNS]) script.call(call, DETACHED | 0x200, DETACHED | 0x20000);
      },
    ],
  ],
  peers,
);

test(...needs("what new tasks are called", peers), () => {
  const script = new Script();
  const ones = script.at(struct().u32(1, 1).done());
  for (const f of [PIDFD, PARENT_SETTID, PIDFD | PARENT_SETTID]) {
    script.call(CLONE, f | SIGCHLD, 0, ones, ones + 4, 0);
    const args = { flags: f, pidfd: ones, parentTid: ones + 4, setTid: ones, setTidSize: 2 };
    script.call(CLONE3, script.at(cloneArgs(args)), 88);
  }
  for (const options of [["-y"], ["-Y"], ["-y", "-Y"], ["-s", "1"]])
    expect(compareCalls(script, { options, result: 1 }).differences).toEqual([]);
  expect(some(differencesOf(script))).toEqual([]);
});

const [PEEKUSER, GETREGS, SETREGS, GETFPREGS, SETFPREGS] = [3, 12, 13, 14, 15];
const [GETREGSET, SETREGSET, PEEKSIGINFO, GET_SYSCALL_INFO] = [0x4204, 0x4205, 0x4209, 0x420e];
const NT_X86_XSTATE = 0x202;
const ENTRY = 1;
const [X86_64, I386, AARCH64] = [0xc000003e, 0x40000003, 0xc00000b7];

compareEach(
  [
    [
      "registers by ptrace",
      (script) => {
        const bytes = script.at(recognisable(8192));
        for (const request of [GETREGS, SETREGS, GETFPREGS, SETFPREGS])
          for (const p of [bytes, 0, 1, script.end - 100]) script.call(PTRACE, request, 5, 0, p);
        for (const request of [GETREGSET, SETREGSET]) {
          const one = (type: number, length: number | bigint, base: number = bytes) =>
            script.call(PTRACE, request, 5, type, script.at(struct().u64(base, length).done()));
          for (const type of [1, 2]) {
            for (const length of [0, 1, 7, 8, 16, 24, 27, 32, 100, 160, 200, 216, 217, 416, 420, 512, 513])
              one(type, length);
            for (const length of [600, 4096, 1n << 40n]) one(type, length);
            one(type, 216, 1);
          }
          for (const type of [3, NT_X86_XSTATE, 0x200]) one(type, 216);
          for (const p of [0, 1, script.end - 8]) script.call(PTRACE, request, 5, 1, p);
        }
      },
    ],
    [
      "members of struct user, and what has no address",
      (script) => {
        const bytes = script.at(recognisable(1024));
        for (let offset = 120; offset <= 240; offset++) script.call(PTRACE, PEEKUSER, 5, offset, bytes);
        const peek = script.at(struct().u64(0).u32(0, 3).done());
        for (const p of [0, 1, peek])
          for (const data of [0, bytes]) script.call(PTRACE, PEEKSIGINFO, 5, p, data);
      },
    ],
  ],
  peers,
);

test(...needs("numbers of calls of other machines", peers), () => {
  const script = new Script();
  for (const arch of [X86_64, I386, AARCH64])
    for (const nr of [0, 4, 1000, 0x40000001]) {
      const info = struct().u8(ENTRY).pad(4).u32(arch).u64(1, 2, nr, 1, 2, 3, 4, 5, 6).done();
      script.call(PTRACE, GET_SYSCALL_INFO, 5, 88, script.at(info));
    }
  for (const options of [[], ["-X", "raw"], ["-X", "verbose"]])
    expect(compareCalls(script, { options, result: 80 }).differences).toEqual([]);
});

/** What the registers of a child are called, and how long their sets are, by a tracer. */
async function registersBy(...tracer: readonly string[]): Promise<string[]> {
  const out = join(tempDir("registers"), "trace");
  const args = [...tracer.slice(1), "-e", "trace=ptrace", "-e", "signal=none", "-o", out];
  await run([tracer[0], ...args, compiled("registers")]);
  return readFileSync(out, "utf8")
    .split("\n")
    .map((line) =>
      line.replace(/0x[0-9a-f]+|\b\d{3,}(?=, NT|, \{)|=0\b/g, "N").replace(/N, (?=N|\.\.\.)/g, ""),
    )
    .map((line) => line.replace(/=N/g, "N").replace(/ptrace\((\w+), \d+/, "ptrace($1, P"));
}

test(...needs("registers of a stopped child", peers), async () => {
  const strace = await registersBy("strace");
  expect(strace.length).toBeGreaterThan(12);
  expect(await registersBy(svtracePath, "strace")).toEqual(strace);
});
test(...needs("registers of a stopped child, by the bpf engine", peers, noBpf()), async () => {
  expect(await registersBy(svtracePath, "strace", "--engine", "bpf")).toEqual(await registersBy("strace"));
});

const [PERSONALITY, PRCTL, ARCH_PRCTL, SET_THREAD_AREA, GET_THREAD_AREA] = [135, 157, 158, 205, 211];

test(...needs("operations of prctl and arch_prctl, and what they give", peers), () => {
  const script = new Script();
  const [getSecurebits, getDumpable, getSve, getSme, getTagged] = [27, 3, 51, 64, 56];
  for (const operation of [getSecurebits, getDumpable, getSve, getSme, getTagged])
    script.call(PRCTL, operation);
  const [setSve, setSme, getSpeculation, setTagged] = [50, 63, 52, 55];
  for (const operation of [setSve, setSme])
    for (const value of [0, 0x10, 0x20010, 0x40010, 0x60010, 0xe0010]) script.call(PRCTL, operation, value);
  for (const which of [0, 1, 2, 3, 1n << 32n]) script.call(PRCTL, getSpeculation, which);
  for (const value of [0, 1, 3, 5, 7, 0x18, 0x7fff8, 0x80000, 1n << 32n])
    script.call(PRCTL, setTagged, value, 1, 2, 3);
  const numbers = script.at(struct().u64(5, 6).done());
  for (const operation of [0x1021, 0x1022, 0x1023, 0x1024, 0x1025, 0x1026])
    for (const value of [3, 18, numbers]) script.call(ARCH_PRCTL, operation, value);
  const outcomes = [0x1e, 0, 1, 8, 0x60].map((result) => ({ result }));
  expect(some(differencesAfter(script, outcomes, [[], ["-X", "raw"], ["-X", "verbose"]]))).toEqual([]);
});

test(...needs("segments and personalities", peers), () => {
  const script = new Script();
  for (const entry of [7, -1]) {
    const segment = script.at(struct().u32(entry, 1, 2, 3).done());
    for (const call of [SET_THREAD_AREA, GET_THREAD_AREA]) script.call(call, segment);
  }
  for (let kind = 0; kind < 0x1a; kind++) script.call(PERSONALITY, kind);
  for (const flags of [0x80000, 0x800000, 0x4000000, 0x8000000])
    for (const kind of [0, 1, 8, 9]) script.call(PERSONALITY, flags | kind);
  for (const persona of [0x5000003, 0x7000006, 0x12345678, 0xffffffff]) script.call(PERSONALITY, persona);
  expect(some(differencesOf(script))).toEqual([]);
});
