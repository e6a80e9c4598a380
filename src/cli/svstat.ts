/** `svstat dirs`: a line on each service. */
import { statLine } from "../supervise/control.ts";

export async function main(argv: string[]): Promise<number> {
  for (const dir of argv) process.stdout.write(`${dir}: ${statLine(dir)}\n`);
  return 0;
}
