/** `svstat dirs`: a line on each service. */
import { bytesOf } from "../base/bytes.ts";
import { SysError } from "../base/errors.ts";
import { djbMain, words } from "../supervise/chain.ts";
import { statLine, type Visit, visitor } from "../supervise/control.ts";

export function main(argv: string[]): Promise<number> {
  return djbMain("svstat", () => {
    const visit = visitor();
    for (const dir of argv) process.stdout.write(bytesOf(`${dir}: ${line(visit, dir)}\n`));
    return 0;
  });
}

function line(visit: Visit, dir: string): string {
  try {
    return visit(dir, statLine);
  } catch (error) {
    if (error instanceof SysError) return `unable to chdir: ${words(error)}`;
    throw error;
  }
}
