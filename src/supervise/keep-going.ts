/** What nobody expected to go wrong with one service must not end the supervision of all. */
import { oneLine } from "../base/errors.ts";
import { tell } from "../base/stderr.ts";
import { neverWait } from "./messages.ts";

/** So often (ms) is it said at most. */
const PAUSE = 1000;

/** From now on an exception that nobody catches ends what it happened in, and is said, and nothing else; nor does a message that nobody reads. */
export function keepGoing(program: string): void {
  neverWait(program);
  let said = Number.NEGATIVE_INFINITY;
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => {
    const now = performance.now();
    if (now - said < PAUSE) return;
    said = now;
    const where = /^ +at (.*)/m.exec(error.stack ?? "")?.[1] ?? "";
    tell(`${program}: warning: an error of its own, going on: ${oneLine(error)} (${where})\n`);
  });
}
