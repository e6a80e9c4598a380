/** `svstat dirs`: a line on each service. */
import { djbWords } from "../base/djb.ts";
import { isSupervised, statusLine } from "../supervise/control.ts";
import { isDirectory } from "../supervise/service.ts";

export async function main(argv: string[]): Promise<number> {
  let text = "";
  for (const dir of argv) text += `${dir}: ${describe(dir)}\n`;
  process.stdout.write(text);
  return 0;
}

function describe(dir: string): string {
  if (!isDirectory(dir)) return "unable to chdir: file does not exist";
  try {
    if (!isSupervised(dir)) return "supervise not running";
  } catch (error) {
    return `unable to open supervise/ok: ${djbWords((error as NodeJS.ErrnoException).code)}`;
  }
  try {
    return statusLine(dir);
  } catch (error) {
    return `unable to open supervise/status: ${djbWords((error as NodeJS.ErrnoException).code)}`;
  }
}
