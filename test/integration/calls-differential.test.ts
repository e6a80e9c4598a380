/** What single calls print, for every call and ioctl command, with arguments of all sorts. */
import { expect, test } from "vitest";
import { ioctls } from "../../src/abi/generated/ioctls.ts";
import { compareCalls, type Difference, Script } from "../differential/calls.ts";
import { lacks, needs } from "../helpers.ts";

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
function argumentLists(script: Script): readonly (readonly (number | bigint)[])[] {
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
  64: [15, 56, 57, 58, 59, 60, 231, 322, 435, 451],
  32: [1, 2, 11, 119, 120, 173, 190, 252, 358, 435, 451],
};

for (const [abi, error, least] of [
  [64, 0, 0.92],
  [64, EINVAL, 0.93],
  [32, 0, 0.86],
] as const) {
  test(...needs(`every call of ${abi === 64 ? "x86-64" : "i386"}, errno ${error}`, peers), () => {
    const script = new Script();
    const lists = argumentLists(script);
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
  });
}
