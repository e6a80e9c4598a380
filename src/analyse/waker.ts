/** Who a call waited for: the thread of ours whose doing, or end, let it return. */
import { grouped } from "../base/group.ts";
import { lowest } from "../base/search.ts";
import type { CallRow, SignalRow } from "../record/model.ts";
import { isProgress } from "../record/ready.ts";
import { endOf, type Timeline } from "./timeline.ts";
import { fifoIn, isFutex, isPause, isPoll, isRead, isSleep, isWait, isWrite, timedOut } from "./waits.ts";

/** ns between what woke a thread and its return from the call. */
const SLACK = 5e6;
/** A write that wakes a reader began at most this long (ns) before the reader began to wait. */
const LONG_WRITE = 1e9;
/** Calls looked through for what a loop of sleeps is waiting for. */
const LOOP = 2000;
const LOOPBACK = /^(127\.|\[::1\]$)/;
/** Who wakes somebody is in a call then, or about to be (ns): one that computes was interrupted by what did. */
const ACTING = 1e6;

/** Who listens on a port, and at which addresses. */
interface Listener {
  readonly pids: Set<number>;
  readonly hosts: Set<string>;
}

/** What a loop of sleeps waits for, and until when it goes on. */
export interface Polled {
  readonly tid: number;
  readonly until: number;
}

export class Wakers {
  private readonly listeners = new Map<string, Listener>();
  /** Writes into what is known, by when they ended. */
  private writes: CallRow[] | undefined;
  /** Calls that wake who waits for a futex, by process, in order. */
  private futexes: Map<number, CallRow[]> | undefined;
  /** By thread: until then its sleeps wait for no child. */
  private readonly nobody = new Map<number, number>();

  constructor(private readonly timeline: Timeline) {
    for (const call of timeline.table.where({ target: (target) => target.includes("listen:tcp:") })) {
      for (const t of call.target.split(" | ")) {
        const [, host, port] = /^listen:tcp:(.*):(\d+)$/.exec(t) ?? [];
        if (port === undefined) continue;
        const known = this.listeners.get(port) ?? { pids: new Set(), hosts: new Set() };
        this.listeners.set(port, known);
        known.pids.add(call.pid);
        known.hosts.add(host);
      }
    }
  }

  /** tid of the thread of ours that a call, looked at from `from` to `to`, waited for. */
  of(call: CallRow, from: number, to: number): number | undefined {
    const { timeline } = this;
    if (isWait(call.name)) return this.child(call, to);
    if (/^v?fork$/.test(call.name) || (call.name.startsWith("clone") && /CLONE_VFORK/.test(call.args)))
      return this.known(Number.parseInt(call.ret, 10), endOf(call) + SLACK);
    // where the engine saw who woke it, nothing has to be concluded
    if (call.waker > 0 && call.waker !== call.tid && !timedOut(call)) {
      const waker = this.ours(call.waker);
      if (waker === undefined || this.acts(waker, endOf(call) - Math.max(0, call.queued))) return waker;
    }
    const anything = isSleep(call.name) || isPoll(call.name) || isPause(call.name);
    if (anything && !timedOut(call)) {
      const signal = timeline.interruption(call);
      if (signal?.name === "SIGCHLD") {
        const dead = this.dead(call, signal);
        if (dead !== undefined) return dead;
      } else if (signal && signal.sender !== call.pid) {
        const sender = this.ours(signal.sender);
        if (sender !== undefined) return sender;
      }
    }
    if (isFutex(call.name)) return timedOut(call) ? undefined : this.futexWaker(call);
    if (isRead(call.name) || (isPoll(call.name) && !timedOut(call))) return this.writer(call, from);
    return undefined;
  }

  /** A thread is in a call at a time, or ends: the kernel names whoever was on the CPU, which an interrupt may have used. */
  private acts(tid: number, at: number): boolean {
    return (
      Math.abs(this.timeline.diedOf(tid) - at) < SLACK ||
      this.timeline.between(tid, at - ACTING, at + ACTING).length > 0
    );
  }

  private ours(number: number): number | undefined {
    return this.timeline.threads.has(number) ? number : undefined;
  }

