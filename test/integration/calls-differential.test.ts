/** What single calls print, for every call and ioctl command, with arguments of all sorts. */
import { expect, test } from "vitest";
import { ioctls } from "../../src/abi/generated/ioctls.ts";
import { argumentLists, places } from "../differential/call-arguments.ts";
import { compareCalls, type Difference, Script, tracedCalls } from "../differential/calls.ts";
import { lacks, long, needs, no32Bit } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const IOCTL = 16;
const EINVAL = 22;

const pattern = (length: number) => Uint8Array.from({ length }, (_, i) => (7 * i + 1) & 255);

function words(...values: readonly (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((n, i) => void bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(n)), 8 * i));
  return bytes;
}

const some = (differences: readonly Difference[]) => differences.slice(0, 5);
const names = (differences: readonly Difference[]) =>
  [...new Set(differences.map((d) => /^\w+/.exec(d.strace)?.[0] ?? d.strace))].sort();

/** Families of commands whose every argument is shown as strace shows it. */
const complete =
  /^(TC|TIOC|FIO|BLK|SIOC|NBD_|LOOP_(CLR|CTL|SET_(FD|CAP|DIRECT|BLOCK))|FI(TRIM|CLONE|DEDUPE|FREEZE|THAW)|FS_IOC|RTC_|WDIOC|RND|NS_|INOTIFY|UFFDIO|SECCOMP_IOCTL_NOTIF_(SEND|ID|ADDFD)|PERF_EVENT_IOC_(EN|DIS|RESET|REF|PERIOD|ID|SET|PAUSE|QUERY)|SG_|DM_|VIDIOC|EVIOC|BTRFS|GPIO|TEE|PTP|KVM|MEM|UBI|ECC|OTP|LIRC|COUNTER)/;
const unlike = /^(SIOC(PROTO|DEV)PRIVATE|TIOCGPTPEER|BLKTRACESETUP)/;

