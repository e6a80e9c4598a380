/** 32-bit and x32 programs under strace and under ours: every call with arguments of all sorts, and real ones. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareCalls, type Difference, Script } from "../differential/calls.ts";
import { missing, same } from "../differential/same.ts";
import {
  compiled,
  debian,
  lacks,
  needs,
  no32Bit,
  noBpf,
  run,
  svtrace,
  svtracePath,
  tempDir,
} from "../helpers.ts";

const peers = lacks("strace", "gcc");
const EINVAL = 22;
const X32_BIT = 0x40000000;
const SOCKETCALL = 102;
const IPC = 117;

const no32 = no32Bit();

const pattern = (length: number) => Uint8Array.from({ length }, (_, i) => (7 * i + 1) & 255);

/** Words of 32 bits. */
function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, n] of values.entries()) bytes.writeUInt32LE(n >>> 0, 4 * i);
  return bytes;
}

/** Argument lists that are tried with every call. */
function argumentLists(script: Script): readonly (readonly (number | bigint)[])[] {
  const bytes = script.at(pattern(4096), 4096);
  const zero = script.at(new Uint8Array(8192), 4096);
  const text = script.at(Buffer.from("/some/path\0".padEnd(100, "\0")));
  const numbers = script.at(words(...Array.from({ length: 32 }, (_, i) => i + 1)));
  const vector = script.at(words(text, 4, numbers, 8, 0, 0, 0, 0));
  const strings = script.at(words(text, text, 0, 0, text, 5, 0, 0));
  const all = (n: number | bigint) => Array.from({ length: 6 }, () => n);
  return [
    ...[0, -1, 5, 1, 2, bytes, zero, text, numbers, script.end - 4, script.end, 0x7fffffff, 0x3f].map(all),
    [0x11111111, 0x22222222, 0x33333333, 0x44444444, 0x55555555, 0x66666666],
    [0x123456789n, 0x223456789n, 0x323456789n, 0x423456789n, 0x523456789n, 0x623456789n],
    [3, text, 0o102, 0o644],
    [text, 3, 5, 7, 9, 11],
    [-100, text, bytes],
    [1, numbers, 16, numbers, 16],
    [3, bytes, 64, 0, zero],
    [3, vector, 2, 5, 6, 7],
    [0, bytes, bytes, 8],
    [zero, zero, 4096],
    [strings, strings, strings, 8],
    [1, 2, 3, numbers, numbers, numbers],
    [1, 2, 4, 8, 16, 32],
    [64, 128, 256, 512, 1024, 2048],
    [4096, 8192, 16384, 32768, 65536, 131072],
  ];
}

/** Those that end the program or start another whatever the filter says. */
const left = {
  i386: [1, 2, 11, 119, 120, 173, 190, 252, 358, 435],
  x32: [15, 56, 57, 58, 59, 60, 231, 322, 435, 513, 520, 545],
};
/** What strace 6.1 has no names for. */
const newer = (nr: number) => nr >= 451 && nr < 512;

