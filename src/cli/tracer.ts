/** The tracer behind `svtrace run` and -D; not for people. Arguments: PID, descriptor to answer on, until, program name, options. */
import { closeSync, openSync, writeSync } from "node:fs";
import { duplicateOnto } from "../kernel/fds.ts";
import { parseSettings } from "./strace/settings.ts";
import { Tracer } from "./strace/tracer.ts";

export async function main(argv: string[]): Promise<number> {
  const [pid, answer, until, program, ...options] = argv;
  const fd = Number(answer);
  let tracer: Tracer;
  const s = parseSettings(program, options);
  try {
    tracer = new Tracer(s);
    tracer.handleSignals();
    tracer.adopt(Number(pid));
  } catch (error) {
    writeSync(fd, `${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  writeSync(fd, "ok\n");
  closeSync(fd);
  letGoOfSurroundings(s.output !== undefined);
  const over = lifetimeOver(tracer, Number(pid), until);
  await tracer.run(over);
  return 0;
}

/** The service's directory can be unmounted and its terminal closed while we are still there. */
function letGoOfSurroundings(hasFile: boolean): void {
  process.chdir("/");
  if (!hasFile) return;
  const nowhere = openSync("/dev/null", "r+");
  duplicateOnto(nowhere, 2);
  closeSync(nowhere);
}

/** Says when to let go of what is left. */
function lifetimeOver(tracer: Tracer, pid: number, until: string): () => boolean {
  if (until === "all") return () => false;
  const grace = Number(until.slice("main+".length) || 0) * 1000;
  let over = Infinity;
  tracer.onExited = (task) => {
    if (task.tid === pid) over = performance.now() + grace;
  };
  return () => performance.now() >= over;
}
