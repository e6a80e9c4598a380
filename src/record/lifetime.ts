/** The row that describes a lifetime, at its start and as phases. */
import os from "node:os";
import { bootId } from "../kernel/boot.ts";
import { FORMAT, type Lifetime, type PhaseRow } from "./model.ts";

/** What has to be known of a lifetime when its recording begins. */
export type Started = Partial<Lifetime> & { pid: number; service: string; started: number; anchor: number };

export function newLifetime(threshold: number, known: Started): Lifetime {
  return {
    format: FORMAT,
    dir: "",
    ready: null,
    ready_by: null,
    asked: null,
    asked_by: null,
    died: null,
    ended: null,
    written: known.started,
    status: null,
    signal: null,
    boot: bootId(),
    attached: false,
    supervisor: 0,
    host: os.hostname(),
    kernel: os.release(),
    version: "",
    engine: "ptrace",
    threshold,
    previous: null,
    next: null,
    ...known,
  };
}

export function phasesOf(lifetime: Lifetime): PhaseRow[] {
  const { started, ready, asked, died, ended } = lifetime;
  const stop = asked ?? died;
  const rows: PhaseRow[] = [{ name: "starting", started, ended: ready ?? stop ?? ended }];
  if (ready !== null && (stop === null || stop > ready))
    rows.push({ name: "running", started: ready, ended: stop });
  if (stop !== null) rows.push({ name: "stopping", started: stop, ended });
  return rows;
}