const names = (differences: readonly Difference[]) => {
  const counts = new Map<string, number>();
  for (const { strace } of differences) {
    const name = /^[\w#]+/.exec(strace)?.[0] ?? strace;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, n]) => `${name} ${n}`).join(", ");
};

/** Calls that no 64-bit program makes, and those whose arguments are elsewhere: these are alike to the last. */
const own = {
  i386: /^(stime|signal|sgetmask|ssetmask|sigsuspend|sigpending|sigprocmask|readdir|old\w*stat|oldselect|u?getrlimit|setrlimit|[lf]?chown(32)?|[gs]et(re|res)?[ug]id(32)?|getgroups(32)?|setfs[ug]id(32)?|_llseek|f?truncate64|p(read|write)64|p(read|write)v|fadvise64(_64)?|sync_file_range|readahead|lookup_dcookie|[fl]?stat64|fstatat64|statfs64|fstatfs64|mmap|waitpid|bdflush|socketcall|ustat|get_thread_area|(timer(fd)?_[gs]ettime|utimensat_time|semtimedop_time|sched_rr_get_interval_time)64)\(/,
  x32: /^(\w+#64|preadv|pwritev|rt_sigpending|get_robust_list|utime|times|time|sysinfo|lseek|modify_ldt)\(/,
};
for (const [abi, error, least] of [
  ["i386", 0, 0.93],
  ["i386", EINVAL, 0.94],
  ["x32", 0, 0.93],
  ["x32", EINVAL, 0.94],
] as const) {
  test(...needs(`every call of ${abi}, errno ${error}`, peers, abi === "i386" ? no32 : ""), () => {
    const script = new Script();
    const lists = argumentLists(script);
    const mask = abi === "i386" ? 0xffffffffn : 0xffffffffffffffffn;
    for (let nr = 0; nr < (abi === "i386" ? 451 : 548); nr++) {
      if (left[abi].includes(nr) || newer(nr)) continue;
      const number = abi === "x32" ? nr + X32_BIT : nr;
      for (const args of lists) script.call(number, ...args.map((n) => BigInt(n) & mask));
    }
    const { lines, differences } = compareCalls(script, { error, abi: abi === "i386" ? 32 : 64 });
    const wrong = differences.filter((d) => own[abi].test(d.strace));
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(1 - differences.length / lines, names(differences)).toBeGreaterThan(least);
  });
}

test(...needs("calls made through socketcall, ipc and the old select and mmap", peers, no32), () => {
  for (const error of [0, EINVAL]) {
    const script = new Script();
    const bytes = script.at(pattern(4096), 4096);
    const text = script.at(Buffer.from("/some/path\0".padEnd(100, "\0")));
    const numbers = script.at(words(...Array.from({ length: 32 }, (_, i) => i + 1)));
    const vector = script.at(words(text, 4, numbers, 8, 0, 0, 0, 0));
    const name = script.at(Buffer.from("\x01\0/tmp/socket".padEnd(110, "\0")));
    const length = script.at(words(110, 0));
    const header = script.at(words(name, 110, vector, 2, 0, 0, 0));
    const message = script.at(words(numbers, 42));
    const { end } = script;
    for (let number = 0; number < 27; number++)
      for (const version of [0, 1, 0x1234])
        for (const p of [0, 5, text, numbers, message, end - 8, end])
          for (const [second, third] of [
            [2, 64],
            [2, 0x10c],
            [12, 16],
          ])
            script.call(IPC, (version << 16) | number, 7, second, third, p, version === 0 ? 9 : numbers);
    const lists = [
      [1, 1, 0],
      [2, 3, 0],
      [3, name, 110],
      [3, name, length],
      [3, header, 0x40],
      [3, bytes, 16, 0x40, name, 110],
      [3, bytes, 16, 0, name, length],
      [3, 1, 2, text, 4],
      [3, 1, 2, text, length],
      [2, 1, 0, message],
      [0, 4096, 3, 0x22, -1, 0],
    ];
    const blocks = lists.map((l) => script.at(words(...l, ...Array(6).fill(0)).subarray(0, 24)));
    for (const p of [...blocks, 0, 5, end - 12, end - 8, end]) {
      for (let number = -1; number < 22; number++) script.call(SOCKETCALL, number & 0xffffffff, p);
      for (const nr of [82, 90]) script.call(nr, p, 1, 2, 3, 4, 5);
    }
    const { lines, differences } = compareCalls(script, { error, abi: 32 });
    const shapes = differences.filter((d) => /^\w+/.exec(d.strace)?.[0] !== /^\w+/.exec(d.ours)?.[0]);
    expect(shapes).toEqual([]);
    expect(1 - differences.length / lines, names(differences)).toBeGreaterThan(0.9);
  }
});

/** What is written about a command; what differs from run to run, and when a child's end is told, is left out. */
async function traced(tracer: readonly string[], options: readonly string[], command: readonly string[]) {
  const out = join(tempDir("compat"), "trace");
  const r = await run(["setarch", "-R", ...tracer, ...options, "-o", out, ...command]);
  expect(r.status, r.stderr).toBe(0);
  return readFileSync(out, "latin1")
    .replace(/^.*(SIGCHLD|execve\().*\n/gm, "")
    .replace(/^\d+ +/gm, "")
    .replace(/^(.{0,10}\b(?:sem|msg|shm)get\(.*\) += )\d+/gm, "$1ID")
    .replace(/^(.{0,10}\b(?:sem|msg|shm)(?:op|ctl|timedop|snd|rcv|at)\()\d+/gm, "$1ID")
    .replace(/(PID=|si_pid=|kill\(|_tid=\[)\d{2,}/gm, "$1PID")
    .replace(/^(.{0,22}\b(?:getp?pid|set_tid_address|waitpid|wait4|v?fork|clone3?)\(.* = )\d{2,}/gm, "$1PID")
    .replace(/^(wait4|waitpid)\(\d+/gm, "$1(PID")
    .replace(/\btv_(u|n)sec=\d+/g, "tv_$1sec=T")
    .replace(/getrandom\("[^"]*"/g, "getrandom(RANDOM")
    .split("\n");
}

const ours = [svtracePath, "strace"];
const strace = debian("strace") ?? "strace";
const bpfToo: readonly (readonly [string, readonly string[], string])[] = [
  ["ptrace", [], ""],
  ["bpf", ["--engine", "bpf"], noBpf()],
];

for (const [name, engine, lack] of bpfToo) {
  test(...needs(`a 32-bit program's real calls, ${name}`, peers, no32, lack), async () => {
    const command = [compiled("legacy-calls", "-m32")];
    for (const options of [
      [],
      ["-v", "-s", "3"],
      ["-e", "trace=socket,select,semop,sigreturn"],
      ["-e", "trace=ipc,select@32,openat@64"],
      ["-e", "trace=socket@64,socketcall"],
      ["-e", "trace=%ipc,%creds,%statfs"],
      ["-n", "-e", "trace=%net,%ipc,select,mmap", "-e", "signal=none"],
    ]) {
      const [theirs, us] = await Promise.all([
        traced([strace], options, command),
        traced(ours, [...engine, ...options], command),
      ]);
      // what the last call was when a program ends depends on whether that is among those wanted
      const lines = (all: readonly string[]) => all.filter((l) => !l.includes("+++ exited"));
      expect(lines(us), options.join(" ")).toEqual(lines(theirs));
      expect(theirs.length).toBeGreaterThan(2);
    }
  });
}

test(...needs("a 32-bit program's calls counted in the kernel", peers, no32, noBpf()), async () => {
  const command = [compiled("legacy-calls", "-m32")];
  const counted = async (...tracer: string[]) => {
    const out = join(tempDir("counts"), "table");
    const r = await svtrace([...tracer, "-f", "-c", "-o", out, ...command]);
    expect(r.stderr).toBe("");
    const names = readFileSync(out, "latin1").match(/(?<=^ *\d.* )\S+$/gm)!;
    // numbers without a name share a row
    return new Set(names.filter((name) => !/^(total|exit|exit_group|syscall_0x.*|\(unknown\))$/.test(name)));
  };
  const byStops = await counted("strace", "--engine", "ptrace");
  expect(byStops).toContain("socket");
  expect(byStops).toContain("semget");
  expect(await counted("trace", "--engine", "bpf")).toEqual(byStops);
});

test(...needs("from 64 to 32 bits and back by exec", ...missing, no32), async () => {
  const file = join(tempDir("compat"), "file");
  const program = compiled("compat", "-m32");
  await same(["-e", "trace=execve,write,writev,mkdir,fstat64,stat64"], [program, file]);
  const script = [`${program} "$0"`, "exec /bin/echo back"].join("; ");
  const lines = (all: readonly string[]) => all.map((l) => l.replace(/^\d+ +/, "")).sort();
  for (const options of [
    ["-f", "-e", "trace=/^(write|writev|mkdir|pread64)$"],
    ["-f", "-e", "trace=writev@32,write@64"],
    ["-f", "-e", "quiet=personality", "-e", "trace=mkdir"],
  ]) {
    const command = ["/bin/sh", "-c", script, file];
    const theirs = await traced([strace], options, command);
    expect(lines(await traced(ours, options, command))).toEqual(lines(theirs));
    expect(theirs.length).toBeGreaterThan(3);
  }
});

test(...needs("calls of several ABIs in one program", ...missing, no32), async () => {
  for (const options of [[], ["-n"], ["-i"], ["-e", "trace=getppid@x32"], ["-e", "trace=getppid@32"]]) {
    const command = [compiled("abis")];
    const [theirs, us] = await Promise.all([
      traced([strace], options, command),
      traced(ours, options, command),
    ]);
    const lines = (all: readonly string[]) => all.map((l) => l.replace(/(getppid\(\) += )\d+/, "$1PID"));
    expect(lines(us)).toEqual(lines(theirs));
  }
});
