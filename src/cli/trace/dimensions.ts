/** What calls can be counted by, and what the counted are called. */
import type { CountRow } from "../../capture/bpf/counts/counts.ts";
import type { KeyParts } from "../../capture/bpf/counts/programs.ts";
import type { Task } from "../../capture/event.ts";
import { SocketTable, socketInode } from "../../kernel/sockets.ts";
import { commOf, fdLink } from "../../kernel/tasks.ts";
import type { CountLine } from "../../render/count-table.ts";
import { escapeName } from "../../render/escape.ts";

export const dimensions = ["syscall", "pid", "comm", "fd", "path", "peer"] as const;
export type Dimension = (typeof dimensions)[number];

export const heads: Readonly<Record<Dimension, string>> = {
  syscall: "syscall",
  pid: "process",
  comm: "command",
  fd: "descriptor",
  path: "path",
  peer: "peer",
};

/** Undefined: by call alone. */
export function keyParts(by: Dimension): KeyParts | undefined {
  if (by === "syscall") return undefined;
  const fd = by === "fd" || by === "path" || by === "peer";
  return { pid: fd || by === "pid", fd, call: false, comm: by === "comm" || by === "pid" };
}

/** For engines that do not count themselves. */
export function keyOf(by: Dimension): ((task: Task) => string) | undefined {
  if (by === "pid") return (task) => `${task.pid} ${escapeName(task.comm)}`;
  if (by === "comm") return (task) => escapeName(task.comm);
  return undefined;
}

/** Names what was counted; descriptors are looked up while they are open. */
export class Namer {
  private readonly sockets = new SocketTable();
  private readonly known = new Map<string, { text: string; peer: string | undefined }>();

  constructor(private readonly by: Dimension) {}

  /** Looks new descriptors up. */
  learn(rows: readonly CountRow[]): void {
    if (this.by === "fd" || this.by === "path" || this.by === "peer") for (const r of rows) this.target(r);
  }

  private target(r: CountRow): { text: string; peer: string | undefined } | undefined {
    if (r.fd < 0) return undefined;
    const key = `${r.pid} ${r.fd}`;
    const known = this.known.get(key);
    const link = fdLink(r.pid, r.fd);
    // closed by now: what it was stays known
    if (link === undefined) return known;
    const inode = socketInode(link);
    const peer = inode === undefined ? undefined : this.sockets.find(r.pid, inode);
    const found = { text: peer ?? link, peer };
    this.known.set(key, found);
    return found;
  }

  private name(r: CountRow): string {
    switch (this.by) {
      case "syscall":
        return r.call;
      case "pid":
        return String(r.pid);
      case "comm":
        return escapeName(r.comm);
      case "fd": {
        const process = `${r.pid} ${escapeName(commOf(r.pid) ?? "")}`.trimEnd();
        if (r.fd < 0) return `${process}: none`;
        const target = this.target(r);
        return `${process}: ${r.fd}${target ? ` ${escapeName(target.text)}` : ""}`;
      }
      case "path":
        if (r.fd < 0) return "(no descriptor)";
        return escapeName(this.target(r)?.text ?? "(closed before it was looked up)");
      default:
        if (r.fd < 0) return "(no descriptor)";
        return escapeName(this.target(r)?.peer ?? "(no socket)");
    }
  }

  /** Lines of a table: rows of the same name are one. `cpu`: about CPU time instead of wall clock. */
  lines(rows: readonly CountRow[], wall: boolean, overhead: number): CountLine[] {
    const lines = new Map<string, CountLine & { buckets: Float64Array; most: number }>();
    for (const r of rows) {
      const name = this.name(r);
      const total = Math.max(0, (wall ? r.total : r.cpu) - overhead * r.calls);
      const line = lines.get(name);
      const label = this.by === "pid" ? `${r.pid} ${escapeName(r.comm)}` : name;
      if (!line) {
        const { calls, errors, cpu, min, max } = r;
        const buckets = Float64Array.from(r.buckets);
        lines.set(name, { name: label, calls, errors, total, cpu, min, max, buckets, most: calls });
        continue;
      }
      if (r.calls > line.most) {
        line.most = r.calls;
        line.name = label;
      }
      line.calls += r.calls;
      line.errors += r.errors;
      line.total += total;
      line.cpu = (line.cpu ?? 0) + r.cpu;
      line.min = Math.min(line.min, r.min);
      line.max = Math.max(line.max, r.max);
      for (let i = 0; i < line.buckets.length; i++) line.buckets[i] += r.buckets[i];
    }
    return [...lines.values()];
  }
}
