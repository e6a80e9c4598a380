/** What a recording holds that somebody else began and did not end: enough to carry it on. */
import { bootId } from "../kernel/boot.ts";
import type { Lifetime, LossRow, ProcessRow } from "./model.ts";
import { firstNumber, rows, withRecording } from "./reader.ts";

export interface Before {
  readonly path: string;
  readonly lifetime: Lifetime;
  /** Threads that lived. */
  readonly processes: readonly ProcessRow[];
  readonly losses: readonly LossRow[];
  /** The first free ids. */
  readonly texts: number;
  readonly stacks: number;
  readonly frames: number;
}

/** Throws UsageError when the file is no recording; undefined when it is not of the present format, or of another boot. */
export function readBefore(path: string): Promise<Before | undefined> {
  return withRecording(path, async (db, lifetime, format) => {
    if (lifetime.format !== format || lifetime.boot !== bootId()) return undefined;
    const next = (table: string) => firstNumber(db, `SELECT coalesce(max(id) + 1, 0) FROM ${table}`);
    return {
      path,
      lifetime,
      processes: await rows<ProcessRow>(db, "process", "WHERE died IS NULL"),
      losses: await rows<LossRow>(db, "loss"),
      texts: await next("text"),
      stacks: await next("stack"),
      frames: await next("frame"),
    };
  });
}
