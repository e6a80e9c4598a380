/** `svscan [dir]`: every service of a directory in one process. */
import { resolve } from "node:path";
import { djbMain, Fatal } from "../supervise/chain.ts";
import { keepGoing } from "../supervise/keep-going.ts";
import { sharedLogger } from "../supervise/logger/process.ts";
import { ScanDirectory } from "../supervise/scan.ts";

export function main(argv: string[]): Promise<number> {
  return djbMain("svscan", async () => {
    try {
      if (argv[0] !== undefined) process.chdir(argv[0]);
    } catch (error) {
      throw new Fatal(`unable to chdir to ${argv[0]}`, error);
    }
    // messages on a service come from what would be its supervise
    const dir = resolve(".");
    const logging = sharedLogger(dir, "svscan", false);
    keepGoing("svscan");
    await new ScanDirectory(dir, { program: "supervise", scanner: "svscan", logging }).start();
    return new Promise(() => {});
  });
}
