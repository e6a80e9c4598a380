/** strace's options: one table drives parsing, -h and the manual pages. */
import type { OptionSpec } from "../getopt.ts";

export interface StraceOption extends OptionSpec {
  /** Stable name the parser switches on. */
  readonly id: string;
  readonly group: Group;
  /** Argument's name in help. */
  readonly value?: string;
  readonly help: string;
}

export const groups = [
  "General",
  "Startup",
  "Tracing",
  "Filtering",
  "Output format",
  "Statistics",
  "Tampering",
  "Miscellaneous",
] as const;
type Group = (typeof groups)[number];

type Row = readonly [
  id: string,
  short: string,
  long: string | undefined,
  argument: OptionSpec["argument"],
  value: string,
  help: string,
  extra?: "extra",
];

const SET = "[!][?]{{SYSCALL|GROUP|all|/REGEX}[@64|@32|@x32]|none}";
const PRECISION = "PRECISION: s, ms, us (default) or ns";
/** By group, in the order of -h. */
const rows: Readonly<Record<Group, readonly Row[]>> = {
  General: [
    [
      "expr",
      "e",
      undefined,
      "required",
      "EXPR",
      "a qualifying expression: OPTION=[!]all or OPTION=[!]VAL1[,VAL2]..., where OPTION is trace, abbrev, verbose, raw, signal, read, write, fault, inject, status, quiet, kvm, decode-fds or decode-pids",
    ],
  ],
  Startup: [
    [
      "env",
      "E",
      "env",
      "required",
      "VAR=VAL",
      "put VAR=VAL in the command's environment; VAR alone removes it",
    ],
    [
      "attach",
      "p",
      "attach",
      "required",
      "PID",
      "trace the process with this id; may be repeated, or be a list",
    ],
    [
      "user",
      "u",
      "user",
      "required",
      "USERNAME",
      "run the command as this user, or as UID:GID; setuid and setgid programs work as they do without a tracer",
    ],
    ["argv0", "", "argv0", "required", "NAME", "set argv[0] of the command to NAME", "extra"],
  ],
  Tracing: [
    ["detach-on", "b", "detach-on", "required", "execve", "let go of a process when it calls execve"],
    [
      "daemonize",
      "D",
      "daemonize",
      "optional",
      "[=grandchild]",
      "run the tracer as a grandchild, so that the command keeps its parent; -DD, --daemonize=pgroup: in a process group of its own; -DDD, --daemonize=session: in a session of its own",
    ],
    [
      "follow",
      "f",
      "follow-forks",
      "none",
      "",
      "follow forks; -ff, --follow-forks --output-separately: with a file for each process",
    ],
    [
      "interruptible",
      "I",
      "interruptible",
      "required",
      "INTERRUPTIBLE",
      "when fatal signals end the tracer. 1, anywhere: always; 2, waiting: not while a call is being decoded (default); 3, never: not at all (default if '-o FILE PROG'); 4, never_tstp: neither they nor SIGTSTP (^Z), so that 'strace -o FILE PROG' goes on (default if -D)",
    ],
    ["kill-on-exit", "", "kill-on-exit", "none", "", "kill all tracees if the tracer is killed", "extra"],
    ["F", "F", undefined, "none", "", "deprecated: same as -f"],
  ],
  Filtering: [
    [
      "trace",
      "",
      "trace",
      "required",
      SET,
      "trace only these system calls, as -e trace=. Groups: %clock, %creds, %desc, %file, %fstat, %fstatfs, %ipc, %lstat, %memory, %net, %process, %pure, %signal, %stat, %%stat, %statfs, %%statfs",
    ],
    ["signal", "", "signals", "required", "SET", "print only signals from SET, as -e signal="],
    [
      "status",
      "",
      "status",
      "required",
      "SET",
      "print only calls with these return statuses, as -e status=: successful, failed, unfinished, unavailable, detached",
    ],
    ["path", "P", "trace-path", "required", "PATH", "trace only calls about PATH; may be repeated"],
    ["successful", "z", "successful-only", "none", "", "print only calls that returned without an error"],
    ["failed", "Z", "failed-only", "none", "", "print only calls that returned an error"],
    ["failed", "", "failing-only", "none", "", "same as -Z"],
  ],
  "Output format": [
    ["column", "a", "columns", "required", "COLUMN", "column of the equals sign (default 40)"],
    ["abbrev", "", "abbrev", "required", "SET", "abbreviate output for the calls in SET, as -e abbrev="],
    [
      "verbose",
      "",
      "verbose",
      "required",
      "SET",
      "dereference structures for the calls in SET, as -e verbose=",
    ],
    ["raw", "", "raw", "required", "SET", "print undecoded arguments for the calls in SET, as -e raw="],
    [
      "read",
      "",
      "read",
      "required",
      "SET",
      "dump what is read from the file descriptors in SET, as -e read=",
    ],
    [
      "write",
      "",
      "write",
      "required",
      "SET",
      "dump what is written to the file descriptors in SET, as -e write=",
    ],
    [
      "quiet",
      "",
      "quiet",
      "optional",
      "[=SET]",
      "leave out messages, as -e quiet=: attach, exit, path-resolution, personality, thread-execve",
    ],
    ["quiet", "", "silent", "optional", "[=SET]", "same as --quiet"],
    ["quiet", "", "silence", "optional", "[=SET]", "same as --quiet"],
    ["kvm", "", "kvm", "required", "vcpu", "accepted: why a virtual CPU exits is not shown"],
    [
      "decode-fds",
      "",
      "decode-fds",
      "optional",
      "[=SET]",
      "details of file descriptors to print, as -e decode-fds=: dev (device numbers), path, pidfd (its process), socket (addresses)",
    ],
    ["pointer", "i", "instruction-pointer", "none", "", "print the instruction pointer at each call"],
    ["stack", "k", "stack-traces", "none", "", "print where in the program each call was made"],
    ["stack-trace", "", "stack-trace", "optional", "[=symbol]", "same as -k", "extra"],
    [
      "stack-limit",
      "",
      "stack-trace-frame-limit",
      "required",
      "LIMIT",
      "print at most LIMIT frames of a stack (default 256)",
      "extra",
    ],
    ["number", "n", "syscall-number", "none", "", "print the system call's number"],
    ["arg-names", "N", "arg-names", "none", "", "print argument names", "extra"],
    ["output", "o", "output", "required", "FILE", "write the trace to FILE, or into a command: |CMD or !CMD"],
    ["append", "A", "output-append-mode", "none", "", "append to the file of -o"],
    ["separately", "", "output-separately", "none", "", "a file for each process (adds .PID to the name)"],
    [
      "q",
      "q",
      undefined,
      "none",
      "",
      "leave out messages about attaching, as --quiet=attach,personality; -qq, --quiet=attach,personality,exit: exit statuses, too; -qqq, --quiet=all: all of them",
    ],
    [
      "relative",
      "r",
      "relative-timestamps",
      "optional",
      "[=PRECISION]",
      `print the time since the previous line. ${PRECISION}`,
    ],
    [
      "string-limit",
      "s",
      "string-limit",
      "required",
      "STRSIZE",
      "print at most STRSIZE bytes of strings (default 32)",
    ],
    [
      "t",
      "t",
      undefined,
      "none",
      "",
      "print the time of day; -tt, --absolute-timestamps=[time,]us: with microseconds; -ttt, --absolute-timestamps=unix,us: seconds since 1970",
    ],
    [
      "absolute",
      "",
      "absolute-timestamps",
      "optional",
      "[=[[format:]FORMAT[,[precision:]PRECISION]]]",
      "print the time. FORMAT: none, time (default) or unix; PRECISION: s (default), ms, us or ns",
    ],
    ["absolute", "", "timestamps", "optional", "[=...]", "same as --absolute-timestamps"],
    [
      "times",
      "T",
      "syscall-times",
      "optional",
      "[=PRECISION]",
      `print the time spent in each call. ${PRECISION}`,
    ],
    ["no-abbrev", "v", "no-abbrev", "none", "", "print structures in full"],
    [
      "x",
      "x",
      undefined,
      "none",
      "",
      "print non-ASCII strings in hex, as --strings-in-hex=non-ascii; -xx, --strings-in-hex[=all]: all strings",
    ],
    [
      "hex",
      "",
      "strings-in-hex",
      "optional",
      "[=WHICH]",
      "print strings in hex: all, non-ascii, none, or non-ascii-chars: hex instead of octal in escapes",
    ],
    [
      "xlat",
      "X",
      "const-print-style",
      "required",
      "FORMAT",
      "how to print named constants and flags: raw, abbrev, verbose",
    ],
    [
      "y",
      "y",
      undefined,
      "none",
      "",
      "print paths of file descriptors, as --decode-fds=path; -yy, --decode-fds=all: all that is known of them",
    ],
    [
      "decode-pids",
      "",
      "decode-pids",
      "required",
      "SET",
      "what to print of process ids: comm (command names), pidns",
    ],
    ["Y", "Y", undefined, "none", "", "print command names of process ids, as --decode-pids=comm"],
    ["pidns", "", "pidns-translation", "none", "", "accepted: same as --decode-pids=pidns"],
    ["secontext", "", "secontext", "optional", "", "refused, as by Debian's strace"],
    ["always-pid", "", "always-show-pid", "none", "", "print the process id on every line", "extra"],
    ["color", "", "color", "optional", "[=WHEN]", "accepted; output is not coloured", "extra"],
  ],
  Statistics: [
    [
      "summary-only",
      "c",
      "summary-only",
      "none",
      "",
      "count time, calls and errors of each system call, and print only that",
    ],
    ["summary", "C", "summary", "none", "", "like -c, and print the calls too"],
    [
      "overhead",
      "O",
      "summary-syscall-overhead",
      "required",
      "OVERHEAD[UNIT]",
      "subtract this from each call's time. UNIT: s, ms, us (default) or ns",
    ],
    [
      "sort",
      "S",
      "summary-sort-by",
      "required",
      "SORTBY",
      "sort by time (default), min-time, max-time, avg-time, calls, errors, name or nothing",
    ],
    [
      "columns",
      "U",
      "summary-columns",
      "required",
      "COLUMNS",
      "columns to show, separated by commas: time-percent, total-time, min-time, max-time, avg-time, calls, errors, name (default time-percent,total-time,avg-time,calls,errors,name)",
    ],
    ["wall", "w", "summary-wall-clock", "none", "", "sum up wall-clock time instead of system time"],
  ],
  Tampering: [
    [
      "inject",
      "",
      "inject",
      "required",
      "SET:OPTION[:OPTION]...",
      "tamper with the calls in SET, as -e inject=. OPTIONs: error=ERRNO or retval=VALUE, signal=SIG, syscall=SYSCALL, delay_enter=DELAY, delay_exit=DELAY, poke_enter=@argN=DATAN,@argM=DATAM..., poke_exit= the same, when=WHEN. DELAY: microseconds or NUMBER{s|ms|us|ns}; WHEN: FIRST[..LAST][+[STEP]]",
    ],
    [
      "fault",
      "",
      "fault",
      "required",
      "SET[:error=ERRNO][:when=WHEN]",
      "let the calls in SET fail, as -e fault=: inject with ENOSYS if no ERRNO is given",
    ],
  ],
  Miscellaneous: [
    ["debug", "d", "debug", "none", "", "accepted"],
    ["help", "h", "help", "none", "", "print this"],
    ["seccomp", "", "seccomp-bpf", "none", "", "let calls that are not traced run at full speed (needs -f)"],
    [
      "tips",
      "",
      "tips",
      "optional",
      "[=[[id:]ID][,[format:]FORMAT]]",
      "print something worth knowing on exit. ID: a number or random (default); FORMAT: none, compact (default) or full",
    ],
    ["version", "V", "version", "none", "", "print the version"],
    [
      "order",
      "",
      "order",
      "required",
      "completion|strace",
      "engine bpf: lines as calls end, or as events happen",
      "extra",
    ],
    ["engine", "", "engine", "required", "ptrace|bpf|auto", "how to trace", "extra"],
  ],
};

