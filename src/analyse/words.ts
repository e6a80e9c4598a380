/** Causes in words that a person on call would use. */

import { basename } from "node:path";
import { printable } from "../base/printable.ts";
import type { CallRow, EventRow } from "../record/model.ts";
import { countOf, type Group } from "./causes.ts";
import { tidOf } from "./distinct.ts";
import { queryName } from "./dns.ts";
import { functionsOf } from "./profile.ts";
import { fifoIn, isPoll, isSleep, isWrite, ownerIn, slept, timedOut } from "./waits.ts";

/** `0.80 s`, `12 ms`. */
export function duration(ns: number): string {
  if (ns >= 10e9) return `${(ns / 1e9).toFixed(1)} s`;
  if (ns >= 0.1e9) return `${(ns / 1e9).toFixed(2)} s`;
  return ns >= 1e6 ? `${(ns / 1e6).toFixed(0)} ms` : `${(ns / 1e6).toFixed(1)} ms`;
}

const services: Readonly<Record<string, string>> = {
  22: "ssh",
  25: "smtp",
  53: "dns",
  80: "http",
  389: "ldap",
  443: "https",
  636: "ldaps",
  1433: "mssql",
  2049: "nfs",
  3306: "mysql",
  5432: "postgresql",
  5672: "amqp",
  6379: "redis",
  9042: "cassandra",
  9092: "kafka",
  9200: "elasticsearch",
  11211: "memcached",
  27017: "mongodb",
};

/** `tcp:10.0.0.1:5432` as `10.0.0.1:5432 (postgresql)`. */
export function peerName(target: string): string {
  const peer = printable(target.replace(/^(tcp|udp|unix):/, ""));
  const name = /^(tcp|udp):/.test(target) ? services[/:(\d+)$/.exec(peer)?.[1] ?? ""] : undefined;
  return name && name !== "dns" ? `${peer} (${name})` : peer;
}

/** A file's name without its directories; devices in full. */
const fileName = (path: string): string =>
  printable(path.startsWith("/dev/") ? path : basename(path.replace(/ \(deleted\)$/, "")) || path);
const times = (n: number): string => (n === 1 ? "" : ` in ${n} calls`);

export function words(g: Group): string {
  const took = duration(g.total);
  const n = countOf(g);
  const names = [...new Set([...g.calls].map((c) => printable(c.name)))];
  switch (g.category) {
    case "dns":
      return dns(g, took);
    case "network":
      return network(g, took, n);
    case "disk":
      return disk(g, took, n, names);
    case "lock":
      return lock(g, took);
    case "sleep":
      return sleep(g, took);
    case "child":
      return g.kind === "stubborn" ? stubborn(g, took) : `waited ${took} for a child process`;
    case "ipc":
      return ipc(g, took, n, names);
    case "memory":
      if (g.kind === "fork") return `${took} creating processes${times(n)}`;
      if (g.kind === "fault") return `waited ${took} for memory: pages that had to be read, or freed first`;
      if (names.every((x) => x.startsWith("exit")))
        return `${took} until the kernel had cleaned up after its exit`;
      return `${took} in memory management (${names.slice(0, 3).join(", ")})`;
    case "supervisor":
      return supervisor(g, took);
    case "runqueue":
      return `ready to run but waited ${took} for a CPU`;
    default:
      return `computed for ${took}${g.target ? ` while it read ${fileName(g.target)}` : cpuNote(g)}${profile(g)}`;
  }
}

function supervisor(g: Group, took: string): string {
  switch (g.kind) {
    case "recorder":
      return `svtrace took ${took} to begin recording`;
    case "finish":
      return `${g.target} ran for ${took}`;
    case "needs":
      return `waited ${took} for ${g.target ? `${printable(g.target).replaceAll(" ", ", ")} to be ready` : "what it needs"}`;
    case "clearing":
      return `the supervisor waited ${took} for processes that were left over`;
    case "delay":
      return `the supervisor waited ${took} before it started the service again`;
    default:
      return `it took the supervisor ${took} to start the service again`;
  }
}

