/** The programs of daemontools. Their options and messages are djb's; `--help` is none of them, `svtrace help NAME` is. */
import type { Option, Program } from "./types.ts";

const usage = ["100", "wrong usage"] as const;
const system = ["111", "the system refused; the message says what"] as const;
const done = ["0", "done"] as const;
const becomes = ["other", "the child's own, once the program has become the child"] as const;
const chain = { applet: true, section: 8, runsCommand: true, exits: [usage, system, becomes] } as const;
const plain = { applet: true, section: 8 } as const;
const service = { name: "DIR", kind: "service" } as const;
const child = { name: "CHILD", kind: "command", repeated: true } as const;
const account = { name: "ACCOUNT", kind: "user" } as const;

const command = (short: string, help: string): Option => ({ short, help });
const limit = (short: string, value: string, help: string): Option => ({ short, value, kind: "text", help });

export const daemontools: readonly Program[] = [
  {
    ...plain,
    name: "svscan",
    summary: "starts and monitors a collection of services",
    operands: [{ name: "DIR", kind: "directory", optional: true }],
    description: [
      "Supervises every service in DIR (default: the current directory), all in one process: each directory, or link to one, whose name does not begin with a dot. A service with a log directory gets a logger, and a pipe from the one to the other that outlives both. New services are noticed at once.",
      "Further arguments are ignored, as the original does.",
    ],
    exits: [["none", "it runs until it is killed; services run on"], system],
    seeAlso: ["supervise(8)", "svtrace-up(1)"],
  },
  {
    ...plain,
    name: "supervise",
    summary: "starts and monitors a service",
    operands: [service],
    description: [
      "Starts ./run in DIR, and again whenever it ends, at most once a second. If there is a file named down it waits for svc. svc(8) gives it commands, svstat(8) and svok(8) say what it is doing.",
      "What goes beyond daemontools is switched on by files in the service directory; docs/SUPERVISION.md lists them.",
    ],
    exits: [["0", "it was asked to exit"], usage, system],
    files: [
      ["run", "the program"],
      ["down", "do not start it by itself"],
      ["supervise/", "lock, control, ok and status, as daemontools has them"],
    ],
    seeAlso: ["svscan(8)", "svc(8)", "svstat(8)"],
  },
  {
    ...plain,
    name: "svc",
    summary: "controls services monitored by supervise",
    synopsis: ["[-udoxpchaitk] DIR..."],
    options: [
      command("u", "up: start it, and again whenever it ends"),
      command("d", "down: TERM, then CONT; not started again"),
      command("o", "once: start it; not started again when it ends"),
      command("x", "exit: supervise leaves when the service is down"),
      command("p", "pause: STOP"),
      command("c", "continue: CONT"),
      command("h", "HUP"),
      command("a", "ALRM"),
      command("i", "INT"),
      command("t", "TERM"),
      command("k", "KILL"),
    ],
    operands: [{ ...service, optional: true, repeated: true }],
    description: [
      "Sends the commands, in the order given and each once, to the supervise of each DIR. What cannot be told is warned of; the exit code stays 0.",
    ],
    exits: [done, usage, ["111", "there is no way back to the current directory"]],
    seeAlso: ["supervise(8)", "svstat(8)", "svtrace-restart(1)"],
  },
  {
    ...plain,
    name: "svok",
    summary: "says whether supervise is running",
    operands: [service],
    description: ["Says by its exit code whether supervise runs in DIR."],
    exits: [["0", "it runs"], ["100", "it does not run, or wrong usage"], system],
    seeAlso: ["supervise(8)", "svstat(8)"],
  },
  {
    ...plain,
    name: "svstat",
    summary: "prints the status of services monitored by supervise",
    operands: [{ ...service, optional: true, repeated: true }],
    description: [
      "Prints a line on each DIR: up or down, the process id, for how many seconds; and, where that is unusual, whether it is paused, normally up or down, wanted up or down.",
    ],
    exits: [done, ["111", "there is no way back to the current directory"]],
    seeAlso: ["svtrace-status(1)", "svc(8)"],
  },
  {
    ...plain,
    name: "multilog",
    summary: "reads lines and appends selected ones to any number of logs",
    operands: [{ name: "ACTION", kind: "directory", optional: true, repeated: true }],
    description: [
      "Each argument is an action, carried out in order for each line of standard input. -PATTERN deselects, +PATTERN selects; a star in PATTERN stands for any text up to the next occurrence of the character behind it, and the whole line has to match.",
      "t, as the first action, puts a TAI64N stamp before each line. e writes the line to standard error, =FILE replaces what FILE holds, DIR (beginning with a dot or slash) appends it to the log there. sSIZE, nNUM and !PROCESSOR set size, number of old files and their processor for the logs that follow.",
      "Patterns see the first 1000 bytes of a line, the stamp included. SIZE is from 4096 to 16777215 bytes (default 99999); a file ends at the last line's end before it, or where it is full. NUM is at least 2 (default 10) and counts the current file. The last processor, size and number given hold for a directory.",
      "When a disk is full or a processor fails it waits and tries again, and reads no more meanwhile; nothing is lost. TERM ends it at the next line's end, ALRM begins new files.",
    ],
    exits: [["0", "the end of input, or TERM"], system],
    files: [
      ["DIR/current", "what was written last; executable by its owner when it was closed in order"],
      ["DIR/@STAMP.s", "an old file, whole and on the disk"],
      ["DIR/@STAMP.u", "an old file that was being written when the machine, or multilog, came down"],
      ["DIR/lock", "locked while a multilog writes here: no other does"],
      ["DIR/state", "what the processor wrote to descriptor 5 the last time, and reads from descriptor 4"],
      ["DIR/previous, processed, newstate", "only while files change: the processor's input and output"],
    ],
    examples: [
      ["multilog t s1000000 n20 ./main", "stamped lines, twenty files of a megabyte"],
      [
        "multilog '-*' '+* error: *' e ./errors",
        "lines with error: behind their first word, to standard error and a log",
      ],
      ["multilog s1000000 '!gzip' ./main", "old files are compressed"],
    ],
    seeAlso: ["tai64nlocal(8)", "svtrace-logs(1)"],
  },
  {
    ...plain,
    name: "tai64n",
    summary: "puts a precise time stamp on each line",
    description: [
      "Copies standard input to standard output with an @, a TAI64N label in hexadecimal and a space before each line: the moment its first byte was read.",
    ],
    exits: [done, system],
    seeAlso: ["tai64nlocal(8)", "multilog(8)"],
  },
  {
    ...plain,
    name: "tai64nlocal",
    summary: "makes time stamps readable",
    description: [
      "Copies standard input to standard output; an @ and a TAI64N label at the beginning of a line become local time, YYYY-MM-DD hh:mm:ss.nnnnnnnnn. What is no label passes unchanged.",
    ],
    exits: [done, system],
    seeAlso: ["tai64n(8)", "svtrace-logs(1)"],
  },
  {
    ...chain,
    name: "setuidgid",
    summary: "runs another program under an account's uid and gid",
    operands: [account, child],
    description: [
      "Becomes CHILD with the uid and gid of ACCOUNT and no other groups. Only root can do that.",
    ],
    seeAlso: ["envuidgid(8)"],
  },
  {
    ...chain,
    name: "envuidgid",
    summary: "runs another program with UID and GID set to an account's",
    operands: [account, child],
    description: ["Becomes CHILD with the variables UID and GID set to the numbers of ACCOUNT."],
    seeAlso: ["setuidgid(8)"],
  },
  {
    ...chain,
    name: "envdir",
    summary: "runs another program with variables from the files of a directory",
    operands: [{ name: "DIR", kind: "directory" }, child],
    description: [
      "Becomes CHILD with a variable for each file of DIR whose name does not begin with a dot: its first line, without blanks at the end; NUL stands for a newline. An empty file removes its variable.",
    ],
    exits: [["111", "wrong usage, or the system refused"], becomes],
    seeAlso: ["envuidgid(8)"],
  },
  {
    ...chain,
    name: "softlimit",
    summary: "runs another program with new soft resource limits",
    options: [
      limit("a", "BYTES", "all memory of a process"),
      limit("c", "BYTES", "core files"),
      limit("d", "BYTES", "data segment"),
      limit("f", "BYTES", "files it writes"),
      limit("l", "BYTES", "memory locked in RAM"),
      limit("m", "BYTES", "the same as -d, -s, -l and -a together"),
      limit("o", "NUMBER", "open files"),
      limit("p", "NUMBER", "processes of the uid"),
      limit("r", "BYTES", "resident set"),
      limit("s", "BYTES", "stack"),
      limit("t", "SECONDS", "CPU time"),
    ],
    operands: [child],
    description: [
      "Becomes CHILD with the soft limits given. = in place of a number stands for the hard limit.",
    ],
    seeAlso: ["setrlimit(2)"],
  },
  {
    ...chain,
    name: "setlock",
    summary: "runs another program with a file locked",
    options: [
      command("n", "do not wait: give up if another holds the lock"),
      command("N", "wait for the lock (default)"),
      command("x", "give up silently, exit code 0"),
      command("X", "give up with a message, exit code 111 (default)"),
    ],
    operands: [{ name: "FILE", kind: "file" }, child],
    description: ["Opens FILE, makes it if need be, locks it and becomes CHILD, which inherits the lock."],
    seeAlso: ["flock(2)"],
  },
  {
    ...chain,
    name: "pgrphack",
    summary: "runs another program in a process group of its own",
    operands: [child],
    description: [
      "Becomes CHILD in a session and process group of its own, out of reach of the terminal's signals.",
    ],
  },
  {
    ...plain,
    runsCommand: true,
    name: "fghack",
    summary: "keeps a program that goes into the background in the foreground",
    operands: [child],
    description: [
      "Runs CHILD and stays until everything that CHILD started has closed the many descriptors that fghack opened for it. Signals reach fghack and not the program behind it: a program that can stay in the foreground by itself is better off doing so.",
    ],
    exits: [usage, ["111", "the system refused, or the child was killed"], ["other", "the child's own"]],
  },
  {
    ...plain,
    name: "readproctitle",
    summary: "shows what it reads in its own arguments, for ps",
    operands: [{ name: "ROOM", kind: "text", repeated: true }],
    description: [
      "Keeps the last of what it reads on standard input in its last argument, where ps shows it. That argument must be at least five bytes long, and is the room there is.",
    ],
    exits: [
      ["0", "the end of input"],
      ["100", "there is too little room"],
    ],
    examples: [
      [
        "svscan /service 2>&1 | readproctitle service errors: ................................",
        "ps shows the last messages of svscan",
      ],
    ],
  },
];