  /** The process that a text calls so, which was there at `ts`. */
  private known(pid: number, ts: number): number | undefined {
    return this.ours(this.timeline.numberOf(pid, ts));
  }

  /** The child whose death a SIGCHLD told of. A tracer may learn of the death after it has seen the signal. */
  private dead(call: CallRow, signal: SignalRow): number | undefined {
    const { timeline } = this;
    const told = this.known(Number(/si_pid=(\d+)/.exec(signal.info)?.[1]), signal.ts);
    if (told !== undefined) return told;
    const last = timeline.lastDeath(call.ts, signal.ts, (p) => timeline.pidOf(p.parent) === call.pid);
    return last && this.ours(last.pid);
  }

  private child(call: CallRow, to: number): number | undefined {
    const reaped = Number.parseInt(call.ret, 10);
    if (reaped > 0) return this.known(reaped, endOf(call));
    const asked = /^(\d+),/.exec(call.args)?.[1] ?? /^P_PID, (\d+)/.exec(call.args)?.[1];
    if (asked) return this.known(Number(asked), endOf(call));
    const reapedByInfo = /si_pid=(\d+)/.exec(call.args)?.[1];
    if (reapedByInfo) return this.known(Number(reapedByInfo), endOf(call));
    const alive = this.timeline.children(call.pid).filter((p) => p.born < to && (p.died ?? to) >= call.ts);
    // not returned: the one that lasts longest keeps it waiting
    alive.sort((a, b) => (b.died ?? Number.MAX_VALUE) - (a.died ?? Number.MAX_VALUE) || a.born - b.born);
    return alive[0]?.pid;
  }

  /**
   * A loop of sleeps that ends when a child has ended is a wait for that child, whether it looks itself
   * (`wait4(…, WNOHANG)`, `kill(pid, 0)`) or is told by SIGCHLD. Returns it for the first call of the loop or any other.
   */
  polledFor(call: CallRow): Polled | undefined {
    const { timeline } = this;
    if (!isSleep(call.name) && call.name !== "restart_syscall" && !(isPoll(call.name) && !call.target))
      return undefined;
    if (call.ts < (this.nobody.get(call.tid) ?? 0)) return undefined;
    let looked: CallRow | undefined;
    let probed: { pid: number; ts: number } | undefined;
    let until = endOf(call);
    let last = call;
    const result = (tid: number | undefined) => (tid === undefined ? undefined : { tid, until });
    for (const c of chain(call, timeline.after(call, LOOP))) {
      last = c;
      if (isSleep(c.name) || isPoll(c.name)) {
        until = endOf(c);
        if (timedOut(c) || !/EINTR|ERESTART/.test(c.error)) continue;
        const signal = timeline.interruption(c);
        const dead = signal?.name === "SIGCHLD" ? this.dead(call, signal) : undefined;
        if (dead !== undefined) return result(dead);
      } else if (isWait(c.name)) {
        until = endOf(c);
        looked ??= c;
        const pid = Number.parseInt(c.ret, 10);
        if (pid > 0) return result(this.known(pid, until));
      } else if (c.name === "kill") {
        const pid = /^(\d+), 0$/.exec(c.args)?.[1];
        if (pid === undefined) continue;
        until = endOf(c);
        probed ??= { pid: Number(pid), ts: c.ts };
        if (c.error !== "") break;
      } else if (isProgress(c.name)) break;
    }
    if (probed) return result(this.known(probed.pid, probed.ts));
    if (looked && /WNOHANG/.test(looked.args)) return result(this.child(looked, endOf(looked)));
    this.nobody.set(call.tid, last.ts);
    return undefined;
  }

  /** Who wrote into the pipe, event descriptor or socket of ours, or whose death closed it. */
  private writer(call: CallRow, from: number): number | undefined {
    const ours = call.target.split(" | ").filter((t) => this.isOurs(call, t));
    if (ours.length === 0) return undefined;
    const end = endOf(call);
    const last = this.lastWrite(from, end, call, ours);
    if (last) return this.ours(last.tid);
    const eof = isRead(call.name) && /^0$/.test(call.ret);
    return eof
      ? this.timeline.lastDeath(from, end + SLACK, (p) => p.pid !== call.pid && p.tid === p.pid)?.tid
      : undefined;
  }

