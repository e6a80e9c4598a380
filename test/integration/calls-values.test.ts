/** Arguments whose text follows rules of their own, call by call; every line must be strace's. */
import { expect, test } from "vitest";
import { x32, x86_64 } from "../../src/abi/generated/syscalls.ts";
import { compareCalls, Script } from "../differential/calls.ts";
import { lacks, needs } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const X32_BIT = 0x40000000;
const EINVAL = 22;
type Value = number | bigint;

/** Integers of 32 bits (numbers) and 64 (bigints), one after the other. */
function packed(...values: readonly Value[]): Buffer {
  return Buffer.concat(
    values.map((v) => {
      const bytes = Buffer.alloc(typeof v === "bigint" ? 8 : 4);
      if (typeof v === "bigint") bytes.writeBigUInt64LE(BigInt.asUintN(64, v));
      else bytes.writeUInt32LE(v >>> 0);
      return bytes;
    }),
  );
}
const padded = (size: number, ...values: readonly Value[]) => {
  const bytes = packed(...values);
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, size - bytes.length))]);
};

/** A script whose calls are named. */
class Named {
  readonly script = new Script();
  readonly text = this.script.at(Buffer.from("name\0"));

  at(...values: readonly Value[]): number {
    return this.script.at(padded(256, ...values));
  }
  call(name: string, ...args: readonly Value[]): void {
    const nr = x86_64.indexOf(name);
    if (nr < 0) throw new Error(`no call ${name}`);
    this.script.call(nr, ...args);
  }
}

const everyX: readonly (readonly string[])[] = [
  [],
  ["-v"],
  ["-X", "raw"],
  ["-v", "-X", "verbose"],
  ["-e", "verbose=none"],
];

const parts: ((s: Named) => void)[] = [];
/** Calls of a kind, whose lines must be strace's whatever the outcome and however numbers are shown. */
function alike(build: (s: Named) => void): void {
  parts.push(build);
}

// mount with the magic number of old
alike((s) => {
  for (const flags of [0xc0ed0000, 0xc0ed0001, 0xc0ed0021, 0xc0ed1000, 0x1c0ed0001, 0x20001, 0x100000020])
    s.call("mount", s.text, s.text, s.text, flags, s.text);
});

// mount_setattr's propagation, and what follows the struct
alike((s) => {
  for (const kind of [0, 1, 0x20000, 0x40000, 0x80000, 0x100000, 0x1000, 0xc0000])
    s.call("mount_setattr", -100, s.text, 0, s.at(1n, 2n, BigInt(kind), 3n), 32);
  const last = s.script.at(packed(1n, 2n, 0n, 3n), 4096);
  s.script.at(Buffer.alloc(4096 - 64));
  for (const size of [32, 40, 4096, -1]) {
    s.call("mount_setattr", -100, s.text, 0, last, size);
    s.call("openat2", -100, s.text, last, size);
    s.call("landlock_create_ruleset", last, size, 0);
  }
});

// files opened with half of O_SYNC
alike((s) => {
  for (const flags of [0x100000, 0x101000, 0x1000, 0x110002]) {
    s.call("open", s.text, flags);
    s.call("fcntl", 1, 4, flags);
  }
});

// keyctl
alike((s) => {
  const KEYCTL_SET_REQKEY_KEYRING = 14;
  const KEYCTL_DH_COMPUTE = 23;
  for (let keyring = -2; keyring < 10; keyring++) s.call("keyctl", KEYCTL_SET_REQKEY_KEYRING, keyring);
  const [name, spare] = [BigInt(s.text), [3, 4]];
  const params = s.at(1, 2, -1);
  for (const kdf of [s.at(name, name, 4), s.at(name, name, 4, ...spare), 0, 1])
    s.call("keyctl", KEYCTL_DH_COMPUTE, params, s.text, 4, kdf);
});

