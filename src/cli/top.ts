/** `svtrace top`: a live view of system calls. */
import { setTimeout as after } from "node:timers/promises";
import { isatty } from "node:tty";
import { SysError, UsageError } from "../base/errors.ts";
import { status } from "../kernel/proc.ts";
import { parseDuration } from "./duration.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { print } from "./stdout.ts";
import { keysOf, press } from "./top/keys.ts";
import { freshState, type Line, plain, screen } from "./top/view.ts";
import { type Look, type Targets, Watch } from "./top/watch.ts";

/** ms between drains of what the engine reports, and at most between a key and what it does. */
const STEP_MS = 50;
const SHORTEST = 100e6;

const ALTERNATE = "\x1b[?1049h\x1b[?25l";
const NORMAL = "\x1b[?25h\x1b[?1049l";
const styles = { head: "\x1b[7m", selected: "\x1b[1;7m", dim: "\x1b[2m" } as const;

export async function main(argv: string[]): Promise<number> {
  const program = table("top");
  const { values, operands } = parseArguments(program, argv);
  const given = [values.get("attach") ?? "", ...operands].join(" ");
  const pids = given
    .split(/[ ,]+/)
    .filter((p) => p !== "")
    .map(Number);
  for (const pid of pids) {
    if (!(pid > 0)) throw wrong(program, `'${given}' is no process id`);
    if (!status(pid)) throw new UsageError(`no process ${pid}`);
  }
  const tree = values.has("tree");
  if (tree && pids.length === 0) throw wrong(program, "--tree needs -p PID");
  const every = parseDuration(values.get("interval") ?? "1s", "--interval");
  if (every < SHORTEST) throw wrong(program, "--interval: at least 100ms");
  const once = values.has("once");
  if (!once && !(process.stdin.isTTY && process.stdout.isTTY))
    throw new UsageError("not a terminal: use --once");
  const title =
    pids.length === 0 ? "all processes" : `${tree ? "processes below " : "process "}${pids.join(", ")}`;
  const watch = begin({ pids, tree });
  try {
    if (once) {
      await stepFor(watch, every);
      await print(plain(watch.look(), title));
    } else await live(watch, every, title);
  } finally {
    watch.close();
  }
  return 0;
}

function begin(what: Targets): Watch {
  try {
    return new Watch(what);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new UsageError(`needs the bpf engine: ${error.message.split("\n")[0]}; svtrace doctor says more`);
  }
}

/** False when nothing is left to watch. */
async function stepFor(watch: Watch, ns: number, stop: () => boolean = () => false): Promise<boolean> {
  for (const end = performance.now() + ns / 1e6; performance.now() < end && !stop(); ) {
    if (!watch.step()) return false;
    await after(Math.min(STEP_MS, Math.max(1, end - performance.now())));
  }
  return true;
}

async function live(watch: Watch, every: number, title: string): Promise<void> {
  const state = freshState();
  let look: Look | undefined;
  let over = false;
  const show = (): void => {
    // a terminal that nobody has told its size says 0
    const { columns, rows } = process.stdout;
    if (look) draw(screen(look, state, columns || 80, rows || 24, title));
  };
  const pressed = (input: Buffer): void => {
    for (const key of keysOf(input.toString("latin1"))) if (look && !press(key, state, look)) over = true;
    if (!look && /[q\x03]/.test(input.toString("latin1"))) over = true;
    show();
  };
  const end = (): void => {
    over = true;
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const s of signals) process.on(s, end);
  // the terminal has hung up: nobody looks any more, and what goes wrong with it until the end is no error
  for (const stream of [process.stdin, process.stdout]) stream.on("error", end);
  process.stdin.on("end", end);
  process.stdin.setRawMode(true);
  process.stdin.on("data", pressed);
  process.stdout.on("resize", show);
  process.stdout.write(ALTERNATE);
  draw([{ text: `svtrace top: ${title}` }, { text: "looking for the first time ..." }]);
  try {
    // the first look comes sooner: nobody likes an empty screen
    for (let wait = Math.min(every, 500e6); !over; wait = every) {
      const more = await stepFor(watch, wait, () => over);
      if (over) break;
      if (!state.frozen) look = watch.look();
      show();
      if (!more) break;
    }
  } finally {
    process.stdin.off("data", pressed);
    if (isatty(0) && isatty(1)) {
      process.stdout.write(NORMAL);
      process.stdin.setRawMode(false);
    }
    process.stdin.pause();
    process.stdout.off("resize", show);
    for (const s of signals) process.off(s, end);
  }
}

function draw(lines: readonly Line[]): void {
  const text = lines.map((l) => `${l.style ? styles[l.style] : ""}${l.text}\x1b[m\x1b[K`);
  process.stdout.write(`\x1b[H${text.join("\r\n")}\x1b[J`);
}