  /** The write that ended last, before `end` or a little later, and can have woken `call`. */
  private lastWrite(from: number, end: number, call: CallRow, ours: readonly string[]): CallRow | undefined {
    this.writes ??= [...this.timeline.table.where({ target: (target) => target !== "", name: isWrite })]
      .reverse()
      .sort((a, b) => endOf(a) - endOf(b));
    const { writes } = this;
    for (let i = lowest(writes.length, (k) => endOf(writes[k]) > end + SLACK) - 1; i >= 0; i--) {
      const c = writes[i];
      if (endOf(c) < from) return undefined;
      if (c.tid === call.tid || c.ts < from - LONG_WRITE || c.ts > end) continue;
      if (ours.some((t) => this.wakes(c, call, t))) return c;
    }
    return undefined;
  }

  private isOurs(call: CallRow, target: string): boolean {
    if (/^(pipe:|fifo:|unix:|socket:\[|anon_inode:\[eventfd)/.test(target)) return true;
    return [...(this.listener(target)?.pids ?? [])].some((pid) => pid !== call.pid);
  }

  /** Who of us listens where `target` is: another host's port of the same number is not ours. */
  private listener(target: string): Listener | undefined {
    const [, host = "", port = ""] = /^tcp:(.*):(\d+)$/.exec(target) ?? [];
    const found = this.listeners.get(port);
    if (!found) return undefined;
    const anywhere = LOOPBACK.test(host) && (found.hosts.has("0.0.0.0") || found.hosts.has("[::]"));
    return anywhere || found.hosts.has(host) ? found : undefined;
  }

  /** A write `c` can be what `call`, which waits for `target`, waited for. */
  private wakes(c: CallRow, call: CallRow, target: string): boolean {
    if (target.startsWith("pipe:")) return c.target === target;
    // one who need not wait for room in it does not show that it is one
    if (target.startsWith("fifo:")) return c.target === target || c.target === fifoIn(target);
    if (target.startsWith("anon_inode:"))
      return c.pid === call.pid && c.target.startsWith("anon_inode:[eventfd");
    if (c.pid === call.pid) return false;
    // who answers writes to a socket without a name
    if (target.startsWith("unix:/")) return c.target.startsWith("unix:[");
    if (target.startsWith("tcp:"))
      return (this.listener(target)?.pids.has(c.pid) ?? false) && c.target.startsWith("tcp:");
    return /^(unix|socket):/.test(c.target);
  }

  /** The thread that woke a futex waiter, or that ended while it was joined. */
  private futexWaker(call: CallRow): number | undefined {
    if (!/FUTEX_WAIT|FUTEX_LOCK/.test(call.args)) return undefined;
    const address = /^(0x[0-9a-f]+)/.exec(call.args)?.[1];
    const end = endOf(call);
    const wakers = this.futexWakers(call.pid);
    for (
      let i = lowest(wakers.length, (k) => wakers[k].ts > end) - 1;
      i >= 0 && wakers[i].ts >= call.ts;
      i--
    ) {
      const c = wakers[i];
      if (c.tid !== call.tid && c.args.startsWith(`${address},`)) return c.tid;
    }
    if (call.ret.startsWith("?")) {
      const ender = this.timeline.enderOf(call.pid);
      return ender === call.tid ? undefined : ender;
    }
    return this.timeline.lastDeath(end - SLACK, end + SLACK, (p) => p.pid === call.pid && p.tid !== call.tid)
      ?.tid;
  }

  private futexWakers(pid: number): readonly CallRow[] {
    this.futexes ??= grouped(
      this.timeline.table.where({
        name: isFutex,
        args: (args) => /FUTEX_(WAKE|CMP_REQUEUE|UNLOCK)/.test(args),
      }),
      (c) => c.pid,
    );
    return this.futexes.get(pid) ?? [];
  }
}

function* chain<T>(first: T, others: Iterable<T>): Iterable<T> {
  yield first;
  yield* others;
}
