/** What to look at next, for the cause that counts most. */
import { printable } from "../base/printable.ts";
import { quoted } from "../base/shell.ts";
import type { Lifetime } from "../record/model.ts";
import type { Cause } from "./types.ts";
import { fifoIn, ownerIn } from "./waits.ts";

const host = (target: string): [string, string] => {
  const m = /^(?:tcp|udp):(.*):(\d+)$/.exec(printable(target));
  return m ? [m[1].replace(/^\[|\]$/g, ""), m[2]] : ["", ""];
};

/** A word for a shell. */
const word = (path: string): string => (/^[\w./-]+$/.test(path) ? path : quoted(printable(path)));

const SLOW_DISK = "is the disk slow or busy? iostat -x 1, cat /proc/pressure/io";
/** Looking up a name takes this long (s) on a slow file system only. */
const SLOW_LOOKUP = 5e-3;

type Hint = (cause: Cause) => string;

/** By `category kind`, then by category. */
const hints: Readonly<Record<string, Hint>> = {
  dns: (c) =>
    `ask it yourself: dig @${host(c.target)[0] || "SERVER"} NAME; servers, time-outs and search list are in /etc/resolv.conf`,
  "network connect": (c) => {
    const [h, p] = host(c.target);
    return `is it up, and does something on the way drop packets? nc -vz ${h} ${p}`;
  },
  "network client": (c) =>
    `ss -tnp dst ${host(c.target)[0]} says who that is; most servers have a limit for how long a stop waits for clients`,
  network: (c) =>
    `the peer is slow, not this service: look there (${host(c.target).join(":") || printable(c.target)})`,
  "disk lookup": (c) =>
    c.seconds > SLOW_LOOKUP * c.count
      ? SLOW_DISK
      : "a shorter search path helps; the evidence shows what is looked for",
  "disk core": () =>
    "where it goes, or who gets it: cat /proc/sys/kernel/core_pattern; ulimit -c 0 leaves none. Why it died is the question",
  disk: () => SLOW_DISK,
  "lock futex": (c) =>
    ownerIn(c.target) !== undefined
      ? `while it lasts, svtrace stuck -k ${c.pid} shows where in the program its holder is, and who waits`
      : "svtrace export --format folded shows which code that is, when the recording has samples",
  lock: (c) => {
    const holder = / held by (\d+)/.exec(c.text)?.[1];
    return holder
      ? `svtrace why -p ${holder} says what the holder does`
      : "lslocks names the holders of file locks";
  },
  "sleep retry connect": () =>
    "what it connects to was not there yet: start that first, or wait for it to be ready",
  "sleep retry bind": (c) => `ss -ltnp 'sport = :${host(c.target)[1]}' says who had the address`,
  sleep: () => "nothing was waited for but the clock: the sleep is in the program",
  "child stubborn": (c) => `does ${printable(c.comm)} handle SIGTERM? what it sat in is the evidence`,
  child: () => "the child's own recording ends before its cause: record with children followed",
  "ipc signal": () => "it waited to be told: look at who should have sent the signal",
  "ipc completion": () => "what was asked for through io_uring or AIO took long: iostat -x 1, ss -tnp",
  "ipc partner": (c) =>
    `a FIFO is opened when both ends are: who should have opened it? fuser -v ${word(fifoIn(c.target) ?? c.target)}`,
  "ipc other": (c) =>
    `what it waited for is not known: man 2 ${word(c.syscall)} says what can take long; while it lasts, cat /proc/${c.pid}/stack`,
  ipc: () => "look at the process at the other end, which is not part of the service",
  cpu: () => "svtrace export --format folded shows where the CPU time went, when the recording has samples",
  runqueue: () => "the machine is busy, not the service: top, cat /proc/pressure/cpu",
  memory: () => "is memory short? vmstat 1 (si, so), cat /proc/pressure/memory",
  "supervisor recorder": () =>
    "that is svtrace's own start: under svtrace up, where one recorder runs for all services, it is short",
  "supervisor finish": () =>
    "./finish is not recorded: what takes long in it? finish-timeout limits it, and the next start waits for it",
  "supervisor needs": (c) =>
    c.target
      ? `why was ${printable(c.target).split(" ")[0]} not ready? svtrace why of that service, and svtrace status`
      : "svtrace status says what keeps it from being started",
  "supervisor clearing": () => "who was it? while it lasts svtrace status names them; stop-timeout limits it",
  "supervisor delay": () => "the supervisor delays a service that ended soon after its start",
  supervisor: () =>
    "nothing is recorded of what it did then: other supervisors run ./finish or delay a start, too; or the machine was busy",
};

export function hint(cause: Cause): string {
  const of = hints[`${cause.category} ${cause.kind}`] ?? hints[cause.category];
  return of(cause);
}

/** Why a service died by itself is in what it did last; `lifetime`: the newest. */
export function deathHint({ dir, died }: Lifetime): string {
  return died === null
    ? "what it did last is in the recording before this one"
    : `what it did last: svtrace export --format strace ${word(dir)} | tail`;
}
