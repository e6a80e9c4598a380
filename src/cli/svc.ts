/** `svc -udoxpchaitk dirs`: sends commands to services. */
import { SysError } from "../base/errors.ts";
import { djbMain, getopt, say, words } from "../supervise/chain.ts";
import { sendControl, visitor } from "../supervise/control.ts";

const USAGE =
  "svc options: u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill";
const LETTERS = "udopchaitkx";
const MAX_COMMANDS = 20;

/** Failures are warnings: what can be told is told, and the exit code stays 0. */
export function main(argv: string[]): Promise<number> {
  return djbMain("svc", () => {
    const { given, rest } = getopt("svc", argv, LETTERS, USAGE);
    const commands = [...new Set(given.map((o) => o.letter))].slice(0, MAX_COMMANDS).join("");
    const visit = visitor();
    for (const dir of rest) {
      const warn = (text: string) => say(`svc: warning: unable to ${text}`);
      try {
        visit(dir, () => {
          try {
            sendControl(".", commands);
          } catch (error) {
            const absent = (error as NodeJS.ErrnoException).code === "ENXIO";
            warn(`control ${dir}: ${absent ? "supervise not running" : words(error)}`);
          }
        });
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        warn(`chdir to ${dir}: ${words(error)}`);
      }
    }
    return 0;
  });
}
