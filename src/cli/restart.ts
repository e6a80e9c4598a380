/** `svtrace restart SERVICE`: TERM, and wait until it has been started again, or is ready again. */

import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { tell } from "../base/stderr.ts";
import { isTraced, readStatus, sendControl } from "../supervise/control.ts";
import { aliveOf, readExtended } from "../supervise/extended.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";

const LIMIT_S = 120;
const POLL_MS = 20;
/** A stop that takes longer (ms) says whom it waits for. */
const PATIENCE_MS = 5000;

export async function main(argv: string[]): Promise<number> {
  const { dir, ready, seconds } = parse(argv);
  const began = performance.now();
  const before = ask(dir);
  const elapsed = () => performance.now() - began;
  let told = false;
  while (elapsed() < seconds * 1000) {
    await sleep(POLL_MS);
    const status = readStatus(dir);
    const pid = status?.pid ?? 0;
    const known = readExtended(dir);
    const back = pid !== 0 && pid !== before && !status?.finishing;
    // one that was down says so until its supervisor has read what it was asked
    const heard = before !== 0 || elapsed() > PATIENCE_MS;
    if (heard && pid === 0 && status?.want !== "u") {
      const why = known?.failed ? `left down: ${known.failed}` : "down and not wanted up";
      return fail(dir, `is ${why}; svc -u ${dir} starts it`);
    }
    if (back && (!ready || !known || (known.pid === pid && known.ready))) {
      const what = ready && known ? "ready" : "up";
      const took = `${(elapsed() / 1000).toFixed(2)} s`;
      const hint = isTraced(dir) ? `; svtrace why ${printable(dir)} says where the time went` : "";
      process.stdout.write(`${printable(dir)}: ${what} (pid ${pid}) after ${took}${hint}\n`);
      return 0;
    }
    if (!told && !back && elapsed() > PATIENCE_MS) {
      told = true;
      tell(`svtrace restart: ${printable(dir)}: still waiting for ${aliveText(dir)}\n`);
    }
  }
  const known = readExtended(dir);
  const silent = known?.state === "up" && known.pid !== before && !known.ready;
  const what = known?.waitsFor.length
    ? `it needs ${known.waitsFor.join(", ")}`
    : silent
      ? `it runs (pid ${known.pid}) and has not said that it is ready`
      : `alive: ${aliveText(dir)}`;
  return fail(dir, `still not ${ready ? "ready" : "back"} after ${seconds} s; ${what}`);
}

function parse(argv: readonly string[]): { dir: string; ready: boolean; seconds: number } {
  const program = table("restart");
  const { values, operands } = parseArguments(program, argv);
  const seconds = Number(values.get("wait") || LIMIT_S);
  if (!(seconds > 0)) throw wrong(program, `--wait=${values.get("wait")}: not a number of seconds`);
  return { dir: operands[0], ready: values.has("wait"), seconds };
}

/** Asks for the restart; returns the pid there was, 0 when it was down. */
function ask(dir: string): number {
  try {
    const status = readStatus(dir);
    const before = status?.pid ?? 0;
    // one that is stopped hears TERM when it goes on
    sendControl(dir, before === 0 ? "u" : status?.paused ? "tc" : "t");
    return before;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENXIO") throw new UsageError(`${dir}: not supervised (no supervise runs there)`);
    const reason =
      code !== "ENOENT" ? code : existsSync(dir) ? "it was never supervised" : "no such directory";
    throw new UsageError(`${dir}: not a supervised service directory: ${reason}`);
  }
}

function aliveText(dir: string): string {
  // a process may call itself anything
  const names = aliveOf(dir).map((p) => `${printable(p.comm)}[${p.pid}]`);
  return names.join(", ") || "its end";
}

function fail(dir: string, why: string): number {
  tell(`svtrace restart: ${printable(dir)}: ${printable(why)}\n`);
  return 1;
}
