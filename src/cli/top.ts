/** `svtrace top`: a live view of system calls. */
import { setTimeout as after } from "node:timers/promises";
import { SysError, UsageError } from "../base/errors.ts";
import { tell } from "../base/stderr.ts";
import { bpfRefusal } from "../capture/choose.ts";
import { parseDuration } from "./duration.ts";
import { givenTasks } from "./live/pids.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { print } from "./stdout.ts";
import { keysOf, press } from "./top/keys.ts";
import { STOP_KEY, Terminal } from "./top/terminal.ts";
import { freshState, plain, screen } from "./top/view.ts";
import { type Look, type Targets, Watch } from "./top/watch.ts";

/** ms between drains of what the engine reports, and at most between a key and what it does. */
const STEP_MS = 50;
const SHORTEST = 100e6;

export async function main(argv: string[]): Promise<number> {
  const program = table("top");
  const { values, operands } = parseArguments(program, argv);
  const pids = givenTasks(program, values.get("attach"), operands).map((task) => task.tid);
  // -p "$(pidof NAME)" of a name that nobody has does not mean everybody
  if (pids.length === 0 && (values.has("attach") || operands.length > 0))
    throw wrong(program, "which process? -p PID");
  const tree = values.has("tree");
  if (tree && pids.length === 0) throw wrong(program, "--tree needs -p PID");
  const every = parseDuration(values.get("interval") ?? "1s", "--interval");
  if (every < SHORTEST) throw wrong(program, "--interval: at least 100ms");
  const once = values.has("once");
  if (!once && !(process.stdin.isTTY && process.stdout.isTTY))
    throw new UsageError("not a terminal: use --once");
  const what = `${tree ? "processes below " : "process "}${pids.join(", ")}`;
  const title = pids.length === 0 ? "all processes" : what;
  const watch = begin({ pids, tree });
  try {
    if (once) {
      await stepFor(watch, every);
      await print(plain(watch.look(), title));
    } else if (!(await live(watch, every, title))) {
      tell(`svtrace top: nothing is left to watch: ${what} ended\n`);
    }
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
    throw new UsageError(`needs the bpf engine: ${bpfRefusal(error.message)}; svtrace doctor says more`);
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

/** False when it ends because nothing is left to watch. */
async function live(watch: Watch, every: number, title: string): Promise<boolean> {
  const state = freshState();
  let look: Look | undefined;
  let over = false;
  const show = (): void => {
    // a terminal that nobody has told its size says 0
    const { columns, rows } = process.stdout;
    if (look) terminal.draw(screen(look, state, columns || 80, rows || 24, title));
    else terminal.draw([{ text: `svtrace top: ${title}` }, { text: "looking for the first time ..." }]);
  };
  const terminal = new Terminal(show);
  const pressed = (input: Buffer): void => {
    for (const key of keysOf(input.toString("latin1"))) {
      if (key === STOP_KEY) terminal.stopJob();
      else if (look ? !press(key, state, look) : /[q\x03]/.test(key)) over = true;
    }
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
  terminal.open();
  process.stdin.on("data", pressed);
  process.stdout.on("resize", show);
  show();
  try {
    // the first look comes sooner: nobody likes an empty screen
    for (let wait = Math.min(every, 500e6); !over; wait = every) {
      const more = await stepFor(watch, wait, () => over);
      if (over) break;
      if (!state.frozen) look = watch.look();
      show();
      if (!more) return false;
    }
    return true;
  } finally {
    process.stdin.off("data", pressed);
    terminal.close();
    process.stdin.pause();
    process.stdout.off("resize", show);
    for (const s of signals) process.off(s, end);
  }
}