for (const error of [0, EINVAL]) {
  test(...needs(`every ioctl command, ${error ? "failing" : "succeeding"}`, peers), () => {
    const script = new Script();
    const pointers = [script.at(pattern(8192), 4096), script.at(new Uint8Array(8192), 4096), 0, 3];
    for (const [cmd] of ioctls) for (const p of pointers) script.call(IOCTL, -1, cmd, p);
    const { lines, differences } = compareCalls(script, { error });
    const wrong = differences.filter((d) => {
      const name = /^ioctl\(-1, (\w+)/.exec(d.strace)?.[1] ?? "";
      return complete.test(name) && !unlike.test(name);
    });
    expect(some(wrong)).toEqual([]);
    expect(1 - differences.length / lines).toBeGreaterThan(0.97);
  });
}

/** Argument lists that are tried with every call. */
function plainLists(script: Script): readonly (readonly (number | bigint)[])[] {
  const bytes = script.at(pattern(4096), 4096);
  const zero = script.at(new Uint8Array(8192), 4096);
  const text = script.at(Buffer.from("/some/path\0".padEnd(100, "\0")));
  const numbers = script.at(words(...Array.from({ length: 16 }, (_, i) => i + 1)));
  const vector = script.at(words(text, 4, numbers, 8, 0, 0, 0, 0));
  const strings = script.at(words(text, text, 0, 0, text, 5, 0, 0));
  const all = (n: number | bigint) => Array.from({ length: 6 }, () => n);
  const { end } = script;
  return [
    ...[0, -1, 5, 1, 2, bytes, zero, text, end - 4, 0x7fffffff, 0x123456789abcdef0n, 0x3f].map(all),
    [3, text, 0o102, 0o644],
    [text, 3, 5, 7, 9, 11],
    [-100, text, bytes],
    [-100, text, 0o2102101, 0o600],
    [1, numbers, 16, numbers, 16],
    [3, bytes, 64, 0, zero],
    [3, vector, 2],
    [3, zero, 8, zero, 8],
    [0, bytes, bytes, 8],
    [2, 1, bytes, 64, 5],
    [zero, zero, 4096],
    [strings, strings, strings, 8],
    [text, strings, strings],
    [1, 2, 4, 8, 16, 32],
    [64, 128, 256, 512, 1024, 2048],
    [4096, 8192, 16384, 32768, 65536, 131072],
  ];
}

/** Calls that end the program or start another whatever the filter says, or that differ because strace lacks them. */
const left = {
  64: [15, 57, 58, 59, 60, 231, 322, 451],
  32: [1, 2, 11, 119, 120, 173, 190, 252, 358, 435, 451],
};

for (const [abi, error, least] of [
  [64, 0, 0.98],
  [64, EINVAL, 0.98],
  [32, 0, 0.92],
] as const) {
  test(
    ...needs(
      `every call of ${abi === 64 ? "x86-64" : "i386"}, errno ${error}`,
      peers,
      abi === 32 ? no32Bit() : "",
    ),
    () => {
      const script = new Script();
      const lists = plainLists(script);
      const mask = abi === 32 ? 0xffffffffn : 0xffffffffffffffffn;
      for (let nr = 0; nr < 452; nr++) {
        if (left[abi].includes(nr) || (abi === 64 && nr >= 335 && nr < 424)) continue;
        for (const args of lists) script.call(nr, ...args.map((n) => BigInt(n) & mask));
      }
      const { lines, differences } = compareCalls(script, { error, abi });
      const equal = 1 - differences.length / lines;
      expect(equal, `differ: ${names(differences).join(" ")}`).toBeGreaterThan(least);
      // the commonest calls, with any arguments
      const common =
        /^(open|openat|close|lseek|write|mprotect|munmap|brk|access|pipe2?|dup[23]?|getpid|nanosleep|clone3?|rename|mkdir|rmdir|unlink|chmod|fcntl|getcwd|chdir|execve|epoll_wait|eventfd2?|accept4?|bind|connect|listen|kill|tgkill|prlimit64|getdents64|setitimer)\(/;
      expect(some(differences.filter((d) => abi === 64 && common.test(d.strace)))).toEqual([]);
    },
  );
}

/** Differences that are meant: strace is wrong, or says less, or Debian's release is behind. */
const meant: readonly RegExp[] = [
  // unknown bits and the mode are run into one number, 0x3000|0644 as 0x30000644
  /^(sem|msg)get\(/,
  // later releases know SCHED_RESET_ON_FORK and SCHED_EXT here
  /^sched_setscheduler\(/,
  // commands with arguments of their own that Debian's release does not know
  /^fcntl\(.*\/\* F_\?\?\? \*\//,
  /^fcntl\(\S+ 0x4(03|04|0b|0c|0d|0e)\b/,
  // attributes that came after Debian's release, which shows an address for four commands whose attributes it could
  // know (BPF_ENABLE_STATS, BPF_ITER_CREATE, BPF_LINK_DETACH, BPF_PROG_BIND_MAP): what they are about says more
  /^bpf\(/,
  // Debian's release knows the later flags for mount_setattr only
  /^fsmount\(/,
  // the flags that say how to synchronise are left out with -X raw
  /^statx\(.*, \|0x/,
  // a version is no descriptor, nor is what mount_setattr returns
  /^(landlock_create_ruleset|mount_setattr)\(.*<socket:/,
  // directory entries that no kernel gives
  /^getdents(64)?\(/,
];
const asMeant = (d: Difference): boolean => meant.some((m) => m.test(d.strace));

/**
 * Calls that end the program or start another whatever the filter says, that show the stack, what came before or the
 * time, or that differ because strace lacks them.
 */
const left64 = [15, 57, 58, 59, 60, 219, 231, 322];
const LAST_KNOWN = 450;

/** Of those that are much alike the first is tried, unless there is time for all. */
const seldom = new Set(["-x", "-s 4", "-e raw=all", "-Y"]);

/** Every option that changes how arguments look, with the share of lines that must be the same. */
for (const [options, outcome, least] of [
  [[], {}, 0.997],
  [[], { error: EINVAL }, 0.998],
  [["-v"], {}, 0.997],
  [["-v"], { result: 8 }, 0.99],
  [["-x"], {}, 0.997],
  [["-X", "raw"], {}, 0.997],
  [["-e", "verbose=none"], {}, 0.99],
  [["-e", "raw=all"], { result: 8 }, 1],
  [["-s", "4"], { error: EINVAL }, 0.996],
  [["-y"], {}, 0.997],
  // process 1 is always there
  [["-Y"], { result: 1 }, 0.99],
  [["-xx"], {}, 0.99],
] as const) {
  const title = [...options, JSON.stringify(outcome)].join(" ");
  if (!long && seldom.has(options.join(" "))) continue;
  test(...needs(`arguments of every sort for every call of x86-64: ${title}`, peers), () => {
    const script = new Script();
    const memory = places(script);
    for (let nr = 0; nr <= LAST_KNOWN; nr++) {
      if (left64.includes(nr) || (nr >= 335 && nr < 424)) continue;
      for (const args of argumentLists(nr, memory, script, 40)) script.call(nr, ...args);
    }
    const { lines, differences } = compareCalls(script, { ...outcome, options });
    const wrong = differences.filter((d) => !asMeant(d));
    expect(lines).toBeGreaterThan(10_000);
    expect(1 - wrong.length / lines, `differ: ${names(wrong).join(" ")}`).toBeGreaterThanOrEqual(least);
  });
}

const classes =
  "clock creds desc file fstat fstatfs ipc lstat memory net network process pure signal stat %stat statfs %statfs";
test(...needs("which calls are in which class", peers), () => {
  const script = new Script();
  for (let nr = 0; nr <= LAST_KNOWN; nr++) if (nr < 335 || nr >= 424) script.call(nr, 4096, 4096, 4096);
  for (const name of classes.split(" ")) {
    const { strace, ours } = tracedCalls(script, ["-e", `trace=%${name}`]);
    expect(ours, name).toEqual(strace);
  }
});
