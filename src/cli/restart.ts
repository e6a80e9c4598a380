/** `svtrace restart SERVICE`: TERM, and wait until it has been started again. */
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../base/errors.ts";
import { readStatus, sendControl } from "../supervise/control.ts";

const LIMIT_MS = 120_000;

export async function main(argv: string[]): Promise<number> {
  const [dir] = argv;
  if (dir === undefined || argv.length > 1 || dir.startsWith("-"))
    throw new UsageError("usage: svtrace restart SERVICEDIR");
  const began = performance.now();
  let before: number;
  try {
    before = readStatus(dir)?.pid ?? 0;
    sendControl(dir, before === 0 ? "u" : "t");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === "ENXIO"
        ? `${dir}: not supervised (no supervise runs there)`
        : `${dir}: not a supervised service directory (${code})`,
    );
  }
  while (performance.now() - began < LIMIT_MS) {
    await sleep(20);
    const status = readStatus(dir);
    const pid = status?.pid ?? 0;
    if (pid === 0 && status?.want !== "u") {
      process.stderr.write(`svtrace restart: ${dir}: is down and not wanted up; svc -u ${dir} starts it\n`);
      return 1;
    }
    if (pid !== 0 && pid !== before) {
      process.stdout.write(
        `${dir}: up (pid ${pid}) after ${((performance.now() - began) / 1000).toFixed(2)} s; svtrace why ${dir} says where the time went\n`,
      );
      return 0;
    }
  }
  process.stderr.write(`svtrace restart: ${dir}: still not back after ${LIMIT_MS / 1000} s\n`);
  return 1;
}