function sleep(g: Group, took: string): string {
  if (g.kind === "restarted") return `waited ${took} in a call with a time limit (a sleep or poll, resumed)`;
  const sleeps = [...g.calls].filter(
    (c) =>
      isSleep(c.name) || (c.duration > 1e6 && (slept(c) || c.name === "restart_syscall" || isCutPoll(c))),
  );
  const lengths = sleeps.map((c) => c.duration).sort((a, b) => a - b);
  const n = lengths.length;
  if (g.kind.startsWith("retry ")) {
    if (n === 0) return `tried for ${took} to ${tried(g)}`;
    const [shortest, longest] = [duration(lengths[0]), duration(lengths[n - 1])];
    const each = n === 1 || shortest === longest ? shortest : `${shortest} to ${longest}`;
    return `tried for ${took} to ${tried(g)}, with ${n} ${n === 1 ? "pause" : "pauses"} of ${each}`;
  }
  return n > 1 ? `slept ${took} in ${n} sleeps of ${duration(g.total / n)} on average` : `slept ${took}`;
}

/** A poll that was to be a pause, and was ended before its limit. */
const isCutPoll = (c: CallRow): boolean => isPoll(c.name) && (c.unfinished || cutOff(c));

/** What was tried in vain. */
function tried(g: Group): string {
  const object = g.target ? peerName(g.target) : "something";
  switch (g.kind.slice("retry ".length)) {
    case "connect":
      return `connect to ${object}`;
    case "bind":
      return `listen on ${object}, an address in use`;
    case "lock":
      return `lock ${object}`;
    default:
      return `create ${object}, which exists`;
  }
}

function stubborn(g: Group, took: string): string {
  const pids = new Set(g.segments.map((s) => tidOf(s.pid)));
  const kills = g.timeline.table.where({
    name: (name) => name === "kill",
    ret: (ret) => ret === "0",
    args: (args) => pids.has(Number.parseInt(args, 10)) && /SIGTERM|SIGINT|SIGQUIT/.test(args),
  });
  const asked = [...kills].length > 0;
  const did = asked ? "did not end when it was asked to (SIGTERM)" : "did not end";
  return `${did}, and was killed after ${took}`;
}

/** `: 61 % in json_parse (libfoo.so)`. */
function profile(g: Group): string {
  const named = functionsOf(g.timeline, g.segments).map(
    ({ name, share, inclusive }) =>
      `${Math.round(100 * share)} % ${inclusive ? "in and below" : "in"} ${printable(name)}`,
  );
  return named.length > 0 ? `: ${named.join(", ")}` : "";
}

function cpuNote(g: Group): string {
  const inCalls = g.segments.reduce((sum, s) => sum + (s.run?.inCalls ?? (s.call ? s.to - s.from : 0)), 0);
  return inCalls > g.total / 2 ? ` (in ${countOf(g)} short system calls)` : "";
}

function dns(g: Group, took: string): string {
  const asked = new Set<string>();
  const [from, to] = [g.segments[0].from - 1e9, g.segments.at(-1)!.to];
  for (const s of g.segments) {
    for (const c of g.timeline.between(s.tid, Math.max(from, s.from - 50e6), Math.min(to, s.to))) {
      const name = isWrite(c.name) ? queryName(c.args) : undefined;
      if (name) asked.add(printable(name));
    }
  }
  const calls = [...g.calls];
  const failed = calls.filter(timedOut).length;
  const server = g.target ? ` at ${peerName(g.target)}` : "";
  const [first = ""] = asked;
  // one name with several endings: the search list of resolv.conf
  const label = first.slice(0, first.indexOf(".") + 1 || undefined);
  const searched = asked.size > 2 && label !== "" && [...asked].every((n) => n.startsWith(label));
  const names = searched
    ? `${first} and ${asked.size - 1} more through the search list`
    : [...asked].slice(0, 2).join(", ");
  const what = asked.size > 0 ? ` of ${names}` : "";
  const outcome =
    failed > 0 || calls.some((c) => c.unfinished || cutOff(c))
      ? `got no answer for ${took}${failed > 1 ? ` (${failed} time-outs)` : ""}`
      : `took ${took}`;
  return `name lookup${what}${server} ${outcome}`;
}

function network(g: Group, took: string, n: number): string {
  const peer = g.target ? peerName(g.target) : "several peers";
  const calls = [...g.calls];
  if (g.kind === "connect") {
    const waits = calls.filter((c) => c.duration >= 1e6).length;
    const attempts = waits > 1 ? ` (${waits} waits)` : "";
    if (calls.some((c) => c.error === "ECONNREFUSED")) return `connect to ${peer} was refused after ${took}`;
    if (calls.some((c) => timedOut(c) || c.unfinished || cutOff(c))) {
      return `connect to ${peer} got no answer for ${took}${attempts}`;
    }
    return `connect to ${peer} took ${took}${attempts}`;
  }
  const isClient = g.timeline.isClient(g.target);
  const client = isClient ? "client " : "";
  if (isClient && /^(stopping|leftovers)$/.test(g.phase.name) && !calls.every((c) => c.name === "close"))
    return `waited ${took} for client ${peer}, which was still connected`;
  if (calls.every((c) => isWrite(c.name))) return `sending to ${client}${peer} took ${took}${times(n)}`;
  const silent = calls.some(timedOut) ? " (timed out)" : "";
  return `waited ${took} for ${client}${peer}${times(n)}${silent}`;
}

