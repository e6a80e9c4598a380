/** `svscan [dir]`: every service of a directory in one process. */
import { resolve } from "node:path";
import { djbWords } from "../base/djb.ts";
import { ScanDirectory } from "../supervise/scan.ts";

export async function main(argv: string[]): Promise<number> {
  if (argv[0] !== undefined) {
    try {
      process.chdir(argv[0]);
    } catch (error) {
      process.stderr.write(
        `svscan: fatal: unable to chdir to ${argv[0]}: ${djbWords((error as NodeJS.ErrnoException).code)}\n`,
      );
      return 111;
    }
  }
  const scan = new ScanDirectory(resolve("."), { program: "svscan" });
  await scan.start();
  return new Promise(() => {});
}
