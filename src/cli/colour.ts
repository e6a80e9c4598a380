/** Whether a report is coloured. */
import { wrong } from "./options/parse.ts";
import type { Program } from "./options/types.ts";

/** `when`: always, never, auto or not given. Throws UsageError for other words. */
export function coloured(program: Program, when = "auto"): boolean {
  if (when === "always" || when === "never") return when === "always";
  if (when !== "auto") throw wrong(program, `--color ${when}: must be always, never or auto`);
  return process.stdout.isTTY === true && !process.env.NO_COLOR;
}
