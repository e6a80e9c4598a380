/** `multilog script`. */
import { obeyFileSizeLimit } from "../kernel/own-signals.ts";
import { djbMain } from "../supervise/chain.ts";
import { Multilog } from "../supervise/multilog/main.ts";

export function main(argv: string[]): Promise<number> {
  return djbMain("multilog", async () => {
    // what it makes is for others to read, as the original has it
    process.umask(0o022);
    // whoever started it starts it again, and that one begins a new file
    obeyFileSizeLimit();
    // signal handlers would keep the process
    process.exit(await new Multilog(argv).run());
  });
}
