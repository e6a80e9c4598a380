/** Which program is wanted: by the name we were called by, or by the first argument. */
import { mkdirSync, symlinkSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { SysError, UsageError } from "../base/errors.ts";
import { tell } from "../base/stderr.ts";
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
  trace: () => import("./traceswitch.ts"),
  why: () => import("./why.ts"),
  record: () => import("./record.ts"),
  export: () => import("./export.ts"),
  doctor: () => import("./doctor.ts"),
  recorder: () => import("./recorder.ts"),
};

const USAGE = `usage: svtrace COMMAND [arguments]

Find out why a service, or its restart, is slow:
  up DIR               supervise the services in DIR; record those that have a trace/ directory
  why [S|RECORDING]    say where the last restart's time went
  restart S            restart a service and wait until it is up
  status [DIR]         what the services are doing
  trace on|off S       switch recording of a service on or off
  run [OPTIONS] -- CMD trace a service from within its run script, under any supervisor
  record -o F -- CMD   record a command (or -p PID)
  doctor               what this machine allows
  export RECORDING     a recording as strace's text or JSON

Programs, also runnable through links made by \`svtrace applets DIR\`:
  ${Object.keys(applets).join(" ")}

svtrace COMMAND --help tells more.
`;

/** djb's programs say 111 when the system refuses. */
const quietOnes = new Set(["strace"]);

async function main(): Promise<number> {
  const called = basename(process.argv[1] ?? "svtrace");
  let name = called;
  let argv = process.argv.slice(2);
  let load = applets[called];
  if (!load) {
    name = argv[0] ?? "";
    argv = argv.slice(1);
    load = applets[name] ?? commands[name];
  }
  if (!load) return other(name, argv);
  try {
    return (await (await load()).main(argv, name)) ?? 0;
  } catch (error) {
    return report(name, error);
  }
}

function other(name: string, argv: readonly string[]): number {
  if (name === "" || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(USAGE);
    return name === "" ? 1 : 0;
  }
  if (name === "--version" || name === "-V") {
    process.stdout.write(`svtrace ${version}\n`);
    return 0;
  }
  if (name === "applets") {
    if (argv.length !== 1) {
      tell("usage: svtrace applets DIR\n");
      return 1;
    }
    try {
      mkdirSync(argv[0], { recursive: true });
      for (const applet of Object.keys(applets)) link(join(argv[0], applet));
      return 0;
    } catch (error) {
      return report("svtrace", error);
    }
  }
  tell(`svtrace: unknown command '${name.replace(/[^\x20-\x7e]/g, "?")}'; svtrace --help lists them\n`);
  return 1;
}

function link(path: string): void {
  try {
    symlinkSync(resolve(process.argv[1]), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** One line for people; the stack only for those who ask for it. */
function report(name: string, error: unknown): number {
  if ((error as NodeJS.ErrnoException)?.code === "EPIPE") return 0;
  const prefix = applets[name] ? name : `svtrace ${name}`.replace("svtrace svtrace", "svtrace");
  const message = error instanceof Error ? error.message : String(error);
  // an empty message: all has been said
  if (message !== "") tell(`${prefix}: ${message}\n`);
  if (process.env.SVTRACE_DEBUG === "1" && error instanceof Error) tell(`${error.stack}\n`);
  if (error instanceof UsageError) return error.exitCode;
  if (error instanceof SysError && applets[name] && !quietOnes.has(name)) return 111;
  return 1;
}

// not a listener on process.stdout: that must not even be looked at before a command is started (base/stderr.ts)
process.on("uncaughtException", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE" && error === process.stdout.errored) process.exit(0);
  process.exit(report(basename(process.argv[1] ?? ""), error));
});
process.exitCode = await main();
