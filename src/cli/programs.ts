/** What the programs of a group have in common: arguments, help, errors and exit codes. */
import { closeSync, fstatSync, openSync } from "node:fs";
import { HelpRequest, SysError, UsageError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { replaceStderr, tell } from "../base/stderr.ts";
import { inherited } from "../kernel/inherited.ts";
import { isUnread, print } from "./stdout.ts";
import { version } from "./version.ts";

type Program = { main(argv: string[], name: string): Promise<number | void> };

/** Programs by name, loaded when one is wanted. */
export type Programs<Name extends string = string> = Readonly<Record<Name, () => Promise<Program>>>;

const WRONG_USAGE = 2;
const helpFlags = ["--help", "-h"];

/** djb's programs say 111 when the system refuses. */
const quietOnes = new Set(["strace"]);

export interface Group {
  /** Programs that are also known by their own name. */
  readonly applets: Partial<Programs>;
  readonly commands: Partial<Programs>;
}

/** Runs a program of the group; the process's exit code is its. */
export async function runGroup(group: Group, name: string, argv: string[]): Promise<void> {
  // Node would open its debugger to everybody on this machine; without a listener, and after one, the default is back
  process.once("SIGUSR1", () => {}).removeAllListeners("SIGUSR1");
  // not a listener on process.stdout: that must not even be looked at before a command is started (base/stderr.ts)
  process.on("uncaughtException", (error: NodeJS.ErrnoException) => {
    if (isUnread(error) && error === process.stdout.errored) process.exit(0);
    process.exit(report(group, name, error));
  });
  process.on("exit", replaceDeadTerminals);
  replaceStderr();
  process.exitCode = await main(group, name, argv);
}

/** At its end Node sets terminals back, and aborts where one has hung up. What is another file by then it leaves alone. */
function replaceDeadTerminals(): void {
  for (const fd of [0, 1, 2]) {
    try {
      const stat = fstatSync(fd);
      // a pseudo-terminal loses its name when its other side is closed
      if (!stat.isCharacterDevice() || stat.nlink > 0) continue;
      closeSync(fd);
      openSync("/dev/null", "r+");
    } catch {
      // closed already
    }
  }
}

async function main(group: Group, name: string, argv: string[]): Promise<number> {
  const load = group.applets[name] ?? group.commands[name];
  if (!load) return other(name);
  try {
    if (inherited && inherited.ignored.size > 0) (await import("../kernel/own-signals.ts")).ignoreInherited();
    if (group.commands[name] && helpFlags.includes(argv[0]))
      return await (await import("./help.ts")).main([name]);
    const program = await load();
    return (await program.main(await undecoded(argv), name)) ?? 0;
  } catch (error) {
    if (error instanceof HelpRequest) return await (await import("./help.ts")).main([error.program]);
    return report(group, name, error);
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
function report({ applets }: Group, name: string, error: unknown): number {
  if (error instanceof Error && isUnread(error)) return 0;
  const prefix = applets[name] ? name : `svtrace ${name}`.replace("svtrace svtrace", "svtrace");
  const message = error instanceof Error ? error.message : String(error);
  // an empty message: all has been said
  if (message !== "") tell(`${prefix}: ${message.split("\n").map(printable).join("\n")}\n`);
  if (process.env.SVTRACE_DEBUG === "1" && error instanceof Error) tell(`${error.stack}\n`);
  if (error instanceof UsageError) return error.exitCode;
  if (error instanceof SysError && applets[name] && !quietOnes.has(name)) return 111;
  return 1;
}
