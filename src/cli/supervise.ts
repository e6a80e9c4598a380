/** `supervise dir`: one service, as daemontools' supervise. */

import { djbWords } from "../base/djb.ts";
import { UsageError } from "../base/errors.ts";
import { AlreadyRunning, Service } from "../supervise/service.ts";

export async function main(argv: string[]): Promise<number> {
  const [dir] = argv;
  if (argv.length !== 1) throw new UsageError("usage: supervise dir", 100);
  return new Promise((resolve) => {
    const service = new Service(dir, { program: "supervise", onGone: () => resolve(0) });
    process.on("SIGCHLD", () => service.check());
    // the FIFO alone does not keep the event loop alive once a pipe end is closed
    const alive = setInterval(() => service.check(), 1000);
    try {
      service.open();
    } catch (error) {
      clearInterval(alive);
      const reason =
        error instanceof AlreadyRunning
          ? `unable to acquire ${dir}/supervise/lock: temporary failure`
          : `unable to chdir to ${dir}: ${djbWords((error as NodeJS.ErrnoException).code)}`;
      process.stderr.write(`supervise: fatal: ${reason}\n`);
      resolve(111);
    }
  }).then((code) => process.exit(code as number));
}
