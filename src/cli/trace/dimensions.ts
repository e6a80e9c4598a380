/** What calls can be counted by, and what the counted are called. */
import { since } from "../../base/tally.ts";
import type { CountRow } from "../../capture/bpf/counts/counts.ts";
import { KEYS } from "../../capture/bpf/counts/layout.ts";
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

/** Such calls are told apart by their descriptors, which the kernel counts and we look up. */
export const byDescriptor = (by: Dimension): boolean => by === "fd" || by === "path" || by === "peer";

/** Undefined: by call alone. */
export function keyParts(by: Dimension): KeyParts | undefined {
  if (by === "syscall") return undefined;
  const fd = byDescriptor(by);
  return { pid: fd || by === "pid", fd, call: false, comm: by === "comm" || by === "pid" };
}

/** For engines that do not count themselves. */
export function keyOf(by: Dimension): ((task: Task) => string) | undefined {
  if (by === "pid") return (task) => `${task.pid} ${escapeName(task.comm)}`;
  if (by === "comm") return (task) => escapeName(task.comm);
  return undefined;
}

interface Target {
  readonly text: string;
  readonly peer: string | undefined;
}

/** What lines are told apart by, and what a line is called. */
interface Place {
  readonly key: string;
  readonly name: string;
}

const called = (name: string): Place => ({ key: name, name });

interface Sum extends CountLine {
  readonly buckets: Float64Array;
  cpu: number;
  /** Calls of the row with the most. */
  most: number;
}

/**
 * Sums what the kernel counted by what it stands for, which changes: a descriptor's number is another file's later. So what came
 * between two looks goes to what the second one finds, and stays there.
 */
export class Sums {
  private readonly sockets = new SocketTable();
  private readonly before = new Map<string, CountRow>();
  private readonly sums = new Map<string, Sum>();
  /** What descriptors were about when they were seen open, by process and number. */
  private readonly targets = new Map<string, Target>();
  /** Names of processes, also of those that are gone. */
  private readonly comms = new Map<number, string>();
  /** Calls for which there was no line: names are the tracee's to choose, and there are no more than the kernel has room for. */
  over = 0;

  constructor(private readonly by: Dimension) {}

  /** To be called often where descriptors are counted by: they are looked up while they are open. */
  take(rows: readonly CountRow[]): void {
    for (const row of rows) {
      const key = `${row.pid} ${row.fd} ${row.call} ${row.comm}`;
      const before = this.before.get(key);
      if (before?.calls === row.calls) continue;
      this.before.set(key, row);
      this.add(this.place(row), row, since(row, before));
    }
  }

  private add({ key, name }: Place, row: CountRow, more: CountRow): void {
    const sum = this.sums.get(key);
    if (!sum) {
      if (this.sums.size >= KEYS) {
        this.over += more.calls;
        return;
      }
      const { calls, errors, total, cpu, min, max } = more;
      const buckets = Float64Array.from(more.buckets);
      this.sums.set(key, { key, name, calls, errors, total, cpu, min, max, buckets, most: row.calls });
      return;
    }
    if (row.calls >= sum.most) {
      sum.most = row.calls;
      sum.name = name;
    }
    sum.calls += more.calls;
    sum.errors += more.errors;
    sum.total += more.total;
    sum.cpu += more.cpu;
    sum.min = Math.min(sum.min, more.min);
    sum.max = Math.max(sum.max, more.max);
    for (let i = 0; i < sum.buckets.length; i++) sum.buckets[i] += more.buckets[i];
  }

  private place(r: CountRow): Place {
    switch (this.by) {
      case "syscall":
        return called(r.call);
      case "pid":
        return { key: String(r.pid), name: `${r.pid} ${escapeName(r.comm)}` };
      case "comm":
        return called(escapeName(r.comm));
      case "fd": {
        const number = r.fd < 0 ? "none" : `${r.fd} ${escapeName(this.target(r)?.text ?? "")}`.trimEnd();
        const process = `${r.pid} ${escapeName(this.comm(r.pid))}`.trimEnd();
        return { key: `${r.pid} ${number}`, name: `${process}: ${number}` };
      }
      case "path":
        if (r.fd < 0) return called("(no descriptor)");
        return called(escapeName(this.target(r)?.text ?? "(closed before it was looked up)"));
      default:
        if (r.fd < 0) return called("(no descriptor)");
        return called(escapeName(this.target(r)?.peer ?? "(no socket)"));
    }
  }

  private comm(pid: number): string {
    const name = commOf(pid) ?? this.comms.get(pid) ?? "";
    this.comms.set(pid, name);
    return name;
  }

  private target({ pid, fd }: CountRow): Target | undefined {
    const key = `${pid} ${fd}`;
    const link = fdLink(pid, fd);
    if (link === undefined) {
      const known = this.targets.get(key);
      // closed by now: this was about what it had been, what comes will be about another
      this.targets.delete(key);
      return known;
    }
    const inode = socketInode(link);
    const peer = inode === undefined ? undefined : this.sockets.find(pid, inode);
    const found = { text: peer ?? link, peer };
    this.targets.set(key, found);
    return found;
  }

  /** Lines of a table of all that was taken; not `wall`: about CPU time instead of wall clock. */
  lines(wall: boolean, overhead: number): CountLine[] {
    return [...this.sums.values()].map(({ most, ...sum }) => {
      const total = Math.max(0, (wall ? sum.total : sum.cpu) - overhead * sum.calls);
      return { ...sum, total };
    });
  }
}
