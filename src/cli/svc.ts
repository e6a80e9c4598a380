/** `svc -udopchaitkx dirs`: sends commands to services. */

import { djbWords } from "../base/djb.ts";
import { chdirProblem, sendControl } from "../supervise/control.ts";

const USAGE =
  "options: u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill";
const LETTERS = "udoxpchaitk";
const MAX_COMMANDS = 20;

export async function main(argv: string[]): Promise<number> {
  let commands = "";
  let i = 0;
  for (; i < argv.length && /^-./.test(argv[i]); i++) {
    if (argv[i] === "--") {
      i++;
      break;
    }
    for (const letter of argv[i].slice(1)) {
      if (!LETTERS.includes(letter)) {
        process.stderr.write(`svc: illegal option -- ${letter}\nsvc ${USAGE}\n`);
        return 100;
      }
      if (!commands.includes(letter) && commands.length < MAX_COMMANDS) commands += letter;
    }
  }
  for (const dir of argv.slice(i)) {
    const problem = chdirProblem(dir);
    if (problem) {
      warn(`unable to chdir to ${dir}: ${problem}`);
      continue;
    }
    try {
      sendControl(dir, commands);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENXIO") warn(`unable to control ${dir}: supervise not running`);
      else warn(`unable to control ${dir}: ${djbWords(code)}`);
    }
  }
  return 0;
}

function warn(text: string): void {
  process.stderr.write(`svc: warning: ${text}\n`);
}
