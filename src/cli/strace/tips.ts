/** --tips: something worth knowing, on exit. */

export interface Tip {
  readonly text: string;
  /** Its number; --tips=ID shows it again. */
  readonly id: number;
  readonly format: "none" | "compact" | "full";
}

const tips: readonly string[] = [
  "-k shows where in the program each call was made. Programs and libraries need not be recompiled for it.",
  "svtrace trace takes the same options and costs a hundredth: its calls are collected in the kernel.",
  "svtrace stuck -k -p PID says what a process that hangs waits for, and where in its code, without stopping it.",
  "-P PATH shows only calls about one file, by its name and through descriptors.",
  "-y shows the paths behind file descriptors, -yy the addresses behind sockets, too.",
  "-c counts; with -w by wall-clock time, which is what a slow service spends.",
  "-z shows only calls that succeeded, -Z only those that failed.",
  "-e trace=%file, %desc, %net, %process, %memory, %signal and others stand for all calls of a kind.",
  "-o '|COMMAND' writes the trace into a command, -ff -o FILE into a file per process.",
  "-e inject=openat:error=ENOSPC:when=3 has the third openat fail: how does your program take that?",
  "--seccomp-bpf with -f lets calls that are not traced run at full speed.",
  "-r together with -t shows both the time of day and the time since the line before.",
  "-D lets the traced program keep its parent: the tracer is a grandchild then.",
  "svtrace run in front of a service's command records its whole life, until its last process is dead.",
  "svtrace why says where the time of a service's last restart went.",
];

const MAX_ID = 2 ** 32;
const formats = ["none", "compact", "full"] as const;

/** Parses `[[id:]ID][,[format:]FORMAT]`, in any order; undefined for what is none. */
export function parseTip(value: string): Tip | undefined {
  let id: number | undefined;
  let format: Tip["format"] = "compact";
  for (const part of value.toLowerCase().split(",")) {
    const [, kind, word] = /^(?:(id|format):)?(.*)$/s.exec(part)!;
    const named = formats.find((f) => f === word);
    if (word === "" && kind === undefined) continue;
    if (named && kind !== "id") format = named;
    else if (/^\d+$/.test(word) && Number(word) < MAX_ID && kind !== "format") id = Number(word);
    else if (word === "random" && kind !== "format") id = undefined;
    else return undefined;
  }
  const n = (id ?? Math.floor(Math.random() * tips.length)) % tips.length;
  return { text: tips[n], id: n, format };
}

const WIDTH = 60;

/** The tip, in a box; "" for format none. */
export function tipText({ text, id, format }: Tip, program: string): string {
  if (format === "none") return "";
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    const longer = lines[last] === "" ? word : `${lines[last]} ${word}`;
    if (longer.length > WIDTH) lines.push(word);
    else lines[last] = longer;
  }
  if (format === "full")
    lines.push("", `(tip ${id} of ${tips.length}; ${program} --tips=${id} shows it again)`);
  const rule = `+${"-".repeat(WIDTH + 2)}+`;
  return `${[rule, ...lines.map((l) => `| ${l.padEnd(WIDTH)} |`), rule].join("\n")}\n`;
}