/** strace's long options in the order in which its messages list them; those of several spellings follow each other. */
const order: readonly string[] =
  `columns output-append-mode detach-on summary-only summary debug daemonize daemonised daemonized env follow-forks
output-separately help instruction-pointer interruptible stack-traces syscall-number output summary-syscall-overhead
attach trace-path relative-timestamps string-limit summary-sort-by absolute-timestamps timestamps syscall-times user
summary-columns no-abbrev version summary-wall-clock strings-in-hex const-print-style pidns-translation
successful-only failed-only failing-only seccomp-bpf tips trace abbrev verbose raw signals status read write fault
inject kvm quiet silent silence decode-fds decode-pids secontext`.split(/\s/);

const rank = (o: StraceOption): number =>
  o.long === undefined ? -1 : order.indexOf(o.long) + 1 || order.length + 1;

/** Spellings that -h does not mention. */
const silent: readonly StraceOption[] = ["daemonised", "daemonized"].map((long) => ({
  id: "daemonize",
  short: "",
  long,
  argument: "optional",
  group: "Tracing",
  help: "same as --daemonize",
}));

const shown: readonly StraceOption[] = groups.flatMap((group) =>
  rows[group].map(([id, short, long, argument, value, help, extra]) => ({
    id,
    short,
    long,
    argument,
    group,
    value,
    help,
    extra: extra !== undefined,
  })),
);

export const options: readonly StraceOption[] = [...shown, ...silent].sort((a, b) => rank(a) - rank(b));

/** Column of explanations, and where lines end. */
const INDENT = 17;
const WIDTH = 79;

/** The text of -h, after the usage lines. */
export function optionHelp(): string {
  return groups
    .map(
      (group) =>
        `${group}:\n${shown
          .filter((o) => o.group === group)
          .map(explained)
          .join("")}`,
    )
    .join("\n");
}

function explained({ short, long, value = "", help }: StraceOption): string {
  const optional = value.startsWith("[=");
  const names = [
    short && `-${short}${value === "" || optional ? "" : ` ${value}`}`,
    long && `--${long}${value === "" || optional ? value : `=${value}`}`,
  ];
  const head = `  ${names.filter(Boolean).join(", ")}`;
  const lines = wrapped(help, WIDTH - INDENT).map((line) => " ".repeat(INDENT) + line);
  if (head.length < INDENT - 1) lines[0] = head.padEnd(INDENT) + lines[0].trimStart();
  else lines.unshift(head);
  return `${lines.join("\n")}\n`;
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
