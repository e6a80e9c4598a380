/** `svtrace strace`: strace's options, strace's text. */

import { dieBy } from "../kernel/own-signals.ts";
import { optionHelp } from "./strace/options.ts";
import { parseSettings } from "./strace/settings.ts";
import { tipText } from "./strace/tips.ts";
import { Tracer } from "./strace/tracer.ts";
import { version } from "./version.ts";

const USAGE = `Usage: strace [-ACdffhikqqrtttTvVwxxyyzZ] [-I N] [-b execve] [-e EXPR]...
              [-a COLUMN] [-o FILE] [-s STRSIZE] [-X FORMAT] [-O OVERHEAD]
              [-S SORTBY] [-P PATH]... [-p PID]... [-U COLUMNS] [--seccomp-bpf]
              { -p PID | [-DDD] [-E VAR=VAL]... [-u USERNAME] PROG [ARGS] }
   or: strace -c[dfwzZ] [-I N] [-b execve] [-e EXPR]... [-O OVERHEAD]
              [-S SORTBY] [-P PATH]... [-p PID]... [-U COLUMNS] [--seccomp-bpf]
              { -p PID | [-DDD] [-E VAR=VAL]... [-u USERNAME] PROG [ARGS] }

`;

export async function main(argv: string[], name = "strace"): Promise<number> {
  const s = parseSettings(name, argv);
  if (s.help) {
    process.stdout.write(USAGE + optionHelp());
    return 0;
  }
  if (s.version) {
    process.stdout.write(`strace -- version 7.2 compatible, svtrace ${version}\n`);
    return 0;
  }
  if (s.daemonize !== 0) {
    const { traceInBackground } = await import("./background.ts");
    return traceInBackground({ settings: s, argv, level: s.daemonize, needed: true });
  }
  const counting = s.count === "only" && s.engine !== "ptrace";
  const tracer = new Tracer(s, counting ? (await import("./trace/counting.ts")).countExtras(s) : {});
  if (tracer.chosen.why !== undefined) tracer.say(`using ptrace: ${tracer.chosen.why}`);
  tracer.handleSignals();
  if (s.command.length > 0) tracer.start();
  if (s.pids.length > 0) tracer.attach();
  const ending = await tracer.run();
  if (s.tip) process.stdout.write(tipText(s.tip, "strace"));
  // the way the command ended, so that callers see the same
  if (ending.signal !== undefined) return dieBy(ending.signal);
  return ending.status;
}
