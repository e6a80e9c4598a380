/** `svstat dirs`: a line on each service. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { djbWords } from "../base/djb.ts";
import { chdirProblem, isSupervised, statusLine } from "../supervise/control.ts";
import { files } from "../supervise/layout.ts";

export async function main(argv: string[]): Promise<number> {
  let text = "";
  for (const dir of argv) text += `${dir}: ${describe(dir)}\n`;
  process.stdout.write(text);
  return 0;
}

function describe(dir: string): string {
  const problem = chdirProblem(dir);
  if (problem) return `unable to chdir: ${problem}`;
  try {
    if (!isSupervised(dir)) {
      return existsSync(join(dir, files.ok))
        ? "supervise not running"
        : "unable to open supervise/ok: file does not exist";
    }
  } catch (error) {
    return `unable to open supervise/ok: ${djbWords((error as NodeJS.ErrnoException).code)}`;
  }
  try {
    return statusLine(dir);
  } catch (error) {
    return `unable to open supervise/status: ${djbWords((error as NodeJS.ErrnoException).code)}`;
  }
}
