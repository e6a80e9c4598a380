/** svtrace's own commands. */
import { formats } from "../../export/formats.ts";
import { runOptions } from "../run-options.ts";
import { type StraceOption, options as straceOptions } from "../strace/options.ts";
import { traceOptions as traceMore } from "../trace/options.ts";
import type { Kind, Option, Program } from "./types.ts";

const exits = [
  ["0", "done"],
  ["1", "it failed; one line on standard error says why"],
  ["2", "wrong usage"],
] as const;
const help: Option = { short: "h", long: "help", help: "print this" };
const json: Option = { long: "json", help: "print JSON" };
const color: Option = {
  long: "color",
  value: "WHEN",
  kind: ["always", "never", "auto"],
  help: "colours: always, never, or auto (default): on a terminal, unless NO_COLOR is set",
};
const service = { name: "SERVICE", kind: "service" } as const;
const recording = { name: "SERVICE|RECORDING", kind: "recording", optional: true } as const;
const command = { name: "COMMAND", kind: "command", repeated: true } as const;

/** What values of options are that take more than text. */
const kinds: Readonly<Record<string, Kind>> = {
  output: "file",
  attach: "pid",
  user: "user",
  until: ["all", "main", "main+5"],
  record: "directory",
};
const strace = (rows: readonly StraceOption[]): readonly Option[] =>
  rows.map((o) => ({
    short: o.short || undefined,
    long: o.long,
    value: o.argument === "none" ? undefined : o.value?.replace(/^\[=(.*)\]$/, "$1") || "VALUE",
    optional: o.argument === "optional",
    kind: kinds[o.id] ?? "text",
    help: o.help,
  }));
const traceOptions = strace(straceOptions);

