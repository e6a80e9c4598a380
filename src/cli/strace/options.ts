/** strace's options: one table drives parsing and -h. */
import type { OptionSpec } from "../getopt.ts";

export interface StraceOption extends OptionSpec {
  /** Stable name the parser switches on. */
  readonly id: string;
  readonly group:
    | "Startup"
    | "Tracing"
    | "Filtering"
    | "Output format"
    | "Statistics"
    | "Tampering"
    | "Miscellaneous";
  /** Argument's name in help. */
  readonly value?: string;
  readonly help: string;
}

type Row = readonly [
  id: string,
  short: string,
  long: string | undefined,
  argument: OptionSpec["argument"],
  group: StraceOption["group"],
  value: string,
  help: string,
];

const rows: readonly Row[] = [
  [
    "env",
    "E",
    "env",
    "required",
    "Startup",
    "VAR[=VAL]",
    "put VAR=VAL in (or remove VAR from) the command's environment",
  ],
  [
    "attach",
    "p",
    "attach",
    "required",
    "Startup",
    "PIDS",
    "trace the processes with these ids, may be repeated",
  ],
  ["user", "u", "user", "required", "Startup", "USERNAME|UID:GID", "run the command as this user"],
  ["argv0", "", "argv0", "required", "Startup", "NAME", "set argv[0] of the command to NAME"],
  [
    "expr",
    "e",
    undefined,
    "required",
    "Filtering",
    "EXPR",
    "a qualifying expression: OPTION=[!]VAL1[,VAL2]...",
  ],
  [
    "detach-on",
    "b",
    "detach-on",
    "required",
    "Tracing",
    "execve",
    "detach from a process when it calls execve",
  ],
  [
    "daemonize",
    "D",
    "daemonize",
    "optional",
    "Tracing",
    "[=grandchild|pgroup|session]",
    "run the tracer as a grandchild, own group (-DD) or session (-DDD)",
  ],
  ["follow", "f", "follow-forks", "none", "Tracing", "", "follow forks; twice: with a file per process"],
  [
    "separately",
    "",
    "output-separately",
    "none",
    "Tracing",
    "",
    "a file per process (adds .PID to the name)",
  ],
  [
    "interruptible",
    "I",
    "interruptible",
    "required",
    "Tracing",
    "1..4",
    "which signals end the tracer: anywhere, waiting, never, never_tstp",
  ],
  ["kill-on-exit", "", "kill-on-exit", "none", "Tracing", "", "kill all tracees if the tracer is killed"],
  ["trace", "", "trace", "required", "Filtering", "SET", "trace only these system calls"],
  ["signal", "", "signal", "required", "Filtering", "SET", "print only these signals"],
  ["status", "", "status", "required", "Filtering", "SET", "print only calls with these return statuses"],
  ["path", "P", "trace-path", "required", "Filtering", "PATH", "print only calls about PATH"],
  ["successful", "z", "successful-only", "none", "Filtering", "", "print only calls that succeeded"],
  ["failed", "Z", "failed-only", "none", "Filtering", "", "print only calls that failed"],
  [
    "column",
    "a",
    "columns",
    "required",
    "Output format",
    "COLUMN",
    "column of the return value (default 40)",
  ],
  ["abbrev", "", "abbrev", "required", "Output format", "SET", "abbreviate output of these calls"],
  ["verbose", "", "verbose", "required", "Output format", "SET", "follow pointers of these calls"],
  ["raw", "", "raw", "required", "Output format", "SET", "print undecoded arguments of these calls"],
  ["read", "", "read", "required", "Output format", "SET", "dump what is read from these descriptors"],
  ["write", "", "write", "required", "Output format", "SET", "dump what is written to these descriptors"],
  [
    "quiet",
    "",
    "quiet",
    "optional",
    "Output format",
    "SET",
    "leave out attach, exit, path-resolution, personality, thread-execve",
  ],
  [
    "decode-fds",
    "",
    "decode-fds",
    "optional",
    "Output format",
    "[=SET]",
    "what to show of file descriptors: path, socket, dev, pidfd ...",
  ],
  [
    "decode-pids",
    "",
    "decode-pids",
    "required",
    "Output format",
    "SET",
    "what to show of process ids: comm, pidns",
  ],
  [
    "pointer",
    "i",
    "instruction-pointer",
    "none",
    "Output format",
    "",
    "print the instruction pointer at each call",
  ],
  ["number", "n", "syscall-number", "none", "Output format", "", "print the system call's number"],
  ["arg-names", "N", "arg-names", "none", "Output format", "", "print argument names"],
  ["stack", "k", "stack-traces", "none", "Output format", "", "print a stack trace after each call"],
  ["stack-trace", "", "stack-trace", "optional", "Output format", "[=symbol]", "same as -k"],
  [
    "stack-limit",
    "",
    "stack-trace-frame-limit",
    "required",
    "Output format",
    "LIMIT",
    "show at most LIMIT frames of a stack (default 256)",
  ],
  [
    "output",
    "o",
    "output",
    "required",
    "Output format",
    "FILE",
    "write the trace to FILE, or into a command with |CMD or !CMD",
  ],
  ["append", "A", "output-append-mode", "none", "Output format", "", "append to the file of -o"],
  [
    "q",
    "q",
    undefined,
    "none",
    "Output format",
    "",
    "leave out messages about attaching; -qq: exits too; -qqq: all",
  ],
  [
    "relative",
    "r",
    "relative-timestamps",
    "optional",
    "Output format",
    "[=PRECISION]",
    "print the time since the previous line",
  ],
  [
    "string-limit",
    "s",
    "string-limit",
    "required",
    "Output format",
    "SIZE",
    "print at most SIZE bytes of strings (default 32)",
  ],
  [
    "t",
    "t",
    undefined,
    "none",
    "Output format",
    "",
    "print the time of day; -tt: with microseconds; -ttt: seconds since 1970",
  ],
  [
    "absolute",
    "",
    "absolute-timestamps",
    "optional",
    "Output format",
    "[=FORMAT]",
    "time, unix or none, and s, ms, us or ns",
  ],
  [
    "times",
    "T",
    "syscall-times",
    "optional",
    "Output format",
    "[=PRECISION]",
    "print the time spent in each call",
  ],
  ["no-abbrev", "v", "no-abbrev", "none", "Output format", "", "print structures in full"],
  ["x", "x", undefined, "none", "Output format", "", "print non-ASCII strings in hex; -xx: all strings"],
  [
    "hex",
    "",
    "strings-in-hex",
    "optional",
    "Output format",
    "[=all|non-ascii]",
    "which strings print in hex",
  ],
  [
    "xlat",
    "X",
    "const-print-style",
    "required",
    "Output format",
    "FORMAT",
    "named constants as raw, abbrev or verbose",
  ],
  [
    "y",
    "y",
    undefined,
    "none",
    "Output format",
    "",
    "print paths of file descriptors; -yy: and sockets' addresses",
  ],
  ["Y", "Y", undefined, "none", "Output format", "", "print command names of process ids"],
  ["pidns", "", "pidns-translation", "none", "Output format", "", "accepted"],
  ["absolute", "", "timestamps", "optional", "Output format", "[=FORMAT]", "same as --absolute-timestamps"],
  ["quiet", "", "silent", "optional", "Output format", "[=SET]", "same as --quiet"],
  ["quiet", "", "silence", "optional", "Output format", "[=SET]", "same as --quiet"],
  ["F", "F", undefined, "none", "Tracing", "", "deprecated: same as -f"],
  ["kvm", "", "kvm", "required", "Output format", "vcpu", "accepted"],
  ["secontext", "", "secontext", "optional", "Output format", "", "refused, as by Debian's strace"],
  ["tips", "", "tips", "optional", "Miscellaneous", "[=ID,FORMAT]", "accepted"],
  ["always-pid", "", "always-show-pid", "none", "Output format", "", "print the process id on every line"],
  ["color", "", "color", "optional", "Output format", "[=WHEN]", "accepted; output is not coloured"],
  [
    "summary-only",
    "c",
    "summary-only",
    "none",
    "Statistics",
    "",
    "count time, calls and errors, and print a summary",
  ],
  ["summary", "C", "summary", "none", "Statistics", "", "like -c, and print the calls too"],
  [
    "overhead",
    "O",
    "summary-syscall-overhead",
    "required",
    "Statistics",
    "OVERHEAD[UNIT]",
    "subtract this from each call's time",
  ],
  [
    "sort",
    "S",
    "summary-sort-by",
    "required",
    "Statistics",
    "SORTBY",
    "sort the summary by time, calls, errors, name ... (default time)",
  ],
  ["columns", "U", "summary-columns", "required", "Statistics", "COLUMNS", "columns of the summary"],
  [
    "wall",
    "w",
    "summary-wall-clock",
    "none",
    "Statistics",
    "",
    "count wall clock time instead of system time",
  ],
  ["inject", "", "inject", "required", "Tampering", "SET:OPTION[:OPTION]...", "tamper with these calls"],
  ["fault", "", "fault", "required", "Tampering", "SET[:error=ERRNO]", "let these calls fail"],
  [
    "seccomp",
    "",
    "seccomp-bpf",
    "none",
    "Miscellaneous",
    "",
    "let calls that are not traced run at full speed (needs -f)",
  ],
  ["debug", "d", "debug", "none", "Miscellaneous", "", "accepted"],
  [
    "order",
    "",
    "order",
    "required",
    "Miscellaneous",
    "completion|strace",
    "engine bpf: lines as calls end, or as events happen",
  ],
  ["engine", "", "engine", "required", "Miscellaneous", "ptrace|bpf|auto", "how to trace"],
  ["help", "h", "help", "none", "Miscellaneous", "", "print this"],
  ["version", "V", "version", "none", "Miscellaneous", "", "print the version"],
];

export const options: readonly StraceOption[] = rows.map(
  ([id, short, long, argument, group, value, help]) => ({
    id,
    short,
    long,
    argument,
    group,
    value,
    help,
  }),
);

/** The text of -h, after the usage line. */
export function optionHelp(): string {
  const groups = [...new Set(options.map((o) => o.group))];
  return groups
    .map((group) => {
      const lines = options
        .filter((o) => o.group === group)
        .map((o) => {
          const names = [o.short && `-${o.short}`, o.long && `--${o.long}`].filter(Boolean).join(", ");
          const value = o.value ? (o.value.startsWith("[=") ? o.value : ` ${o.value}`) : "";
          return `  ${`${names}${value}`.padEnd(40)} ${o.help}`;
        });
      return `${group}:\n${lines.join("\n")}\n`;
    })
    .join("\n");
}
