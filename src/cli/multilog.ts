/** `multilog script`. */
import { djbMain } from "../supervise/chain.ts";
import { Multilog } from "../supervise/multilog/main.ts";

export function main(argv: string[]): Promise<number> {
  return djbMain("multilog", async () => {
    // what it makes is for others to read, as the original has it
    process.umask(0o022);
    // signal handlers would keep the process
    process.exit(await new Multilog(argv).run());
  });
}