export const commands: readonly Program[] = [
  {
    name: "up",
    summary: "supervise the services of a directory, and record those that have a trace/ directory",
    section: 8,
    synopsis: ["DIR", "--wait[=SECONDS] DIR", "--replace DIR", "--stop DIR"],
    options: [
      {
        long: "wait",
        value: "SECONDS",
        optional: true,
        help: "in the background; returns when every service is ready, or SECONDS (60) have passed",
      },
      { long: "replace", help: "have the supervisor of DIR become this version of svtrace; services run on" },
      { long: "stop", help: "end the services and the supervisor of DIR" },
      help,
    ],
    operands: [{ name: "DIR", kind: "directory" }],
    description: [
      "Runs every service in DIR, each a directory with a program named run, until TERM, INT or HUP; then ends them in order. A service with a directory trace/ is recorded; svtrace why says where the time of its restarts goes.",
      "The directory is a daemontools scan directory: svc, svstat and svok work on it, the C programs too. New services are noticed at once. A supervisor that is killed leaves the services running; the next one takes them over.",
      "As process 1 of a container it reaps orphans, hands HUP, USR1, USR2, QUIT and ALRM on to the services, and ends them in order on TERM or INT.",
    ],
    exits,
    files: [
      ["DIR/SERVICE/run", "the program"],
      ["DIR/SERVICE/down", "not started by itself"],
      ["DIR/SERVICE/log/run", "its logger, which gets its standard output"],
      ["DIR/SERVICE/log/multilog", "in place of log/run: a multilog script for the shared logger"],
      ["DIR/SERVICE/finish", "run at its end, with exit code and signal"],
      ["DIR/SERVICE/stop-timeout", "seconds from TERM to KILL for all that is left of it"],
      [
        "DIR/SERVICE/notification-fd, notify-socket",
        "how it says that it is ready: to s6's descriptor, or systemd's socket",
      ],
      ["DIR/SERVICE/needs", "services that must be ready first"],
      [
        "DIR/SERVICE/backoff, death-tally",
        "seconds between starts, FIRST MAX; left down after COUNT deaths in SECONDS",
      ],
      ["DIR/SERVICE/trace/", "record it"],
      ["DIR/.svtrace/", "sockets and settings of svtrace; up.log with --wait; defaults/ for all services"],
    ],
    seeAlso: ["svscan(8)", "supervise(8)", "svtrace-status(1)", "svtrace-why(1)"],
  },
  {
    name: "status",
    summary: "what the services are doing",
    section: 1,
    options: [json, color, help],
    operands: [{ name: "DIR", kind: "service", optional: true, repeated: true }],
    description: [
      "Prints a table of the services in DIR (a scan directory, or a service; default: the current directory): state, whether it is ready, process id, since when, how often it was restarted, how it ended last and how long the last restart took. Below it: who is still alive while a service is being stopped, and what went wrong.",
      "Under another supervisor (daemontools, runit) the table has what their status files tell.",
    ],
    exits,
    examples: [["svtrace status /service", "all services there"]],
    seeAlso: ["svstat(8)", "svtrace-up(8)"],
  },
  {
    name: "logs",
    summary: "a service's log, with local times",
    section: 1,
    options: [
      { short: "f", long: "follow", help: "go on with what is added, through rotations, until interrupted" },
      {
        short: "n",
        long: "lines",
        value: "N",
        kind: "text",
        help: "begin with the last N lines (default: all; with -f: 10)",
      },
      { short: "u", long: "utc", help: "times in UTC" },
      { long: "raw", help: "stamps as they are in the files" },
      help,
    ],
    operands: [service],
    description: [
      "Prints the log of SERVICE, oldest lines first: all files that multilog (or svlogd) has kept, then the current one. SERVICE is a service directory, its log directory, or the directory with the file current. TAI64N stamps become local time; what is unprintable is escaped.",
    ],
    exits,
    examples: [["svtrace logs -f /service/web", "the last ten lines, and what comes"]],
    seeAlso: ["multilog(8)", "tai64nlocal(8)"],
  },
  {
    name: "restart",
    summary: "restart a service and wait until it is up",
    section: 1,
    options: [
      {
        long: "wait",
        value: "SECONDS",
        optional: true,
        help: "wait until it is ready again, SECONDS (120) at most",
      },
      help,
    ],
    operands: [service],
    description: [
      "Sends TERM to the service and waits, at most two minutes, until it has been started again. A stop that takes long says whom it waits for.",
    ],
    exits,
    seeAlso: ["svc(8)", "svtrace-why(1)"],
  },
  {
    name: "trace",
    summary:
      "trace system calls with strace's options, without slowing what is traced where the kernel allows",
    section: 1,
    synopsis: [
      "[OPTIONS] COMMAND...",
      "[OPTIONS] -p PIDS [--tree]",
      "[OPTIONS] --cgroup=PATH",
      "[OPTIONS] --all",
      "on|off SERVICE",
    ],
    options: [...strace(traceMore), ...traceOptions],
    operands: [{ ...command, optional: true }],
    runsCommand: true,
    description: [
      "Takes strace's options and prints strace's text, through the bpf engine where kernel and privileges allow and no option needs ptrace; else it says why and uses ptrace. Lines come whole, in the order in which calls end.",
      "trace on|off SERVICE: from its next start on, SERVICE is recorded by svtrace up, or no longer.",
    ],
    exits: [
      ["2", "events were lost, or calls of -c not told apart, with --fail-on-loss"],
      ["1", "wrong usage, or the command or process cannot be traced"],
      ["other", "the command's own; killed by a signal, it dies of the same"],
    ],
    examples: [
      ["svtrace trace -p 1234 --tree --slower-than=10ms -y", "slow calls of a process and its children"],
      ["svtrace trace -p 1234 -f -c --by=path --interval=5s", "which files it spends its time on"],
      ["svtrace trace --json --all -e trace=%file | jq .", "files opened on this machine"],
    ],
    seeAlso: ["svtrace-strace(1)", "svtrace-top(1)", "svtrace-stuck(1)", "svtrace-doctor(1)"],
  },
  {
    name: "stuck",
    summary: "the system calls a process is in now, for how long, and what they wait for",
    section: 1,
    synopsis: ["-p PIDS [--tree] [-k [--stop]] [--for=DURATION] [--json]"],
    options: [
      { short: "p", long: "attach", value: "PIDS", kind: "pid", again: "joins", help: "these processes" },
      { long: "tree", help: "and everything below them" },
      { short: "k", long: "stack-traces", help: "and where in the program each call was made" },
      {
        long: "stop",
        help: "with -k: stop threads for an instant whose stacks cannot be seen to their ends otherwise",
      },
      {
        long: "for",
        value: "DURATION",
        kind: "text",
        help: "watch for so long first (500ms, 2s): the age of calls that began meanwhile is exact (bpf)",
      },
      json,
      help,
    ],
    operands: [{ name: "PID", kind: "pid", optional: true, repeated: true }],
    description: [
      "Looks at each thread once, without stopping it, and prints the call it is in: the longest first, with the file, peer, lock holder or child it waits for. Nothing need have been traced before. The age of a call whose beginning was not seen is at least the time since its thread ran last (>=).",
      "With -k the functions that led to the call follow it, innermost first: by the program's call frame information, its symbols or those of an installed debug package, and /tmp/perf-PID.map of a run-time compiler (node --perf-basic-prof --interpreted-frames-native-stack). A thread that waits shows only some of its registers; where a frame needs others, its stack ends with '...'. With --stop such a thread is stopped for an instant as strace -p does, after which a few calls (epoll_wait among them) return EINTR.",
    ],
    exits,
    examples: [
      ["svtrace stuck -p 1234 --tree", "what is this service waiting for?"],
      ["svtrace stuck -k -p 1234", "and where in its code?"],
    ],
    seeAlso: ["svtrace-top(1)", "svtrace-trace(1)"],
  },
  {
    name: "top",
    summary: "a live view of system calls: rates, how long they take, what is blocked now",
    section: 1,
    synopsis: ["[-p PIDS [--tree]] [--interval=DURATION] [--once]"],
    options: [
      {
        short: "p",
        long: "attach",
        value: "PIDS",
        kind: "pid",
        again: "joins",
        help: "these processes (default: all)",
      },
      { long: "tree", help: "and everything below them" },
      { long: "interval", value: "DURATION", kind: "text", help: "between updates (default 1s)" },
      { long: "once", help: "print one interval as plain text and end" },
      help,
    ],
    operands: [{ name: "PID", kind: "pid", optional: true, repeated: true }],
    description: [
      "Counts calls in the kernel, so it can be left running on a busy machine (bpf engine only). Keys: arrows or j and k choose a process, Enter shows its calls, Escape goes back; p switches between processes and system calls; s sorts by the next column, / filters, space freezes, ^Z stops, q quits.",
    ],
    exits,
    seeAlso: ["svtrace-stuck(1)", "svtrace-trace(1)"],
  },
  {
    name: "why",
    summary: "where the time of the last restart went",
    section: 1,
    options: [
      {
        short: "p",
        long: "attach",
        value: "PID",
        kind: "pid",
        again: "refused",
        help: "say what a running process waits for, from now on",
      },
      {
        long: "seconds",
        value: "N",
        kind: "text",
        help: "with -p: for so long (default 30; Ctrl-C ends it earlier)",
      },
      { short: "o", long: "output", value: "FILE", kind: "file", help: "with -p: keep the recording" },
      {
        long: "engine",
        value: "ENGINE",
        kind: ["auto", "bpf", "ptrace"],
        help: "with -p: how to trace (default auto)",
      },
      { short: "a", long: "all", help: "name causes however short it was, and show all of them" },
      json,
      color,
      help,
    ],
    operands: [recording],
    description: [
      "Says where the time of a service's last restart, or of a recorded command, went: phases, causes along the critical path with the system calls that prove them, processes. Without an argument: the newest recording in or below the current directory.",
      "With -p it records a running process, its threads and its children for a while, and says what they waited for.",
    ],
    exits,
    seeAlso: ["svtrace-record(1)", "svtrace-export(1)"],
  },
  {
    name: "history",
    summary: "all restarts of a service: durations, trend, what stands out",
    section: 1,
    options: [json, help],
    operands: [{ ...service, optional: true }],
    description: [
      "Shows every recorded restart of a service: when, by whom, how long each phase took; the trend, and what stands out.",
    ],
    exits,
    seeAlso: ["svtrace-why(1)", "svtrace-diff(1)"],
  },
  {
    name: "diff",
    summary: "what one restart did that another did not",
    section: 1,
    synopsis: ["[OPTIONS] SERVICE|RECORDING", "[OPTIONS] A B"],
    options: [
      json,
      {
        long: "last",
        value: "N",
        kind: "text",
        help: "how many earlier restarts (of a start: starts) make what is usual (default: 10)",
      },
      help,
    ],
    operands: [
      { name: "SERVICE|RECORDING", kind: "recording" },
      { name: "B", kind: "recording", optional: true },
    ],
    description: [
      "Compares two restarts, given by their recordings, or the newest one of a service (or a recording's) with the median of those before it: which phase grew, which waits are new, which calls multiplied.",
    ],
    exits,
    seeAlso: ["svtrace-why(1)", "svtrace-history(1)"],
  },
  {
    name: "record",
    summary: "record a command, or a running process",
    section: 1,
    synopsis: ["[OPTIONS] -o FILE [--] COMMAND...", "[OPTIONS] -o FILE -p PID", "--save SERVICE"],
    options: [
      {
        short: "o",
        long: "output",
        value: "FILE",
        kind: "file",
        help: "the recording, a DuckDB database; one that is there is replaced",
      },
      {
        short: "p",
        long: "attach",
        value: "PID",
        kind: "pid",
        again: "refused",
        help: "record this process and those below it until Ctrl-C",
      },
      {
        long: "engine",
        value: "ENGINE",
        kind: ["auto", "bpf", "ptrace"],
        help: "auto (default), bpf or ptrace",
      },
      {
        long: "save",
        value: "SERVICE",
        kind: "service",
        help: "have the recorder of a running service write down the last seconds, which it holds in memory",
      },
      help,
    ],
    operands: [{ ...command, optional: true }],
    runsCommand: true,
    description: ["Records every system call of a command and its children, or of a running process."],
    exits: [...exits, ["other", "the command's own"]],
    seeAlso: ["svtrace-why(1)", "svtrace-strace(1)"],
  },
  {
    name: "export",
    summary: "a recording in a format that others read",
    section: 1,
    options: [
      {
        short: "f",
        long: "format",
        value: "FORMAT",
        kind: formats.map((f) => f.name),
        help: "strace if not given; see below",
      },
      {
        short: "o",
        long: "output",
        value: "FILE",
        kind: "file",
        help: "write there (default: standard output)",
      },
      {
        long: "by",
        value: "WHAT",
        kind: ["cpu", "calls"],
        help: "folded: stacks of CPU samples, or time in calls",
      },
      { long: "table", value: "NAME", help: "parquet: the table or view (default calls)" },
      help,
    ],
    operands: [recording],
    description: [
      "Writes what a recording holds in a format that others read:",
      ...formats.map((f) => `${f.name}: ${f.help}.`),
    ],
    exits,
    seeAlso: ["svtrace-record(1)"],
  },
  {
    name: "run",
    summary: "trace a service from within its run script, under any supervisor",
    section: 1,
    synopsis: ["[OPTIONS] [--until=all|main|main+SECONDS] -- COMMAND..."],
    options: [
      ...traceOptions.filter((o) => o.long !== "attach" && o.long !== "daemonize"),
      ...strace(runOptions),
    ],
    operands: [command],
    runsCommand: true,
    description: [
      "Becomes COMMAND, in the same process, while a tracer in a session of its own follows it from its first instruction. Signals of the supervisor reach the command; the tracer ends by itself. The trace goes to standard error or to the file of -o; with -f children are followed.",
    ],
    exits: [
      ["1", "the command cannot be run"],
      ["other", "the command's own: svtrace has become it"],
    ],
    examples: [["exec svtrace run -f -ttT -- ./server", "the last line of a run script"]],
    seeAlso: ["svtrace-strace(1)"],
  },
  {
    name: "strace",
    summary: "trace system calls and signals, with strace's options and output",
    applet: true,
    section: 1,
    synopsis: ["[OPTIONS] COMMAND...", "[OPTIONS] -p PIDS"],
    options: traceOptions,
    operands: [{ ...command, optional: true }],
    runsCommand: true,
    description: ["Takes strace's options and prints strace's text."],
    exits: [
      ["other", "the command's own; killed by a signal, it dies of the same"],
      ["1", "wrong usage, or the command or process cannot be traced"],
    ],
    seeAlso: ["strace(1)", "svtrace-record(1)"],
  },
  {
    name: "doctor",
    summary: "what this machine allows, and what to do about each no",
    section: 1,
    options: [json, help],
    description: [
      "Says which of svtrace's abilities this machine and this user have, and how to get the others.",
    ],
    exits,
  },
  {
    name: "applets",
    summary: "make links by which the programs can be called by their own names",
    section: 8,
    options: [help],
    operands: [{ name: "DIR", kind: "directory" }],
    description: [
      "Makes links to svtrace in DIR, one for each program: strace, svc, svstat and so on. Files that are there already stay.",
    ],
    exits,
  },
  {
    name: "completions",
    summary: "print the completion script for a shell",
    section: 1,
    options: [help],
    operands: [{ name: "SHELL", kind: ["bash", "zsh", "fish"] }],
    description: [
      "Prints the script that completes the command lines of svtrace and its programs in bash, zsh or fish.",
    ],
    exits,
    examples: [
      ["svtrace completions bash >/etc/bash_completion.d/svtrace", "for all users of bash"],
      ["svtrace completions zsh >/usr/local/share/zsh/site-functions/_svtrace", "for all users of zsh"],
      ["svtrace completions fish >/etc/fish/completions/svtrace.fish", "for all users of fish"],
    ],
  },
  {
    name: "man",
    summary: "the manual page of a program",
    section: 1,
    options: [help],
    operands: [{ name: "NAME", kind: "program", optional: true }],
    description: [
      "Shows the manual page of NAME (default: of svtrace itself) on a terminal; elsewhere it prints the page's source.",
    ],
    exits,
  },
  {
    name: "help",
    summary: "what a program does and takes",
    section: 1,
    operands: [{ name: "NAME", kind: "program", optional: true }],
    description: [
      "Prints what `svtrace NAME --help` prints, also for the daemontools programs, which know no such option.",
    ],
    exits,
  },
];
