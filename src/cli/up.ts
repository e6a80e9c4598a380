/** `svtrace up DIR`: supervises the services of DIR and records those that have a trace/ directory. */
import { resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import { ScanDirectory } from "../supervise/scan.ts";
import { isDirectory } from "../supervise/service-files.ts";

export async function main(argv: string[]): Promise<number> {
  if (argv.length !== 1 || argv[0].startsWith("-")) {
    throw new UsageError(
      "usage: svtrace up DIR\nRuns every service in DIR (each a directory with a `run` program) until TERM, INT or HUP.",
    );
  }
  const dir = resolve(argv[0]);
  if (!isDirectory(dir)) throw new UsageError(`${argv[0]}: not a directory`);
  const command = [process.execPath, resolve(process.argv[1]), "recorder", `${dir}/.svtrace`];
  const scan = new ScanDirectory(dir, { program: "svtrace up", recorder: { command } });
  const asked = new Promise<void>((done) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => done());
  });
  await scan.start();
  await asked;
  await scan.stop();
  process.exit(0);
}
