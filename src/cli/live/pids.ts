/** The processes that a program is to look at. */
import { UsageError } from "../../base/errors.ts";
import { status, type TaskStatus } from "../../kernel/proc.ts";
import { wrong } from "../options/parse.ts";
import type { Program } from "../options/types.ts";

/**
 * What is known of the processes (or threads) of `-p` and the operands, whose words are separated by commas or spaces. Throws
 * UsageError for a word that is no process id, or one that nobody has.
 */
export function givenTasks(
  program: Program,
  attach: string | undefined,
  operands: readonly string[],
): (TaskStatus & { readonly tid: number })[] {
  const given = [attach ?? "", ...operands].join(" ");
  return given
    .split(/[ ,]+/)
    .filter((word) => word !== "")
    .map((word) => {
      const tid = Number(word);
      if (!(tid > 0)) throw wrong(program, `'${given}' is no process id`);
      const found = status(tid);
      if (!found) throw new UsageError(`no process ${tid}`);
      return { ...found, tid };
    });
}