// perf_event_open on CPUs of several kinds
alike((s) => {
  const attr = (type: number, config: bigint) => s.script.at(padded(128, type, 112, config));
  for (const [type, config] of [
    [0, 0x800000000n],
    [0, 0xffffffff00000063n],
    [0, 5n],
    [1, 0x100000001n],
    [3, 0x400000000n],
    [3, 0x800010002n],
    [3, 0xff000005n],
    [3, 0x12ff0a0b0cn],
  ] as const)
    s.call("perf_event_open", attr(type, config), 0, -1, -1, 8);
});

// bpf, as long as its attributes are
alike((s) => {
  const full = s.at(5, 1, 2, 3, 4, 5, 6, 7);
  const zero = s.at(0);
  const sizes: readonly (readonly [command: number, ...sizes: readonly number[]])[] = [
    [1, 24, 32],
    [9, 3, 12, 16, 20],
    [11, 4, 8, 12, 16],
    [12, 4, 8, 12, 16],
    [13, 3, 4, 8, 12, 16],
    [14, 4, 8, 12, 16],
    [15, 3, 4, 6, 16],
    [16, 3, 24, 26],
    [20, 3, 12, 14],
    [21, 24, 32],
    [23, 8, 12],
    [24, 3, 32, 33, 56],
    [26, 3, 34, 56],
    [28, 16],
    [31, 8, 12],
  ];
  for (const [command, ...some] of sizes)
    for (const size of some) for (const attr of [full, zero]) s.call("bpf", command, attr, size);
  // how much of the log is shown: as much as there is room for
  const name = BigInt(s.text);
  for (const room of [0, 1, 3, 4, 5, 100])
    for (const log of [name, 0n, 7n]) s.call("bpf", 5, s.at(1, 0, 0n, name, 1, room, log, 0, 0), 48);
});

// numbers that have a name in part
alike((s) => {
  for (const prio of [0, 5, 0x2004, 0x6005, 0xe000, -1]) {
    s.call("ioprio_set", 1, 5, prio);
    s.call("ioprio_get", 1, prio);
  }
  for (const mode of [0o56000, 0o50644, 0o100644, 0o170000, 0o4755]) {
    s.call("mknod", s.text, mode, 5);
    s.call("stat", s.text, s.at(1n, 2n, 3n, mode, 5, 6));
  }
  const pages = s.at(0, -1, -2, -45, -134, -4095);
  s.call("move_pages", 0, 6, pages, pages, pages, 2);
  for (const flags of [0, 4, 8, 0xc, 0x1c, 0x11, 0x8000000c]) s.call("fanotify_init", flags, 0);
  for (const flags of [0, 1, 4, 0x20, 0x24, 0x54000000, 0x54000020, 0x54000024])
    s.call("memfd_create", s.text, flags);
  for (const flags of [0, 1, 7, 8, 0x10]) s.call("get_mempolicy", 0, 0, 0, 0, flags);
});

// sched_setattr that keeps a policy that is none
alike((s) => {
  for (const policy of [0, -1, 0x80000000])
    for (const flags of [0, 8, 16, 24])
      s.call("sched_setattr", 0, s.at(48, policy, BigInt(flags), 1, 2, 3n), 0);
});

// more values than the kernel takes
alike((s) => {
  const many = s.script.at(Buffer.alloc(65536 * 4 + 4096), 4096);
  for (const count of [65536, 65537, 0x7fffffff, -1]) s.call("setgroups", count, many);
  for (const count of [0, 16, 17, 1n << 40n]) s.call("kexec_load", 1, count, many, 0);
  for (const count of [128, 129, -1]) s.call("futex_waitv", many, count, 0, 0, 0);
  for (const count of [0, 1, 2]) s.call("io_uring_register", 3, 22, s.at(4096n, 8, 1), count);
  for (const length of [0, 1, 4097]) for (const p of [many, 0, 1]) s.call("mincore", 4096, length, p);
  for (const action of [0, 2, 3, 4, 8, 11]) for (const n of [-1, 5]) s.call("syslog", action, s.text, n);
});

// statx, where how to synchronise is a number of its own
alike((s) => {
  for (const flags of [0x2000, 0x6100, 0x4801, 0x80006000]) s.call("statx", -100, s.text, flags, 0, 0);
});

