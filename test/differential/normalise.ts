/** Makes two traces of the same command comparable: what differs from run to run gets one spelling. */

export type Mask = readonly [RegExp, string];

/** What a child used of the CPU, in ticks: 0 or 1 as it happens. */
export const childTimes: Mask = [/\bsi_(utime|stime)=\d+( \/\* [^*]* \*\/)?/g, "si_$1=T"];

/** Differs between two runs of the same tracer too: addresses, times, random bytes, ports the kernel chose. */
const masks: readonly Mask[] = [
  [/\b0x[0-9a-f]{6,16}\b/g, "ADDR"],
  [/\btv_(sec)=\d{8,}/g, "tv_$1=T"],
  [/^(futex\(.*\{tv_sec=)\d+/, "$1T"],
  [/\btv_(nsec|usec)=\d+/g, "tv_$1=T"],
  [/\/\* \d{4}-\d\d-\d\dT[^*]*\*\//g, "/* T */"],
  childTimes,
  [/\b(st_[acm]time|stx_[acb]time|stx_mtime)=[^,}]*/g, "$1=T"],
  [/^getrandom\("[^"]*"(\.\.\.)?/, "getrandom(RANDOM"],
  [/\bhtons\((3[2-9]|[4-6]\d)\d{3}\)/g, "htons(PORT)"],
  [/\b(time\((NULL|ADDR|\[T\])\)) += \d{8,}/g, "$1 = T"],
  [/^(times\().*/, "$1T"],
  [/^sysinfo\(.* = 0$/, "sysinfo(NOW) = 0"],
  [/\bf_(bfree|bavail|files|ffree)=\d+/g, "f_$1=N"],
  [/\bu64=\d{8,}/g, "u64=ADDR"],
  [/\/tmp\/(cc|tmp\.?)[A-Za-z0-9_]{6,10}\b/g, "/tmp/$1X"],
];

/** Calls that return a pid. */
const giving =
  /^(?:get[pt]id|getppid|gettid|getpgrp|getpgid|getsid|setsid|set_tid_address|v?fork|clone3?|wait4|waitid)\(.*= (\d{2,})$/;
const naming = /\bsi_pid=(\d+)|\b(?:parent|child)_tid=\[(\d+)\]/g;

/** Pids in a trace: those its lines begin with and those the calls about processes name. */
export function pidsOf(lines: readonly string[], withPids: boolean): Set<string> {
  const pids = new Set<string>();
  for (const line of lines) {
    const prefix = withPids ? /^(\d+) +/.exec(line) : null;
    if (prefix) pids.add(prefix[1]);
    const body = prefix ? line.slice(prefix[0].length) : line;
    const given = giving.exec(body);
    if (given) pids.add(given[1]);
    for (const m of body.matchAll(naming)) pids.add(m[1] ?? m[2]);
  }
  return pids;
}

/** Numbers that are lengths, however like a pid they look. */
const lengths =
  /^(mmap|munmap|mprotect|mremap|brk|madvise|lseek|getdents64|newfstatat|statx|fadvise64|prlimit64)\(/;

/** Lines by process in order of appearance, halves of interrupted lines joined, everything masked. */
export function normalise(text: string, withPids: boolean, extra: readonly Mask[] = []): string[][] {
  const lines = text.split("\n").filter((l) => l !== "");
  const pids = [...pidsOf(lines, withPids)].filter((p) => p.length >= 2);
  // one of few digits could be anything where it stands in quotes
  const anyPid =
    pids.length > 0
      ? new RegExp(`(?<![\\d.\\\\x])(?<!"(?=\\d{1,3}\\b))(?:${pids.join("|")})(?![\\d.])`, "g")
      : undefined;
  const processes = new Map<string, string[]>();
  const halves = new Map<string, string>();
  for (const line of lines) {
    const pid = withPids ? (/^(\d+) +/.exec(line)?.[1] ?? "?") : "";
    let body = withPids ? line.replace(/^\d+ +/, "") : line;
    const first = /^(.*?) ?<unfinished \.\.\.>$/.exec(body);
    if (first) {
      halves.set(pid, first[1]);
      continue;
    }
    const rest = /^<\.\.\. \S+ resumed>(.*)$/.exec(body);
    if (rest) {
      const half = halves.get(pid) ?? "";
      halves.delete(pid);
      body = half + rest[1].replace(/^ (?=\))/, "");
    }
    body = body.replace(/\) +=/g, ") =").replace(/, (?=\) =)/g, "");
    for (const [pattern, by] of masks) body = body.replace(pattern, by);
    if (anyPid && !lengths.test(body)) body = body.replace(anyPid, "PID");
    for (const [pattern, by] of extra) body = body.replace(pattern, by);
    const of = processes.get(pid);
    if (of) of.push(body);
    else processes.set(pid, [body]);
  }
  for (const [pid, half] of halves) processes.get(pid)?.push(`${half} <unfinished ...>`);
  return [...processes.values()];
}

export interface Difference {
  readonly equal: number;
  readonly total: number;
  /** Lines only in the first trace (strace's), and only in the second (ours). */
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
}

export function compareMultisets(a: readonly string[], b: readonly string[]): Difference {
  const count = new Map<string, number>();
  for (const l of a) count.set(l, (count.get(l) ?? 0) + 1);
  const ours: string[] = [];
  let equal = 0;
  for (const l of b) {
    const n = count.get(l) ?? 0;
    if (n > 0) {
      count.set(l, n - 1);
      equal++;
    } else ours.push(l);
  }
  const theirs = [...count].flatMap(([l, n]) => Array<string>(n).fill(l));
  return { equal, total: Math.max(a.length, b.length), theirs, ours };
}

/** Longest common subsequence by Myers' greedy walk: quick where few lines differ. */
export function compareSequences(a: readonly string[], b: readonly string[]): Difference {
  const n = a.length;
  const m = b.length;
  const trail: Map<number, number>[] = [];
  const v = new Map<number, number>([[1, 0]]);
  let d = 0;
  search: for (; d <= n + m; d++) {
    trail.push(new Map(v));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && v.get(k - 1)! < v.get(k + 1)!);
      let x = down ? v.get(k + 1)! : v.get(k - 1)! + 1;
      while (x < n && x - k < m && a[x] === b[x - k]) x++;
      v.set(k, x);
      if (x >= n && x - k >= m) break search;
    }
  }
  const theirs: string[] = [];
  const ours: string[] = [];
  let x = n;
  let y = m;
  for (; d > 0; d--) {
    const before = trail[d];
    const k = x - y;
    const down = k === -d || (k !== d && before.get(k - 1)! < before.get(k + 1)!);
    const fromK = down ? k + 1 : k - 1;
    const fromX = before.get(fromK)!;
    if (down) ours.push(b[fromX - fromK]);
    else theirs.push(a[fromX]);
    x = fromX;
    y = fromX - fromK;
  }
  return {
    equal: n - theirs.length,
    total: Math.max(n, m),
    theirs: theirs.reverse(),
    ours: ours.reverse(),
  };
}

/** Traces of one command: process by process, or all lines as a bag where the kernel's scheduling orders them. */
export function compare(
  a: readonly (readonly string[])[],
  b: readonly (readonly string[])[],
  inOrder: boolean,
): Difference {
  if (!inOrder) return compareMultisets(a.flat(), b.flat());
  const parts = Array.from({ length: Math.max(a.length, b.length) }, (_, i) =>
    compareSequences(a[i] ?? [], b[i] ?? []),
  );
  return {
    equal: parts.reduce((s, p) => s + p.equal, 0),
    total: parts.reduce((s, p) => s + p.total, 0),
    theirs: parts.flatMap((p) => p.theirs),
    ours: parts.flatMap((p) => p.ours),
  };
}
