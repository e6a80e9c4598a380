/** -e: one qualifying expression, and the long options that say the same. */
import { UsageError } from "../../base/errors.ts";
import { checkKvm } from "./accepted.ts";
import { parseCallSet, parseFdSet, parseSignalSet, parseWords } from "./expressions.ts";
import { injectionWarning, parseInjection } from "./injections.ts";
import type { StraceSettings } from "./settings.ts";

const statusWords = ["successful", "failed", "unfinished", "unavailable", "detached"] as const;
export const quietWords = [
  "attach",
  "exit",
  "path-resolution",
  "personality",
  "thread-execve",
  "superseded",
] as const;
export const fdWords = ["path", "socket", "dev", "pidfd", "eventfd", "signalfd"] as const;

const nowhere = () => false;

/** Debian's strace is built without it, too. */
export const noSecontext = (): UsageError =>
  new UsageError("SELinux context printing (--secontext option) is not supported by this build of strace");

/** The two sides of an -e expression that has a known left one. */
export function qualifier(text: string): [string, string] | undefined {
  const m =
    /^(trace|t|abbrev|a|verbose|v|raw|x|signals?|s|status|quiet|silent|silence|q|decode-fds?|decode-pids?|secontext|read|r|reads|write|w|writes|fault|inject|kvm)=(.*)$/s.exec(
      text,
    );
  return m ? [m[1], m[2]] : undefined;
}

/** One -e expression; without OPTION= it is trace=. */
export function expression(s: StraceSettings, text: string): void {
  const [key, value] = qualifier(text) ?? ["trace", text];
  const { decode } = s.text;
  switch (key) {
    case "trace":
    case "t":
      s.trace = parseCallSet(value);
      break;
    case "abbrev":
    case "a": {
      const set = parseCallSet(value);
      decode.verbose = (name) => !set.hasName(name);
      break;
    }
    case "verbose":
    case "v": {
      const set = parseCallSet(value);
      decode.dereference = (name) => set.hasName(name);
      break;
    }
    case "raw":
    case "x": {
      const set = parseCallSet(value);
      decode.raw = (name) => set.hasName(name);
      break;
    }
    case "signal":
    case "signals":
    case "s":
      s.text.signals = parseSignalSet(value);
      break;
    case "status":
      s.text.statuses = parseWords(value, statusWords, "status");
      break;
    case "quiet":
    case "silent":
    case "silence":
    case "q":
      s.text.quiet = parseWords(value.replace(/\bexits\b/gi, "exit"), quietWords, "quiet");
      break;
    case "decode-fds":
    case "decode-fd":
      s.fds = parseWords(value, fdWords, "decode-fds");
      break;
    case "decode-pids":
    case "decode-pid":
      s.comm = parseWords(value, ["comm", "pidns"] as const, "decode-pids").has("comm");
      break;
    case "secontext":
      throw noSecontext();
    case "read":
    case "reads":
    case "r":
      s.text.dumps = { read: parseFdSet(value), write: s.text.dumps?.write ?? nowhere };
      break;
    case "write":
    case "writes":
    case "w":
      s.text.dumps = { read: s.text.dumps?.read ?? nowhere, write: parseFdSet(value) };
      break;
    case "inject":
    case "fault": {
      const rule = parseInjection(key, value);
      s.injections.push(rule);
      const warning = injectionWarning(rule);
      if (warning !== undefined) s.warnings.push(warning);
      break;
    }
    case "kvm":
      checkKvm(value);
      break;
  }
}