// signals that are not sent, handles, masks of nothing
alike((s) => {
  for (const signal of [0, 10, 34, 65, -1])
    for (const notify of [0, 1, 2, 3, 4, 5]) {
      const event = s.at(5n, signal, notify, 7n, 8n);
      s.call("timer_create", 0, event, 0);
      s.call("mq_notify", 3, event);
    }
  for (const bytes of [8, -1, 0x800000]) {
    s.call("name_to_handle_at", -100, s.text, s.at(bytes, 1), 0, 0);
    s.call("open_by_handle_at", 3, s.at(bytes, 1), 0);
  }
  s.call("get_mempolicy", 0, s.text, 0, 0, 0);
  for (const count of [0, 1, 3])
    for (const p of [s.at(1, 2, 3), 0, 1]) s.call("io_uring_register", 3, 19, p, count);
});

// classic BPF of seccomp, whatever its codes
alike((s) => {
  const codes = [...Array(256).keys(), 0x100, 0x1006, 0xffff];
  const program = codes.flatMap((code) => [packed(code, 3), packed(code | 0x2010000, 0x50001)]);
  const filter = s.script.at(Buffer.concat(program));
  const at = (count: number, p: number) => s.at(count, 0, BigInt(p));
  for (const prog of [at(program.length, filter), at(0, filter), at(3, 0), at(3, 1), 1]) {
    s.call("seccomp", 1, 0, prog);
    s.call("prctl", 22, 2, prog);
    s.call("setsockopt", 1, 1, 26, prog, 16);
  }
  for (const p of [filter, 0, 1]) s.call("ptrace", 0x420c, 5, 0, p);
});

// what memory ends in or behind; nothing may be put there after this
alike((s) => {
  // a handle that is longer than what is there of it
  s.script.at(Buffer.concat([Buffer.alloc(4096 - 100), Buffer.alloc(100, 0xff)]), 4096);
  const { end } = s.script;
  s.call("open_by_handle_at", 3, end - 100, 0);
  for (const size of [24, 32, 40, 4096, -1]) {
    s.call("mount_setattr", -100, s.text, 0, end - 32, size);
    s.call("openat2", -100, s.text, end - 24, size);
  }
  for (const room of [8, 15, 16, 24]) {
    s.call("msgsnd", 1, end - room, 0, 0);
    s.call("msgrcv", 1, end - room, 4, 0, 0);
    s.call("io_uring_register", 3, 19, end - room, 3);
  }
});

for (const options of everyX)
  test(...needs(`what has rules of its own: ${options.join(" ")}`, peers), () => {
    const s = new Named();
    for (const part of parts) part(s);
    for (const outcome of [{}, { error: EINVAL }, { result: 5 }]) {
      const { lines, differences } = compareCalls(s.script, { ...outcome, options });
      expect(differences, JSON.stringify(outcome)).toEqual([]);
      expect(lines).toBeGreaterThan(300);
    }
  });

test(...needs("x32: counts of 32 bits, addresses of 64", peers), () => {
  const s = new Named();
  const call = (name: string, ...args: readonly Value[]) =>
    s.script.call(x32.indexOf(name) + X32_BIT, ...args);
  const zero = s.at(0);
  for (const n of [2, -1, 0xffffffff, 0x100000002, 0x80000000, 0]) {
    call("io_getevents", 5, n, n, zero, 0, 0);
    call("io_pgetevents", 5, n, n, zero, 0, 0);
    call("io_submit", 5, n, zero);
  }
  for (const p of [0xdeadbeef00001000n, 0x110001000n, -1n, 0n])
    for (const length of [0, 1]) {
      call("write", 3, p, length);
      call("add_key", s.text, s.text, p, length, 0);
      call("getrandom", p, length, 0);
    }
  for (const outcome of [{}, { error: EINVAL }]) {
    const { lines, differences } = compareCalls(s.script, outcome);
    expect(differences).toEqual([]);
    expect(lines).toBeGreaterThan(40);
  }
});
