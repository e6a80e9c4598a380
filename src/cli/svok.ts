/** `svok dir`: 0 if supervise runs there, 100 if not. */
import { bytesOf } from "../base/bytes.ts";
import { UsageError } from "../base/errors.ts";
import { enterDirectory } from "../kernel/directory.ts";
import { djbMain, Fatal, USAGE_EXIT } from "../supervise/chain.ts";
import { okState } from "../supervise/control.ts";

const NOT_RUNNING = 100;

/** Arguments after the first are ignored. */
export function main([dir]: string[]): Promise<number> {
  return djbMain("svok", () => {
    if (dir === undefined) throw new UsageError("svok: usage: svok dir", USAGE_EXIT);
    try {
      enterDirectory(bytesOf(dir));
    } catch (error) {
      throw new Fatal(`unable to chdir to ${dir}`, error);
    }
    try {
      return okState(".") === "running" ? 0 : NOT_RUNNING;
    } catch (error) {
      throw new Fatal(`unable to open ${dir}/supervise/ok`, error);
    }
  });
}