/** Cut off by a signal, or the end of the task: there was no answer. */
const cutOff = ({ name, error, ret }: CallRow): boolean =>
  error === "EINTR" || ret === "?" || (isPoll(name) && error.startsWith("ERESTART"));

function disk(g: Group, took: string, n: number, names: string[]): string {
  const file = g.target ? fileName(g.target) : "";
  if (g.kind === "sync") return `sync of all file systems took ${took}`;
  if (g.kind === "fsync") {
    const what = names.length === 1 ? names[0] : "fsync";
    const of = file ? ` of ${file}` : "";
    return n > 1 ? `${n} ${what}s${of} took ${took}` : `${what}${of} took ${took}`;
  }
  if (g.kind === "core") return `died of a fault; leaving its memory behind (core dump) took ${took}`;
  if (g.kind === "exec") return `loading the program${file ? ` ${file}` : ""} took ${took}`;
  if (g.kind === "lookup") {
    const missed = [...g.calls].filter((c) => c.error === "ENOENT").length;
    const not = missed > 1 ? ` (${missed} did not exist)` : "";
    return `${n === 1 ? "looking up" : `${n} look-ups of`} ${file || "files"} took ${took}${not}`;
  }
  if (g.kind === "read" || g.kind === "write") {
    const verb = g.kind === "read" ? "reading" : "writing";
    return `${verb} ${file || "files"} took ${took}${times(n)}`;
  }
  return `file system work (${names.slice(0, 3).join(", ")})${file ? ` on ${file}` : ""} took ${took}${times(n)}`;
}

function lock(g: Group, took: string): string {
  if (g.kind.startsWith("retry ")) return `${sleep(g, took)}${holder(g)}`;
  if (g.kind === "entropy") return `waited ${took} for random numbers from the kernel`;
  if (g.kind === "semaphore") return `waited ${took} for a semaphore`;
  if (g.kind === "futex") {
    const owner = ownerIn(g.target);
    if (owner === undefined) return `waited ${took} for another thread (futex)`;
    return `waited ${took} for a lock held by thread ${owner} (${printable(g.timeline.comm(g.timeline.numberOf(owner, g.segments[0].from)))})`;
  }
  return `waited ${took} for a lock on ${g.target ? printable(g.target) : "a file"}${holder(g)}`;
}

/** Who held the lock, where that was found out: of the first call of which it was. */
function holder(g: Group): string {
  let found: EventRow | undefined;
  for (const call of g.calls) {
    const event = g.timeline.holderOf(call);
    if (event && !(found && found.ts <= event.ts)) found = event;
  }
  const [, pid, command] = /^(\d+) ?(.*)$/s.exec(found?.text ?? "") ?? [];
  if (!pid) return "";
  const ours = g.timeline.isOurs(Number(pid)) ? "" : ", not of this service";
  return ` held by ${pid}${command ? ` (${printable(command).slice(0, 60)}${ours})` : ours}`;
}

function ipc(g: Group, took: string, n: number, names: string[]): string {
  if (g.kind === "other") return `spent ${took} in ${names.join(", ")}${times(n)}`;
  if (g.kind === "message")
    return `waited ${took} for a message${g.target ? ` in ${printable(g.target)}` : ""}`;
  if (g.kind === "completion") return `waited ${took} for the completion of requests${times(n)}`;
  if (g.kind === "signal") return `waited ${took} for a signal`;
  if (g.kind === "clients") return `waited ${took} for clients`;
  if (g.kind === "terminal") return `waited ${took} for the terminal`;
  if (g.target.startsWith("unix:/"))
    return `waited ${took} for an answer on ${peerName(g.target)}${times(n)}`;
  const fifo = fifoIn(g.target);
  if (fifo !== undefined) {
    const what = g.kind === "partner" ? "somebody to open the other end" : "the other end";
    return `waited ${took} for ${what} of ${printable(fifo)}${times(n)}`;
  }
  if (g.target.startsWith("pipe:")) return `waited ${took} for data in a pipe${times(n)}`;
  return `waited ${took} for an event or another process${times(n)}`;
}
