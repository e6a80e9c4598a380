/** Which program is wanted: by the name we were called by, or by the first argument. */
import { HelpRequest, SysError, UsageError } from "../base/errors.ts";
import { replaceStderr, tell } from "../base/stderr.ts";
import { calledAs, inherited } from "../kernel/inherited.ts";
import { isUnread, print } from "./stdout.ts";
import { version } from "./version.ts";

type Program = { main(argv: string[], name: string): Promise<number | void> };

/** Programs that are also known by their own name. */
const applets: Readonly<Record<string, () => Promise<Program>>> = {
  strace: () => import("./strace.ts"),
  svscan: () => import("./svscan.ts"),
  supervise: () => import("./supervise.ts"),
  svc: () => import("./svc.ts"),
  svstat: () => import("./svstat.ts"),
  svok: () => import("./svok.ts"),
  multilog: () => import("./multilog.ts"),
  tai64n: () => import("./tai64n.ts"),
  tai64nlocal: () => import("./tai64nlocal.ts"),
  setuidgid: () => import("./setuidgid.ts"),
  envuidgid: () => import("./envuidgid.ts"),
  envdir: () => import("./envdir.ts"),
  softlimit: () => import("./softlimit.ts"),
  setlock: () => import("./setlock.ts"),
  pgrphack: () => import("./pgrphack.ts"),
  fghack: () => import("./fghack.ts"),
  readproctitle: () => import("./readproctitle.ts"),
};

const commands: Readonly<Record<string, () => Promise<Program>>> = {
  run: () => import("./run.ts"),
  tracer: () => import("./tracer.ts"),
  up: () => import("./up.ts"),
  status: () => import("./status.ts"),
  restart: () => import("./restart.ts"),
  trace: () => import("./trace.ts"),
  stuck: () => import("./stuck.ts"),
  top: () => import("./top.ts"),
  why: () => import("./why.ts"),
  history: () => import("./history.ts"),
  diff: () => import("./diff.ts"),
  record: () => import("./record.ts"),
  export: () => import("./export.ts"),
  doctor: () => import("./doctor.ts"),
  recorder: () => import("./recorder.ts"),
  logs: () => import("./logs.ts"),
  applets: () => import("./applets.ts"),
  completions: () => import("./completions.ts"),
  man: () => import("./man.ts"),
  help: () => import("./help.ts"),
  logger: () => import("./logger.ts"),
};

const WRONG_USAGE = 2;
const helpFlags = ["--help", "-h"];

/** djb's programs say 111 when the system refuses. */
const quietOnes = new Set(["strace"]);

async function main(): Promise<number> {
  let name = calledAs.find((n) => Object.hasOwn(applets, n)) ?? "";
  let argv = process.argv.slice(2);
  let load = applets[name];
  if (!load) {
    name = argv[0] ?? "";
    argv = argv.slice(1);
    load = applets[name] ?? commands[name];
  }
  if (!load) return other(name);
  try {
    if (inherited && inherited.ignored.size > 0) (await import("../kernel/own-signals.ts")).ignoreInherited();
    if (commands[name] && helpFlags.includes(argv[0])) return await (await import("./help.ts")).main([name]);
    const program = await load();
    return (await program.main(await undecoded(argv), name)) ?? 0;
  } catch (error) {
    if (error instanceof HelpRequest) return await (await import("./help.ts")).main([error.program]);
    return report(name, error);
  }
}

/** Arguments with the bytes that are no UTF-8, which Node replaced, as textOf has them. */
async function undecoded(argv: string[]): Promise<string[]> {
  if (!argv.some((a) => a.includes("\ufffd"))) return argv;
  const { lastArguments } = await import("../kernel/own-memory.ts");
  const { textOf } = await import("../base/bytes.ts");
  return lastArguments(argv.length).map(textOf);
}

async function other(name: string): Promise<number> {
  if (name === "" || helpFlags.includes(name)) {
    await (await import("./help.ts")).main([]);
    return name === "" ? WRONG_USAGE : 0;
  }
  if (name === "--version" || name === "-V") {
    await print(`svtrace ${version}\n`);
    return 0;
  }
  tell(`svtrace: unknown command '${name.replace(/[^\x20-\x7e]/g, "?")}'; svtrace --help lists them\n`);
  return WRONG_USAGE;
}

/** One line for people; the stack only for those who ask for it. */
function report(name: string, error: unknown): number {
  if (error instanceof Error && isUnread(error)) return 0;
  const prefix = applets[name] ? name : `svtrace ${name}`.replace("svtrace svtrace", "svtrace");
  const message = error instanceof Error ? error.message : String(error);
  // an empty message: all has been said; names in it may hold what a terminal obeys
  const safe = message.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "?");
  if (message !== "") tell(`${prefix}: ${safe}\n`);
  if (process.env.SVTRACE_DEBUG === "1" && error instanceof Error) tell(`${error.stack}\n`);
  if (error instanceof UsageError) return error.exitCode;
  if (error instanceof SysError && applets[name] && !quietOnes.has(name)) return 111;
  return 1;
}

// not a listener on process.stdout: that must not even be looked at before a command is started (base/stderr.ts)
process.on("uncaughtException", (error: NodeJS.ErrnoException) => {
  if (isUnread(error) && error === process.stdout.errored) process.exit(0);
  process.exit(report(calledAs[0], error));
});
replaceStderr();
process.exitCode = await main();
