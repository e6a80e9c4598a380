/** What is known of services, under our supervisor, daemontools' or runit's. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, textOf } from "../../base/bytes.ts";
import { isSupervised, isTraced, readStatus, secondsSince } from "../../supervise/control.ts";
import { type Alive, aliveOf, type Extended, isThere, readExtended } from "../../supervise/extended.ts";
import type { Status } from "../../supervise/layout.ts";
import { isDirectory } from "../../supervise/service-files.ts";

/** `unsupervised`: no supervisor runs there; `unknown`: we may not look. The others as in docs/SUPERVISION.md. */
export type State =
  | "up"
  | "down"
  | "paused"
  | "stopping"
  | "finishing"
  | "clearing"
  | "delay"
  | "waiting"
  | "failed"
  | "unsupervised"
  | "unknown";

/** As `--json` prints it. Times are seconds; null is what is not known. */
export interface Row {
  readonly service: string;
  readonly state: State;
  /** 0 when there is no process. */
  readonly pid: number;
  /** Since the pid changed last. */
  readonly seconds: number;
  /** `up`, `down` or `once`. */
  readonly wanted: string;
  readonly traced: boolean;
  readonly supervisor: "svtrace" | "runit" | "daemontools" | null;
  readonly ready: boolean | null;
  readonly restarts: number | null;
  readonly last_exit: Extended["lastExit"];
  /** From the request, or the death, to ready again. */
  readonly last_restart_seconds: number | null;
  readonly stopping: { readonly seconds: number; readonly kill_in: number | null } | null;
  /** Who is alive of it, while it is being stopped; and whom earlier lifetimes left behind. */
  readonly alive: readonly Alive[];
  readonly left_over: readonly number[];
  readonly waits_for: readonly string[];
  /** Why it is not tried any more, or why nothing is known. */
  readonly problem: string | null;
  /** State of its logger; null if it has none. */
  readonly log: State | null;
}

/** A scan directory's services, or the one service the directory is. */
export function servicesOf(dir: string): string[] {
  if (existsSync(bytesOf(join(dir, "run"))) || existsSync(bytesOf(join(dir, "supervise")))) return [dir];
  return readdirSync(bytesOf(dir), "buffer")
    .map(textOf)
    .filter((n) => !n.startsWith(".") && isDirectory(join(dir, n)))
    .sort()
    .map((n) => join(dir, n));
}

export function rowOf(dir: string): Row {
  const log = join(dir, "log");
  return { ...look(dir), log: isDirectory(log) ? look(log).state : null };
}

type Bare = Omit<Row, "log">;

function look(dir: string): Bare {
  const nothing: Bare = {
    service: dir,
    traced: isTraced(dir),
    state: "unsupervised",
    pid: 0,
    seconds: 0,
    wanted: "",
    supervisor: null,
    ready: null,
    restarts: null,
    last_exit: null,
    last_restart_seconds: null,
    stopping: null,
    alive: [],
    left_over: [],
    waits_for: [],
    problem: null,
  };
  let status: Status | undefined;
  try {
    status = isSupervised(dir) ? readStatus(dir) : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES")
      return { ...nothing, state: "unknown", problem: "only root and its owner may look" };
    return nothing;
  }
  if (!status) return nothing;
  const plain: Bare = {
    ...nothing,
    state: plainState(status),
    pid: status.pid,
    seconds: secondsSince(status),
    wanted: status.want === "u" ? "up" : status.want === "d" ? "down" : "once",
    supervisor: isRunit(dir) ? "runit" : "daemontools",
  };
  const known = readExtended(dir);
  return known && isThere(known.supervisor) ? { ...plain, ...fullState(dir, known) } : plain;
}

const isRunit = (dir: string): boolean =>
  statSync(bytesOf(join(dir, "supervise/stat")), { throwIfNoEntry: false }) !== undefined;

function plainState({ pid, paused, want, termSent, finishing }: Status): State {
  if (pid === 0) return "down";
  if (finishing) return "finishing";
  if (paused) return "paused";
  return want === "d" || termSent ? "stopping" : "up";
}

function fullState(dir: string, e: Extended): Partial<Bare> {
  const now = Date.now() / 1000;
  const stopping = e.stopping && {
    seconds: now - e.stopping.since,
    kill_in: e.stopping.killAt === null ? null : Math.max(0, e.stopping.killAt - now),
  };
  return {
    supervisor: "svtrace",
    state: extendedState(e),
    ready: e.ready,
    restarts: Math.max(0, e.starts - 1),
    last_exit: e.lastExit,
    last_restart_seconds: e.lastRestart?.seconds ?? null,
    stopping,
    alive: stopping ? aliveOf(dir) : [],
    left_over: e.leftOver.filter(isThere).map((p) => p.pid),
    waits_for: e.waitsFor,
    problem: e.failed,
  };
}

function extendedState(e: Extended): State {
  if (e.failed !== null && e.pid === 0) return "failed";
  if (e.paused) return "paused";
  if (e.state === "up") return e.stopping ? "stopping" : "up";
  return e.state === "gone" ? "down" : e.state;
}
