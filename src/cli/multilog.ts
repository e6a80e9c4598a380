/** `multilog script`. */
import { Multilog } from "../supervise/multilog/main.ts";

export async function main(argv: string[]): Promise<number> {
  try {
    const code = await new Multilog(argv).run();
    process.exit(code);
  } catch (error) {
    process.stderr.write(`multilog: fatal: ${(error as Error).message}\n`);
    return 111;
  }
}
