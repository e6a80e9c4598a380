/** `svc -udoxpchaitk dirs`: sends commands to services. */
import { statSync } from "node:fs";
import { djbMain, getopt, words } from "../supervise/chain.ts";
import { sendControl } from "../supervise/control.ts";

const USAGE =
  "svc options: u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill";
const LETTERS = "udopchaitkx";
const MAX_COMMANDS = 20;

/** Failures are warnings: what can be told is told, and the exit code stays 0. */
export function main(argv: string[]): Promise<number> {
  return djbMain("svc", () => {
    const { given, rest } = getopt("svc", argv, LETTERS, USAGE);
    const commands = [...new Set(given.map((o) => o.letter))].slice(0, MAX_COMMANDS).join("");
    for (const dir of rest) {
      try {
        if (!statSync(dir).isDirectory()) throw Object.assign(new Error(dir), { code: "ENOTDIR" });
      } catch (error) {
        warn(`unable to chdir to ${dir}: ${words(error)}`);
        continue;
      }
      try {
        sendControl(dir, commands);
      } catch (error) {
        const absent = (error as NodeJS.ErrnoException).code === "ENXIO";
        warn(`unable to control ${dir}: ${absent ? "supervise not running" : words(error)}`);
      }
    }
    return 0;
  });
}

function warn(text: string): void {
  process.stderr.write(`svc: warning: ${text}\n`);
}
