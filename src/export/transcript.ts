/** A recording as lines in order of time: strace text, or one JSON object each. */
import { callLine, deathLine, signalLine } from "../analyse/lines.ts";
import type { Recording } from "../record/model.ts";

interface Item {
  ts: number;
  line: () => string;
}

/** Lines as `strace -f -ttt -T` prints them. Calls stand where they began; none is cut in two. */
export function straceLines(recording: Recording): string[] {
  const { lifetime } = recording;
  const items: Item[] = [
    ...recording.calls.map((c) => ({ ts: c.ts, line: () => callLine(c, lifetime) })),
    ...recording.signals.map((s) => ({ ts: s.ts, line: () => signalLine(s, lifetime) })),
    ...recording.processes
      .filter((p) => p.died !== null)
      .map((p) => ({ ts: p.died!, line: () => deathLine(p, lifetime) })),
  ];
  return items.sort((a, b) => a.ts - b.ts).map((i) => i.line());
}

/** One object a line; `time` in seconds since 1970, `duration` in seconds. */
export function jsonLines(recording: Recording): string[] {
  const { anchor } = recording.lifetime;
  const comm = new Map(recording.processes.map((p) => [p.tid, p.comm]));
  const time = (ts: number) => Number(((ts + anchor) / 1e9).toFixed(6));
  const items: Item[] = [
    { ts: 0, line: () => JSON.stringify({ type: "lifetime", ...recording.lifetime }) },
    ...recording.calls.map((c) => ({
      ts: c.ts,
      line: () =>
        JSON.stringify({
          type: "syscall",
          time: time(c.ts),
          duration: c.duration / 1e9,
          pid: c.pid,
          tid: c.tid,
          comm: comm.get(c.tid) ?? "",
          name: c.name,
          args: c.args,
          ret: c.ret,
          errno: c.error || undefined,
          target: c.target || undefined,
          unfinished: c.unfinished || undefined,
        }),
    })),
    ...recording.signals.map((s) => ({
      ts: s.ts,
      line: () =>
        JSON.stringify({
          type: "signal",
          time: time(s.ts),
          pid: s.pid,
          tid: s.tid,
          name: s.name,
          info: s.info,
        }),
    })),
    ...recording.events.map((e) => ({
      ts: e.ts,
      line: () => JSON.stringify({ type: e.kind, time: time(e.ts), pid: e.pid, text: e.text }),
    })),
    ...recording.processes
      .filter((p) => p.died !== null)
      .map((p) => ({
        ts: p.died!,
        line: () =>
          JSON.stringify({
            type: "exit",
            time: time(p.died!),
            pid: p.pid,
            tid: p.tid,
            comm: p.comm,
            status: p.status ?? undefined,
            signal: p.signal ?? undefined,
          }),
      })),
  ];
  return items.sort((a, b) => a.ts - b.ts).map((i) => i.line());
}
