/** `supervise dir`: one service, as daemontools' supervise. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import { djbMain, Fatal, USAGE_EXIT } from "../supervise/chain.ts";
import { RecorderLink } from "../supervise/recorder-link.ts";
import { Service } from "../supervise/service.ts";
import { Refused } from "../supervise/service-files.ts";

export function main(argv: string[]): Promise<number> {
  return djbMain("supervise", async () => {
    const [dir] = argv;
    if (argv.length !== 1) throw new UsageError("supervise: usage: supervise dir", USAGE_EXIT);
    await new Promise<void>((gone, refused) => {
      const service = new Service(dir, { program: "supervise", recorder: recorderOf(dir), onGone: gone });
      process.on("SIGCHLD", () => service.check());
      try {
        service.open();
      } catch (error) {
        refused(error instanceof Refused ? new Fatal(error.message) : error);
      }
    });
    process.exit(0);
  });
}

/** The recorder of the directory the service lies in, if there has ever been one. */
function recorderOf(dir: string): RecorderLink | undefined {
  const home = join(dirname(resolve(dir)), ".svtrace");
  if (!existsSync(home)) return undefined;
  const warn = (text: string) => process.stderr.write(`supervise: warning: ${text}\n`);
  return new RecorderLink(join(home, "recorder.sock"), warn);
}
