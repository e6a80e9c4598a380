/** `svok dir`: 0 if supervise runs there, 100 if not. */
import { UsageError } from "../base/errors.ts";
import { djbMain, Fatal, USAGE_EXIT } from "../supervise/chain.ts";
import { enter, okState } from "../supervise/control.ts";

const NOT_RUNNING = 100;

export function main(argv: string[]): Promise<number> {
  return djbMain("svok", () => {
    const [dir] = argv;
    if (argv.length !== 1) throw new UsageError("svok: usage: svok dir", USAGE_EXIT);
    try {
      enter(dir);
    } catch (error) {
      throw new Fatal(`unable to chdir to ${dir}`, error);
    }
    try {
      return okState(dir) === "running" ? 0 : NOT_RUNNING;
    } catch (error) {
      throw new Fatal(`unable to open ${dir}/supervise/ok`, error);
    }
  });
}
