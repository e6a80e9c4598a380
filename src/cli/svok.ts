/** `svok dir`: 0 if supervise runs there, 100 if not. */

import { djbWords } from "../base/djb.ts";
import { UsageError } from "../base/errors.ts";
import { chdirProblem, isSupervised } from "../supervise/control.ts";

export async function main(argv: string[]): Promise<number> {
  const [dir] = argv;
  if (dir === undefined) throw new UsageError("usage: svok dir", 100);
  const problem = chdirProblem(dir);
  if (problem) {
    process.stderr.write(`svok: fatal: unable to chdir to ${dir}: ${problem}\n`);
    return 111;
  }
  try {
    return isSupervised(dir) ? 0 : 100;
  } catch (error) {
    process.stderr.write(
      `svok: fatal: unable to open ${dir}/supervise/ok: ${djbWords((error as NodeJS.ErrnoException).code)}\n`,
    );
    return 111;
  }
}
