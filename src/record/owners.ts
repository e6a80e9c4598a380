/** Whose a tid was, and when: the kernel gives it away again once its thread is dead. */
import { lowest } from "../base/search.ts";
import type { ProcessRow } from "./model.ts";

/**
 * The rows of `process` with the time for which each tid was theirs, `since` <= t < `until`: till they died, or till the next
 * one was born where that is not known. The first one's begins before it was born: a service that is attached to is in
 * calls that began earlier.
 */
export const OWNERS = `SELECT *,
    CASE WHEN lag(tid) OVER w IS NULL THEN 0 ELSE least(lag(died) OVER w, born) END AS since,
    CASE WHEN lead(tid) OVER w IS NULL THEN ${2n ** 63n - 1n} ELSE least(died, lead(born) OVER w) END AS until
  FROM process WINDOW w AS (PARTITION BY tid ORDER BY born)`;

/** The same for recordings in memory. */
export class Owners {
  private readonly byTid = new Map<number, ProcessRow[]>();

  constructor(processes: readonly ProcessRow[]) {
    for (const row of [...processes].sort((a, b) => a.born - b.born)) {
      const rows = this.byTid.get(row.tid);
      if (rows) rows.push(row);
      else this.byTid.set(row.tid, [row]);
    }
  }

  /** The thread that had this tid at `ts`. */
  at(tid: number, ts: number): ProcessRow | undefined {
    const rows = this.byTid.get(tid);
    if (rows === undefined || rows.length === 1) return rows?.[0];
    const isOver = (i: number) => ts >= Math.min(rows[i].died ?? Infinity, rows[i + 1].born);
    return rows[lowest(rows.length - 1, (i) => !isOver(i))];
  }
}
