/** What options mean together: which exclude each other, which are idle without another, and strace's words for that. */
import { realpathSync } from "node:fs";
import { UsageError } from "../../base/errors.ts";
import { escapeName } from "../../render/escape.ts";
import { everything } from "./expressions.ts";
import { fdWords, quietWords } from "./qualifiers.ts";
import { type Counts, hint, type StraceSettings } from "./settings.ts";

interface Rule {
  readonly when: (s: StraceSettings, given: ReadonlySet<string>) => boolean;
  readonly text: string | ((s: StraceSettings) => string);
  /** strace points to -h after it. */
  readonly hinted?: boolean;
}

const pair = (short: string, long: string, others: readonly string[] = []): Rule => ({
  when: (_, given) => given.has(short) && (given.has(long) || others.some((o) => given.has(o))),
  text: `${short} and ${long} cannot be provided simultaneously`,
  hinted: false,
});
const counting = (s: StraceSettings) => s.count !== "none";
const quieting = ["--quiet", "--silent", "--silence", "-e quiet", "-e silent", "-e silence", "-e q"];
const stack = ["-k", "--stack-traces", "--stack-trace"];
const eitherCount = "(-c/--summary-only or -C/--summary)";
const needsStops = (s: StraceSettings) => s.injections.length > 0 || s.text.dumps !== undefined || s.stack;
/** Options that `needsStops` looks for, as `given` has them. */
const stopping = /^(-k|--stack-traces?|(--|-e )(inject|fault|r(eads?)?|w(rites?)?))$/;
const unfiltered = (s: StraceSettings) => s.trace === undefined || s.trace === everything;
// what is let go would keep the filter, and calls that it reports to nobody fail
const filtering = (s: StraceSettings) => s.seccomp && !s.detachOnExec;
const noCommand = (s: StraceSettings) => s.command.length === 0;

/** The first that holds ends the program. */
const errors: readonly Rule[] = [
  pair("-f", "--follow-forks"),
  {
    when: (s, given) => given.has("-f") && s.separately && given.has("--output-separately"),
    text: "-ff and --output-separately cannot be provided simultaneously",
    hinted: false,
  },
  pair("-D", "--daemonize"),
  pair("-t", "--absolute-timestamps", ["--timestamps"]),
  pair("-x", "--strings-in-hex"),
  pair("-y", "--decode-fds", ["-e decode-fds", "-e decode-fd", "-e fds"]),
  {
    when: (_, given) => given.has("-q") && quieting.some((o) => given.has(o)),
    text: "-q and -e quiet/--quiet cannot be provided simultaneously",
    hinted: false,
  },
  {
    when: (s) => noCommand(s) && s.pids.length === 0 && !s.elsewhere,
    text: "must have PROG [ARGS] or -p PID",
  },
  {
    when: (s) => s.daemonize > 3,
    text: (s) => `Too many -D's (${s.daemonize}), maximum supported -D count is 3`,
  },
  {
    when: (s) => noCommand(s) && s.daemonize > 0,
    text: "PROG [ARGS] must be specified with -D/--daemonize",
  },
  {
    when: (s) => counting(s) && s.separately,
    text: `${eitherCount} and -ff/--output-separately are mutually exclusive`,
  },
  {
    when: (s) => s.engine === "bpf" && needsStops(s),
    text: "-e inject, -e fault, -e read, -e write and -k need --engine=ptrace",
  },
  {
    when: (s) => s.wall && !counting(s),
    text: `-w/--summary-wall-clock must be given with ${eitherCount}`,
  },
  {
    when: (s, given) => !counting(s) && (given.has("-U") || given.has("--summary-columns")),
    text: `-U/--summary-columns must be given with ${eitherCount}`,
  },
];

const idle = (names: readonly string[], text: string): Rule => ({
  when: (s, given) => s.count === "only" && names.some((n) => given.has(n)),
  text: `${text} has no effect with -c/--summary-only`,
});

