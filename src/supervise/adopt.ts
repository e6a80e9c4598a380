/** Taking over what an earlier supervisor left: what runs, and in which state the table goes on. */
import { reap } from "../kernel/children.ts";
import { status as taskStatus, unixTimeOf } from "../kernel/proc.ts";
import { bornAt, type Extended, isOf, isThere, type Process } from "./extended.ts";
import type { State } from "./machine.ts";
import type { ServiceFiles } from "./service-files.ts";

export interface Takeover {
  /** What was known; undefined when only the process tells. */
  readonly known: Extended | undefined;
  /** State in which we begin. */
  readonly state: State;
  /** What is alive. */
  readonly process: Process | undefined;
  /** What ended while nobody looked; its wait status if it is our child (after an exec of ours), else null. */
  readonly ended: { readonly pid: number; readonly status: number | null } | undefined;
}

/** What there is to take over; undefined when the service was given up in order and nobody has started it since, or never was. */
export function findTakeover(files: ServiceFiles): Takeover | undefined {
  let known = files.readExtended();
  // copied with its directory from a service that runs: the process is not ours
  if (known && !isOf(known, files.identity)) return undefined;
  if (known?.state === "gone") known = undefined;
  const record = files.readChildRecord();
  let process = record && livingSince(record.pid, record.alive);
  if (!process && known && isThere(known)) process = { pid: known.pid, born: known.born };
  if (!process) {
    process = leftByOther(files);
    // what we knew was before that
    if (process) known = undefined;
  }
  if (!known) return process && { ...nothing, process };
  const finishing = known.state === "finishing";
  // the one that was to leave has left
  if (known.plan === "exit" && !process) return undefined;
  if (process) return { ...nothing, known, process, state: finishing ? "finishing" : "up" };
  const last = record && record.pid !== known.reaped ? record.pid : known.pid;
  if (last !== 0 && last !== known.reaped) {
    const ended = { pid: last, status: reap(last) ?? null };
    return { ...nothing, known, ended, state: finishing ? "finishing" : "up" };
  }
  return { ...nothing, known, state: known.state === "up" ? "waiting" : known.state };
}

const nothing = { known: undefined, state: "up" as State, process: undefined, ended: undefined };

/** The process with this pid if it was alive at `tick` already: a later one with the same pid was born later. */
function livingSince(pid: number, tick: number): Process | undefined {
  const born = bornAt(pid);
  if (born === undefined || born > tick) return undefined;
  return isThere({ pid, born }) ? { pid, born } : undefined;
}

/** How far the clock in a status and the start of the process may be apart (s). */
const SAME_MOMENT = 1.5;

/** A process that another daemontools' supervise started and left: its status says when. */
function leftByOther(files: ServiceFiles): Process | undefined {
  const status = files.readStatus();
  if (!status || status.pid < 2 || status.finishing) return undefined;
  const born = bornAt(status.pid);
  if (
    born === undefined ||
    Math.abs(unixTimeOf(born) - status.seconds - status.nanoseconds / 1e9) > SAME_MOMENT
  ) {
    return undefined;
  }
  const state = taskStatus(status.pid)?.state;
  return state === undefined || state === "Z" ? undefined : { pid: status.pid, born };
}
