/** One command under Debian's strace and under ours: all that both say, and how they end. */
import { expect } from "vitest";
import { debian, lacks, run, svtracePath } from "../helpers.ts";
import { childTimes } from "./normalise.ts";

const strace = debian("strace") ?? "strace";
/** Why the comparison cannot be made. */
export const missing = [lacks("gcc"), debian("strace") ? "" : "no strace"];

/** What both say and how they end; process ids are as many as there are processes. */
async function outcome(tracer: readonly string[], options: readonly string[], command: readonly string[]) {
  const r = await run(["setarch", "-R", ...tracer, ...options, ...command]);
  // our parent differs from theirs, and so do all that are numbered in turn
  const said = r.stderr
    .replaceAll(strace, "strace")
    .replace(
      /(\[pid +|[Pp]rocess |PID=|si_pid=|^(?:getp?pid|set_tid_address)\(.*\) += |^(?:fork|clone)\(.* = )\d{3,}/gm,
      "$1PID",
    )
    .replace(/0x[0-9a-f]+(?= \/\* \d+ vars \*\/)/g, "ENV")
    .replace(...childTimes)
    .replace(/<\d+\.\d{6}>$/gm, "<TIME>")
    .replace(/"[^"]*"(?=, \d+, GRND_)/, "RANDOM");
  return { said, written: r.stdout, status: r.status, signal: r.signal };
}

/** Expects the same of both. */
export async function same(options: readonly string[], command: readonly string[]): Promise<void> {
  const [theirs, ours] = await Promise.all([
    outcome([strace], options, command),
    outcome([svtracePath, "strace"], options, command),
  ]);
  expect(ours).toEqual(theirs);
  expect(theirs.said + theirs.written).not.toBe("");
}
