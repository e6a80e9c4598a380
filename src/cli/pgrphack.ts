/** `pgrphack child`: runs child in a session and process group of its own. */
import { UsageError } from "../base/errors.ts";
import { startSession } from "../kernel/session.ts";
import { djbMain, runRest, USAGE_EXIT } from "../supervise/chain.ts";

export function main(argv: string[]): Promise<number> {
  return djbMain("pgrphack", () => {
    if (argv.length === 0) throw new UsageError("pgrphack: usage: pgrphack child", USAGE_EXIT);
    // leading a group already is no failure
    startSession();
    return runRest(argv.length);
  });
}
