/** Many small file operations in one place are one cause: they are told by the directory they have in common. */
import { grouped } from "../base/group.ts";
import type { Segment } from "./types.ts";

/** Segments on fewer paths than this stay what they are. */
const MANY = 2;
/** A directory speaks for all when this share of the time is below it; /usr and the like say too little. */
const MOST = 0.8;
const LEAST_DEPTH = 2;
/** The kinds that go together, and what they are then. */
const KINDS: Readonly<Record<string, string>> = {
  lookup: "lookup",
  exec: "exec",
  change: "change",
  read: "read",
  write: "write",
  fsync: "fsync",
};

/** Path a segment's call is about, "" when unknown. */
export function pathOf(s: Segment): string {
  if (s.target.startsWith("/")) return s.target.replace(/ \(deleted\)$/, "");
  return /^(?:AT_FDCWD, )?"(\/(?:[^"\\]|\\.)*)"/.exec(s.call?.args ?? "")?.[1] ?? "";
}

/** Gives segments of one thread and kind, if on many paths, their common directory as target. */
export function directories(segments: readonly Segment[]): readonly Segment[] {
  const groups = grouped(
    segments.filter((s) => s.category === "disk" && KINDS[s.kind] !== undefined),
    (s) => `${s.pid} ${s.kind}`,
  );
  for (const group of groups.values()) {
    const common = commonOf(group);
    if (common === undefined) continue;
    for (const s of group) if (below(pathOf(s), common)) s.target = common;
  }
  return segments;
}

const below = (path: string, dir: string): boolean => path === dir || path.startsWith(`${dir}/`);

/** The deepest directory with most of the group's time below it. */
function commonOf(group: readonly Segment[]): string | undefined {
  const times = new Map<string, number>();
  let total = 0;
  for (const s of group) {
    const path = pathOf(s);
    if (path === "") continue;
    const ns = s.to - s.from;
    total += ns;
    times.set(path, (times.get(path) ?? 0) + ns);
  }
  if (times.size < MANY) return undefined;
  const sums = new Map<string, number>();
  for (const [path, ns] of times) {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const dir = path.slice(0, at);
      sums.set(dir, (sums.get(dir) ?? 0) + ns);
    }
    // one file may be nearly all there is
    sums.set(path, (sums.get(path) ?? 0) + ns);
  }
  let best: string | undefined;
  for (const [dir, ns] of sums) {
    if (
      ns >= total * MOST &&
      dir.split("/").length > LEAST_DEPTH &&
      (best === undefined || dir.length > best.length)
    )
      best = dir;
  }
  return best;
}
