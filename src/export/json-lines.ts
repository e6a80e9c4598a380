/** A recording as JSON, one object a line, in order of time; described in docs/EXPORT.md. */
import { jsonOf } from "../base/json.ts";
import type { CallRow } from "../record/model.ts";
import { Owners } from "../record/owners.ts";
import type { Source } from "../record/reader.ts";
import { inOrder, unixSeconds } from "./order.ts";

/** Changes when a line's fields change their meaning or go; new ones may come at any time. */
export const SCHEMA = "svtrace-lines/1";

/** A number's exact text within JSON. */
class Exact {
  constructor(readonly text: string) {}
}

export async function* jsonLines({ recording, calls }: Source): AsyncIterable<string> {
  const { lifetime, processes, phases, losses } = recording;
  const unix = unixSeconds(lifetime.anchor);
  const at = (ts: number | null) => (ts === null ? null : new Exact(unix(ts)));
  yield line({
    type: "lifetime",
    schema: SCHEMA,
    service: lifetime.service,
    dir: lifetime.dir,
    pid: lifetime.pid,
    started: at(lifetime.started),
    ready: at(lifetime.ready),
    ready_by: lifetime.ready_by,
    asked: at(lifetime.asked),
    asked_by: lifetime.asked_by,
    died: at(lifetime.died),
    ended: at(lifetime.ended),
    written: at(lifetime.written),
    status: lifetime.status,
    signal: lifetime.signal,
    attached: lifetime.attached,
    host: lifetime.host,
    kernel: lifetime.kernel,
    version: lifetime.version,
    engine: lifetime.engine,
    previous: lifetime.previous,
    next: lifetime.next,
  });
  for (const p of phases)
    yield line({ type: "phase", name: p.name, started: at(p.started), ended: at(p.ended) });
  for (const { ts, count, reason } of losses) yield line({ type: "loss", time: at(ts), count, reason });
  const owners = new Owners(processes);
  const births = processes.map((p) => ({
    ts: p.born,
    make: () =>
      line({
        type: "thread",
        time: at(p.born),
        pid: p.pid,
        tid: p.tid,
        parent: p.parent,
        comm: p.comm,
        argv: p.argv,
        user: seconds(p.user_ns),
        system: seconds(p.system_ns),
        queued: seconds(p.queued_ns),
      }),
  }));
  const others = [
    ...recording.signals.map(({ ts, pid, tid, name, info, sender }) => ({
      ts,
      make: () => line({ type: "signal", time: at(ts), pid, tid, name, info, sender }),
    })),
    ...recording.events.map(({ ts, kind, pid, text, until }) => ({
      ts,
      make: () => line({ type: "event", time: at(ts), kind, pid, text, until: at(until) ?? undefined }),
    })),
    ...recording.samples.map(({ ts, tid, stack }) => ({
      ts,
      make: () => {
        const frames = recording.stacks.get(stack) ?? [];
        return line({
          type: "sample",
          time: at(ts),
          tid,
          comm: owners.at(tid, ts)?.comm ?? "",
          stack: frames,
        });
      },
    })),
    ...processes
      .filter((p) => p.died !== null)
      .map(({ died, pid, tid, comm, status, signal }) => ({
        ts: died!,
        make: () => line({ type: "exit", time: at(died), pid, tid, comm, status, signal }),
      })),
  ];
  yield* inOrder(births, calls(), others, (c) => line(callObject(c, owners, at)));
}

function callObject(c: CallRow, owners: Owners, at: (ts: number) => unknown) {
  return {
    type: "syscall",
    time: at(c.ts),
    duration: seconds(c.duration),
    pid: c.pid,
    tid: c.tid,
    comm: owners.at(c.tid, c.ts)?.comm ?? "",
    name: c.name,
    args: c.args,
    ret: c.ret,
    errno: c.error || undefined,
    fd: c.fd < 0 ? undefined : c.fd,
    target: c.target || undefined,
    unfinished: c.unfinished || undefined,
    blocked: known(c.blocked),
    queued: known(c.queued),
    gap_blocked: known(c.gapBlocked),
    gap_queued: known(c.gapQueued),
    waker: c.waker < 0 ? undefined : c.waker,
  };
}

const seconds = (ns: number | null): number | null => (ns === null ? null : ns / 1e9);
const known = (ns: number): number | undefined => (ns < 0 ? undefined : ns / 1e9);

function line(object: Record<string, unknown>): string {
  let text = "";
  for (const key in object) {
    const value = object[key];
    if (value === undefined) continue;
    text += `${text === "" ? "" : ","}"${key}":${value instanceof Exact ? value.text : jsonOf(value)}`;
  }
  return `{${text}}\n`;
}
