/** `supervise dir`: one service, as daemontools' supervise. */

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import { tell } from "../base/stderr.ts";
import { becomeSubreaper } from "../kernel/children.ts";
import { cgroupBase, cgroupOf } from "../supervise/cgroups.ts";
import { djbMain, Fatal, USAGE_EXIT } from "../supervise/chain.ts";
import { keepGoing } from "../supervise/keep-going.ts";
import { RecorderLink } from "../supervise/recorder-link.ts";
import { Service } from "../supervise/service.ts";
import { isDirectory, Refused } from "../supervise/service-files.ts";

export function main(argv: string[]): Promise<number> {
  return djbMain("supervise", async () => {
    const [dir] = argv;
    if (argv.length !== 1) throw new UsageError("supervise: usage: supervise dir", USAGE_EXIT);
    keepGoing("supervise");
    await new Promise<void>((gone, refused) => {
      try {
        const cgroup = isDirectory(dir) ? cgroupBase(dir) : undefined;
        const service = new Service(dir, {
          program: "supervise",
          cgroup: cgroup && cgroupOf(cgroup, dir),
          recorder: recorderOf(dir),
          onNeedSubreaper: becomeSubreaper,
          onGone: gone,
        });
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
  const warn = (text: string) => tell(`supervise: warning: ${text}\n`);
  return new RecorderLink(join(home, "recorder.sock"), warn);
}
