/** A pause that belongs to trying something again and again, told from one that only comes after something failed. */
import type { CallRow } from "../record/model.ts";
import { isProgress } from "../record/ready.ts";
import { sockaddrText } from "../record/targets.ts";
import { endOf, type Timeline } from "./timeline.ts";
import type { Segment } from "./types.ts";
import { locks, slept } from "./waits.ts";

/** Calls looked back for what failed before a sleep, and how long (ns). */
const BACK = 40;
const STALE = 1e9;

/** What is tried: `connect`, `bind`, `lock`, `create`. */
interface Try {
  readonly target: string;
  readonly tried: string;
}

/** Sockets of libraries that go on without an answer, and are asked twice in a row. */
const OPTIONAL = /^unix:.*(\/nscd\/socket|\/dev\/log|\/systemd\/(resolve|journal|userdb)\/.*)$/;
/** What may stand between two tries that are nothing but tries. */
const AROUND =
  /^(socket|close|[gs]etsockopt|fcntl|ioctl|rt_sig\w+|brk|mmap|munmap|madvise|clock_gettime|gettimeofday|time|getpid|gettid|futex|writev?)$/;

/** What a call tries that can fail until somebody else does something. */
function attempt(call: CallRow): Try | undefined {
  const { name, args } = call;
  if (name === "connect") return { target: call.target, tried: "connect" };
  if (name === "bind") {
    const address = sockaddrText(args);
    return { target: address?.startsWith("unix:") ? address : `tcp:${address ?? ""}`, tried: "bind" };
  }
  if (name === "flock" || (locks(name) && /F_(OFD_)?SETLK\b/.test(args)))
    return { target: call.target, tried: "lock" };
  const path = /^(open|link|symlink|mkdir)/.test(name) ? pathIn(args) : undefined;
  return path === undefined ? undefined : { target: path, tried: "create" };
}

const pathIn = (args: string): string | undefined => /"((?:[^"\\]|\\.)*)"/.exec(args)?.[1];

/** It failed. `told`: what a later getsockopt said about the descriptor. */
function failed({ error }: CallRow, { tried }: Try, told: () => CallRow | undefined): boolean {
  if (error === "") return false;
  if (tried === "connect")
    return (
      /^(ECONN|EHOST|ENET|ETIMEDOUT|ENOENT|EAGAIN)/.test(error) ||
      (error === "EINPROGRESS" && /SO_ERROR, \[E/.test(told()?.args ?? ""))
    );
  if (tried === "bind") return error === "EADDRINUSE";
  if (tried === "lock") return /^E(AGAIN|ACCES|WOULDBLOCK)/.test(error);
  return error === "EEXIST";
}

/** Programs that go on happily fail so, too: a directory that is there is what was wanted. */
const isDoubtful = (call: CallRow): boolean => OPTIONAL.test(call.target) || call.name.startsWith("mkdir");

/** A sleep between two tries of something that fails; `since` (ns): what failed before has to do with something else. */
export function retry(timeline: Timeline, s: Segment, since: number): Segment | undefined {
  const { call } = s;
  if (!call) return undefined;
  const seen: CallRow[] = [];
  let paused = false;
  for (const c of timeline.before(call, BACK)) {
    if (endOf(c) < Math.min(since, call.ts) - STALE) return undefined;
    // one pause may be made of several sleeps; what succeeds between two is no retrying
    if (slept(c)) paused = true;
    else if (paused && c.error === "" && isProgress(c.name)) return undefined;
    const tried = attempt(c);
    if (tried && isFailure(c, tried, seen) && new Tries(timeline, call, c, tried).areMany(seen)) {
      const category = tried.tried === "lock" ? "lock" : "sleep";
      return { ...s, kind: `retry ${tried.tried}`, target: tried.target, category };
    }
    seen.push(c);
  }
  return undefined;
}

/** `later`: the calls after it, the nearest last. */
const isFailure = (c: CallRow, tried: Try, later: readonly CallRow[]): boolean =>
  failed(c, tried, () => later.findLast((x) => x.name === "getsockopt" && x.fd === c.fd));

/** The tries that the one which failed before a pause is of. */
class Tries {
  constructor(
    private readonly timeline: Timeline,
    private readonly pause: CallRow,
    private readonly first: CallRow,
    private readonly what: Try,
  ) {}

  /**
   * What failed once, and is not tried again, is not what the pause is for; unless nothing came after it. Nor is what the
   * program did without. `between`: the calls between it and the pause.
   */
  areMany(between: readonly CallRow[]): boolean {
    if (isDoubtful(this.first)) return between.every((c) => this.isAround(c)) && this.isOnlyTrying();
    if (this.wentOn(between, this.first)) return false;
    const next: CallRow[] = [];
    let last = true;
    for (const c of this.timeline.after(this.pause, 2 * BACK)) {
      if (this.isSame(c)) return !this.wentOn(next, this.first);
      next.push(c);
      last &&= c.name === "exit_group";
    }
    return last || this.triedBefore();
  }

  /** The same failed before, and it was paused since. */
  private triedBefore(): boolean {
    const since: CallRow[] = [];
    let paused = false;
    for (const c of this.timeline.before(this.first, 2 * BACK)) {
      paused ||= slept(c);
      if (this.isSame(c)) {
        if (!isFailure(c, this.what, since)) return false;
        if (paused) return !this.wentOn(since, c);
      }
      since.push(c);
    }
    return false;
  }

  /** After the pause it is tried again, and nothing else is done. */
  private isOnlyTrying(): boolean {
    for (const c of this.timeline.after(this.pause, BACK)) {
      if (this.isSame(c)) return true;
      if (!this.isAround(c)) return false;
    }
    return false;
  }

  private isAround(c: CallRow): boolean {
    return AROUND.test(c.name) || slept(c) || this.isSame(c);
  }

  private isSame(c: CallRow): boolean {
    const other = attempt(c);
    return other?.tried === this.what.tried && other.target === this.what.target;
  }

  /** Something succeeded among `calls` that is no part of each try: it was not done before the try `first`. */
  private wentOn(calls: readonly CallRow[], first: CallRow): boolean {
    const done = calls.filter((c) => this.isStep(c));
    if (done.length === 0) return false;
    const before = [...this.timeline.before(first, 2 * BACK)].filter((c) => this.isStep(c)).map(stepOf);
    return done.some((c) => !before.includes(stepOf(c)));
  }

  /** A step of a program that gets on, whatever failed: looking at files, and writing to a log, are none. */
  private isStep({ name, args, error, target }: CallRow): boolean {
    if (error !== "") return false;
    if (name === "connect") return /^(tcp|unix):/.test(target) && !OPTIONAL.test(target);
    if (/^(listen|execve(at)?)$/.test(name)) return true;
    // who tries to create something may do so by way of a temporary file
    if (this.what.tried === "create") return false;
    return (
      /^(creat|mkdir|rename)/.test(name) || (name.startsWith("open") && /O_CREAT(?!.*O_APPEND)/.test(args))
    );
  }
}

const stepOf = ({ name, args, target }: CallRow): string => `${name} ${target || (pathIn(args) ?? args)}`;