/** Each that holds is said, in this order. */
const warnings: readonly Rule[] = [
  {
    when: (s, given) => !counting(s) && (given.has("-S") || given.has("--summary-sort-by")),
    text: `-S/--summary-sort-by has no effect without ${eitherCount}`,
  },
  idle(["-i", "--instruction-pointer"], "-i/--instruction-pointer"),
  idle(stack, "-k/--stack-traces"),
  idle(["-n", "--syscall-number"], "-n/--syscall-number"),
  idle(["-r", "--relative-timestamps"], "-r/--relative-timestamps"),
  idle(["-t", "--absolute-timestamps", "--timestamps"], "-t/--absolute-timestamps"),
  idle(["-T", "--syscall-times"], "-T/--syscall-times"),
  idle(["-y", "--decode-fds"], "-y/--decode-fds"),
  {
    when: (s) => s.append && s.output === undefined,
    text: "-A/--output-append-mode has no effect without -o/--output",
  },
  {
    when: (s) => s.separately && s.output === undefined,
    text: "--output-separately has no effect without -o/--output",
  },
  {
    when: (s) => s.seccomp && s.detachOnExec,
    text: "--seccomp-bpf is not enabled because it is not compatible with -b",
  },
  {
    when: (s) => filtering(s) && !s.follow,
    text: "--seccomp-bpf cannot be used without -f/--follow-forks, disabling",
  },
  {
    when: (s) => filtering(s) && s.follow && s.pids.length > 0,
    text: "--seccomp-bpf is not enabled for processes attached with -p",
  },
  {
    when: (s) => filtering(s) && s.follow && unfiltered(s),
    text: "Seccomp filter is requested but there are no syscalls to filter.  See -e trace to filter syscalls.",
  },
];

/** Completes the settings. Throws UsageError with strace's message for what cannot be. */
export function applyRules(s: StraceSettings, n: Counts, given: ReadonlySet<string>): void {
  s.follow = n.f + n.F > 0;
  // with the short form only a second one gives each process a file of its own
  if (given.has("-f")) s.separately = n.f > 1;
  s.daemonize = n.D as StraceSettings["daemonize"];
  const error = errors.find((rule) => rule.when(s, given));
  if (error) {
    const text = words(error, s);
    throw error.hinted === false ? new UsageError(text) : hint(s.text.program, text);
  }
  if (n.F > 0)
    s.warnings.push(
      n.f > 0
        ? "deprecated option -F ignored"
        : "option -F is deprecated, please use -f/--follow-forks instead",
    );
  for (const rule of warnings) {
    const text = words(rule, s);
    // with -ff it goes without saying
    if (rule.when(s, given) && !(n.f > 1 && text.startsWith("--output-separately"))) s.warnings.push(text);
  }
  if (!s.text.quiet.has("path-resolution"))
    s.warnings.push(...s.paths.filter((p) => p !== "").flatMap(resolution));
  if (needsStops(s)) {
    s.engine = "ptrace";
    s.stops = [...given].find((o) => stopping.test(o));
  }
  s.seccomp = filtering(s) && s.follow && s.pids.length === 0 && !unfiltered(s);
  style(s, n, given);
}

const words = ({ text }: Rule, s: StraceSettings): string => (typeof text === "string" ? text : text(s));

/** What there is to say of a path of -P that leads elsewhere. */
function resolution(path: string): string[] {
  try {
    const real = realpathSync(path);
    return real === path ? [] : [`Requested path "${escapeName(path)}" resolved into "${escapeName(real)}"`];
  } catch {
    return [];
  }
}

/** Repeated letters, and what goes without saying. */
function style(s: StraceSettings, n: Counts, given: ReadonlySet<string>): void {
  const { text } = s;
  if (n.t > 0) {
    text.timestamp = n.t >= 3 ? "unix" : "clock";
    text.precision = n.t >= 2 ? 6 : 0;
  }
  if (n.x > 0) text.decode.hexStrings = n.x > 1 ? 2 : 1;
  if (n.y > 0) s.fds = new Set(n.y > 1 ? fdWords : (["path"] as const));
  // With the trace in a file and a command of ours nobody wants to hear of its children, unless asked otherwise.
  if (n.q === 0 && !quieting.some((o) => given.has(o)) && s.output !== undefined && s.command.length > 0)
    text.quiet = new Set(["attach", "personality"]);
  if (n.q > 0) {
    text.quiet = new Set(
      n.q > 2 ? quietWords : n.q > 1 ? ["attach", "personality", "exit"] : ["attach", "personality"],
    );
  }
}
