/** execvp(3) as djb's pathexec does it: what is tried, and which error is reported when all fails. */
import { duplicate, duplicateOnto, inheritedFds, setCloseOnExec } from "./fds.ts";
import { sysError } from "./ffi.ts";
import { type FinalLimit, limitAndExec } from "./final.ts";
import { CStringArray, cString } from "./memory.ts";

const ENOENT = 2;
const EPERM = 1;
const EACCES = 13;
const EISDIR = 21;
const DEFAULT_PATH = "/bin:/usr/bin";
const SLASH = 47;

export interface Becoming {
  readonly argv: readonly Uint8Array[];
  readonly env: readonly Uint8Array[];
  /** PATH to search; undefined when not set. */
  readonly path: string | undefined;
  /** Descriptors of ours, opened since the start, that the program is to get. */
  readonly pass?: readonly number[];
  /** Limits under which this process would not live. */
  readonly limits?: readonly FinalLimit[];
  /** Last step before the exec, for what would hurt this process: another account. */
  readonly beforeExec?: () => void;
}

/** Where a program may be: the file itself if it has a slash, else one in each directory of PATH. */
export function candidates(file: Uint8Array, path = DEFAULT_PATH): Buffer[] {
  if (file.includes(SLASH)) return [Buffer.from(file)];
  return path.split(":").map((d) => Buffer.concat([Buffer.from(`${d || "."}/`), file]));
}

/** Becomes argv[0], found along PATH; same pid. Returns only by throwing SysError. */
export function becomeProgram({ argv, env, path, pass = [], limits = [], beforeExec }: Becoming): never {
  const [file] = argv;
  const args = new CStringArray(argv);
  const vars = new CStringArray(env);
  const paths = candidates(file, path);
  const inherited = inheritedFds(new Set(pass));
  for (const fd of inherited) setCloseOnExec(fd, false);
  // to the number they would have if Node had opened nothing; what of Node's is there comes back if there is no exec
  const taken = new Set(inherited);
  const moved: (readonly [fd: number, copy: number])[] = [];
  for (const fd of pass) {
    let lowest = 0;
    while (taken.has(lowest)) lowest++;
    taken.add(lowest);
    moved.push([lowest, duplicate(lowest)]);
    duplicateOnto(fd, lowest);
    setCloseOnExec(lowest, false);
  }
  beforeExec?.();
  let code = ENOENT;
  for (const p of paths) {
    const failure = limitAndExec(limits, cString(p), args.address, vars.address);
    if (failure !== ENOENT) code = failure;
    if (![ENOENT, EACCES, EPERM, EISDIR].includes(failure)) break;
  }
  for (const [fd, copy] of moved) if (copy >= 0) duplicateOnto(copy, fd);
  // only their addresses were passed: they must live until here
  kept = [args, vars];
  throw sysError(`execve(${file})`, code);
}

let kept: readonly unknown[] = [];
void kept;
