/** Builds recordings by hand, for tests. Times are seconds since an arbitrary moment. */
import { CallTable } from "../record/call-table.ts";
import { type CallRow, type EventRow, FORMAT, type Lifetime, type Recording } from "../record/model.ts";

const ns = (seconds: number): number => Math.round(seconds * 1e9);

export class Synthetic {
  private readonly base: Recording;
  private readonly rows: CallRow[] = [];

  constructor(lifetime: Partial<Lifetime>) {
    this.base = {
      path: "synthetic",
      lifetime: {
        format: FORMAT,
        service: "web",
        dir: "/service/web",
        pid: 100,
        started: 0,
        ready: null,
        ready_by: null,
        asked: null,
        asked_by: null,
        died: null,
        ended: null,
        written: 0,
        status: null,
        signal: null,
        boot: "b",
        anchor: 1.7e18,
        attached: false,
        supervisor: 1,
        host: "h",
        kernel: "6",
        version: "0",
        engine: "ptrace",
        threshold: 1e7,
        previous: null,
        next: null,
        ...lifetime,
      },
      processes: [],
      phases: [],
      losses: [],
      calls: CallTable.from([]),
      signals: [],
      events: [],
      samples: [],
      stacks: new Map(),
    };
  }

  get recording(): Recording {
    this.base.calls = CallTable.from(this.rows.sort((a, b) => a.ts - b.ts));
    return this.base;
  }

  /** Sets lifetime fields given in seconds. */
  at(times: Partial<Record<"started" | "ready" | "asked" | "died" | "ended" | "written", number>>): this {
    for (const [name, value] of Object.entries(times)) {
      (this.base.lifetime as unknown as Record<string, number>)[name] = ns(value);
    }
    return this;
  }

  process(pid: number, parent: number, comm: string, born: number, died: number | null, tid = pid): this {
    this.base.processes.push({
      tid,
      pid,
      parent,
      comm,
      argv: comm,
      born: ns(born),
      died: died === null ? null : ns(died),
      status: 0,
      signal: null,
      user_ns: null,
      system_ns: null,
      queued_ns: null,
    });
    return this;
  }

  /** A call of `tid` from..to; `more` overrides any field. */
  call(
    tid: number,
    from: number,
    to: number,
    name: string,
    args = "",
    ret = "0",
    more: Partial<CallRow> = {},
  ): this {
    const error = /^-1 (E\w+)/.exec(ret)?.[1] ?? /^\? (E\w+)/.exec(ret)?.[1] ?? "";
    const pid = this.base.processes.find((p) => p.tid === tid)?.pid ?? tid;
    const call = {
      ts: ns(from),
      duration: ns(to) - ns(from),
      tid,
      pid,
      name,
      args,
      ret,
      error,
      fd: -1,
      target: "",
      blocked: -1,
      queued: -1,
      gapBlocked: -1,
      gapQueued: -1,
      waker: -1,
    };
    this.rows.push({ ...call, unfinished: false, ...more });
    return this;
  }

  signal(tid: number, at: number, name: string, sender = 0, info = ""): this {
    this.base.signals.push({ ts: ns(at), tid, pid: tid, name, info, sender });
    return this;
  }

  event(at: number, kind: string, pid: number, text = "", until: number | null = null): this {
    const row: EventRow = { ts: ns(at), kind, pid, text, until: until === null ? null : ns(until) };
    this.base.events.push(row);
    return this;
  }
}
