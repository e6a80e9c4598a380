/** Processes and signals in words. */
import { wellFormed } from "../base/bytes.ts";
import type { SignalEvent, Task } from "../capture/event.ts";
import { commandLine } from "../kernel/tasks.ts";
import type { SignalRow } from "./model.ts";
import type { SinkOptions } from "./sink-options.ts";

/** Offsets of si_code and si_pid (struct siginfo); codes up to 0 are those of signals that a process sent. */
const SI_CODE = 8;
const SI_PID = 16;

/** `SIGTERM from 4211 (bash)`; `sender` 0 is the kernel. */
export function senderText(signal: string, sender: number): string {
  if (sender <= 0) return signal;
  const argv = commandLine(sender);
  return `${signal} from ${sender}${argv?.[0] ? ` (${argv[0]})` : ""}`;
}

/** A signal that a task got at `now` (ns). */
export function signalRow(
  task: Task,
  { signo, info }: SignalEvent,
  now: number,
  { signalName, text }: Pick<SinkOptions, "signalName" | "text">,
): SignalRow {
  return {
    ...{ ts: now, tid: task.tid, pid: task.pid, name: signalName(signo) },
    info: info ? text.siginfo(task, info) : "",
    sender: info && info.getInt32(SI_CODE, true) <= 0 ? info.getInt32(SI_PID, true) : 0,
  };
}

/** Arguments as one line, quoted where a shell would need it, control characters escaped. */
export function commandText(argv: readonly string[] | undefined): string {
  return (argv ?? [])
    .map((a) => {
      const safe = JSON.stringify(wellFormed(a)).slice(1, -1);
      return /^[\w@%+=:,./-]+$/.test(a) ? a : `'${safe.replaceAll('\\"', '"')}'`;
    })
    .join(" ")
    .slice(0, 4096);
}
