/**
 * What this process was started with and Node has changed since: bin/svtrace notes it in a variable before it becomes Node
 * (tools/launcher/launcher.ts). Without it, as in a program that uses the library, Node's state is all there is.
 */
import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";

const NOTE = "SVTRACE_START";
const FORM = new RegExp(`^([0-9a-f]{${7 * 16}}):(.*)$`, "s");
const NSIG = 64;
const NOTED_DESCRIPTORS = 256;

/** The first byte of names that the launcher hides from Node, and what it was: NODE_*, and notes that are not its own. */
const HIDDEN: Readonly<Record<string, string>> = { "\x01": "N", "\x02": "S" };
const isHidden = (entry: string): boolean => /^(?:\x01ODE_|\x02VTRACE_STAR)/.test(entry);

const NOTED = Symbol.for("svtrace.inherited");

export interface Inherited {
  /** Signals that were ignored, by number. */
  readonly ignored: ReadonlySet<number>;
  /** Signals that were blocked, as sigset_t has them. */
  readonly blocked: bigint;
  /** Soft limit on open files, as setrlimit(2) has it. */
  readonly fileLimit: bigint;
  /** Descriptors 0 to 255 that were open, bit by bit. */
  readonly open: bigint;
  /** argv[0]. */
  readonly name: string;
  /** The file that was executed, absolute if the current directory was known; links in it are kept. */
  readonly path: string;
}

/** Undefined if bin/svtrace did not start us. The variable is gone afterwards, argv[0] is not among the arguments, and NODE_* are what they were. */
function take(): Inherited | undefined {
  const found = FORM.exec(process.env[NOTE] ?? "");
  if (!found) return undefined;
  delete process.env[NOTE];
  for (const [name, value] of Object.entries(process.env)) {
    if (!isHidden(name)) continue;
    delete process.env[name];
    process.env[HIDDEN[name[0]] + name.slice(1)] = value;
  }
  const [, digits, path] = found;
  const words = Array.from({ length: 7 }, (_, i) => BigInt(`0x${digits.slice(i * 16, i * 16 + 16)}`));
  const [ignored, blocked, fileLimit, ...open] = words;
  const signals = Array.from({ length: NSIG }, (_, i) => i + 1);
  return {
    ignored: new Set(signals.filter((s) => (ignored >> BigInt(s - 1)) & 1n)),
    blocked,
    fileLimit,
    open: open.reduce((all, word, i) => all | (word << BigInt(64 * i)), 0n),
    name: process.argv.splice(2, 1)[0] ?? "",
    path: absolute(path),
  };
}

function absolute(path: string): string {
  if (isAbsolute(path)) return path;
  try {
    return join(process.cwd(), path);
  } catch {
    return path;
  }
}

const noted = globalThis as { [NOTED]?: Inherited };

/** The first bundle that is loaded takes it, for all. */
export const inherited: Inherited | undefined = noted[NOTED] ?? take();
noted[NOTED] = inherited;

/** Whether a descriptor was open when we were started; undefined if that was not noted. */
export function wasOpen(fd: number): boolean | undefined {
  if (!inherited || fd >= NOTED_DESCRIPTORS) return undefined;
  return ((inherited.open >> BigInt(fd)) & 1n) === 1n;
}

/** Entries NAME=value of the environment as the launcher got them from what it made of them. */
export function withoutNote(entries: readonly Buffer[]): Buffer[] {
  if (!inherited) return [...entries];
  const note = `${NOTE}=`;
  // the launcher's is the last
  const own = entries.findLastIndex((e) => e.toString("latin1", 0, note.length) === note);
  return entries
    .filter((_, i) => i !== own)
    .map((e) => {
      const begin = e.toString("latin1", 0, note.length);
      return isHidden(begin) ? Buffer.concat([Buffer.from(HIDDEN[begin[0]]), e.subarray(1)]) : e;
    });
}

/** The names we were called by: the first argument, and the file that was executed. */
export const calledAs: readonly string[] = (
  inherited ? [inherited.name, inherited.path] : [process.argv[1] ?? "svtrace"]
).map((path) => basename(path));

/** What starts this program once more, by whatever name it was called; the link it was called by where that stays. */
export function ownProgram(): string {
  const bundle = process.argv[1];
  if (!inherited && basename(bundle) !== "main.cjs") return realpathSync(bundle);
  const program = join(dirname(bundle), "../bin/svtrace");
  const called = inherited?.path ?? "";
  if (basename(called) !== basename(program)) return program;
  try {
    return realpathSync(called) === realpathSync(program) ? called : program;
  } catch {
    return program;
  }
}
