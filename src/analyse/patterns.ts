/** What the critical path alone does not show: segments get another kind, category or target by what is around them. */
import type { PhaseSegments } from "./causes.ts";
import { directories } from "./directories.ts";
import { WINDOW } from "./pieces.ts";
import { retry } from "./retries.ts";
import type { Timeline } from "./timeline.ts";
import type { Segment } from "./types.ts";

/** A file is what the computing is about when its reads are this share of a thread's calls. */
const READ_SHARE = 0.5;
const MANY_READS = 20;
/** And of a process's computing when it is about this share of it. */
const MOST = 0.6;
/** Something between two tries that takes this long (ns) is a cause of its own. */
const OWN_WAIT = 100e6;

/** Returns the parts with patterns applied, which takes their segments over; times stay as they are. */
export function recognise(parts: readonly PhaseSegments[]): PhaseSegments[] {
  return parts.map((part) => {
    const { timeline } = part;
    const stops = /^(stopping|leftovers)$/.test(part.phase.name);
    const files = new InputFiles(timeline);
    const segments = part.segments.map((s) => {
      if (s.category === "sleep")
        return retry(timeline, s, part.phase.from) ?? (stops ? stubborn(timeline, s) : s);
      if (stops && s.category === "ipc") return stubborn(timeline, s);
      if (s.category === "cpu") s.target = files.of(s);
      return s;
    });
    return { ...part, segments: directories(tries(wholeOf(segments))) };
  });
}

/** Computing is told as one where most of a process's is about one file. */
function wholeOf(segments: readonly Segment[]): readonly Segment[] {
  const all = new Map<number, Map<string, number>>();
  for (const { category, pid, target, from, to } of segments) {
    if (category !== "cpu") continue;
    const times = all.get(pid) ?? new Map<string, number>();
    times.set(target, (times.get(target) ?? 0) + to - from);
    all.set(pid, times);
  }
  const files = new Map<number, string>();
  for (const [pid, times] of all) {
    const total = [...times.values()].reduce((a, b) => a + b, 0);
    files.set(pid, [...times].find(([, ns]) => ns > total * MOST)?.[0] ?? "");
  }
  for (const s of segments) if (s.category === "cpu") s.target = files.get(s.pid)!;
  return segments;
}

/** What a thread does between two pauses of the same retrying belongs to it, unless that is a wait of its own. */
function tries(out: readonly Segment[]): readonly Segment[] {
  for (let i = 0; i < out.length; i++) {
    if (!out[i].kind.startsWith("retry ")) continue;
    const { tid, kind, target, category } = out[i];
    let next = i + 1;
    while (next < out.length && out[next].tid === tid && out[next].kind !== kind) {
      if (out[next].to - out[next].from >= OWN_WAIT) break;
      next++;
    }
    if (out[next]?.kind !== kind || out[next].target !== target || out[next].tid !== tid) continue;
    for (let k = i + 1; k < next; k++) Object.assign(out[k], { kind, target, category });
  }
  return out;
}

/** A process that just sat there until it was killed, while others waited for its end. */
function stubborn(timeline: Timeline, s: Segment): Segment {
  const main = timeline.recording.lifetime.pid;
  const process = timeline.threads.get(s.pid);
  if (s.pid === main || process?.signal !== "SIGKILL") return s;
  return { ...s, category: "child", kind: "stubborn", target: process.argv };
}

/** The file that a thread reads while it computes. */
class InputFiles {
  private readonly known = new Map<string, string>();
  private readonly isRead: (id: number) => boolean;
  private last = { tid: 0, window: -1, file: "" };

  constructor(private readonly timeline: Timeline) {
    this.isRead = timeline.table.byText((name) => /^p?read/.test(name));
  }

  of({ tid, from }: Segment): string {
    const window = Math.floor(from / WINDOW);
    if (this.last.tid !== tid || this.last.window !== window) {
      const key = `${tid} ${window}`;
      const file = this.known.get(key) ?? this.find(tid, window * WINDOW, (window + 1) * WINDOW);
      this.known.set(key, file);
      this.last = { tid, window, file };
    }
    return this.last.file;
  }

  private find(tid: number, from: number, to: number): string {
    const { table } = this.timeline;
    const { ts, name, fd } = table.columns;
    const list = this.timeline.indexes(tid);
    const first = table.firstEndingAfter(list, from);
    let end = first;
    const reads = new Map<number, number>();
    for (; end < list.length && ts[list[end]] < to; end++) {
      const i = list[end];
      if (this.isRead(name[i])) reads.set(fd[i], (reads.get(fd[i]) ?? 0) + 1);
    }
    const [most, count] = [...reads].sort((a, b) => b[1] - a[1])[0] ?? [-1, 0];
    if (count < MANY_READS || count < (end - first) * READ_SHARE) return "";
    let k = first;
    while (fd[list[k]] !== most) k++;
    return this.timeline.pathOf(table.at(list[k]));
  }
}
