/** `svtrace stuck -p PID`: the calls that are under way now, since when, and what they wait for. */

import { setTimeout as after } from "node:timers/promises";
import { SysError, UsageError } from "../base/errors.ts";
import { escapeJson } from "../base/json.ts";
import { BpfEngine } from "../capture/bpf/engine.ts";
import { monotonicNow } from "../kernel/clock.ts";
import { descendants, status, threads } from "../kernel/proc.ts";
import { currentCall } from "../kernel/tasks.ts";
import { wallClock } from "../kernel/wall-clock.ts";
import { JSON_VERSION } from "../render/json/lines.ts";
import { parseDuration } from "./duration.ts";
import { givenTasks } from "./live/pids.ts";
import { type ProgramStack, ProgramStacks, stackLines } from "./live/program-stack.ts";
import { silent } from "./live/silent.ts";
import { describe, howLong, look, type UnderWay } from "./live/under-way.ts";
import { table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { print } from "./stdout.ts";

const STEP_MS = 50;

export async function main(argv: string[]): Promise<number> {
  const program = table("stuck");
  const { values, operands } = parseArguments(program, argv);
  // a thread's id stands for its process
  const roots = givenTasks(program, values.get("attach"), operands).map((task) => task.tgid);
  if (roots.length === 0) throw wrong(program, "which process? -p PID");
  const tree = values.has("tree");
  const everyone = (): number[] =>
    [...new Set(tree ? roots.flatMap((p) => [p, ...descendants(p)]) : roots)].filter(
      (p) => p !== process.pid,
    );
  const duration = values.has("for") ? parseDuration(values.get("for")!, "--for") : 0;
  const calls = duration > 0 ? await watched(everyone, tree, duration) : look(everyone(), new Set());
  const age = (c: UnderWay) => c.elapsed ?? c.atLeast ?? 0;
  calls.sort((a, b) => age(b) - age(a));
  const pids = everyone();
  if (calls.length === 0) mayLook(pids);
  if (values.has("stop") && !values.has("stack-traces")) throw wrong(program, "--stop goes with -k");
  const stacks = new ProgramStacks(values.has("stop"));
  const entries = calls.map((call) => ({
    call,
    stack: values.has("stack-traces") ? stacks.of(call.pid, call.tid) : undefined,
  }));
  await print(values.has("json") ? entries.map(jsonLine).join("") : report(entries, pids));
  return 0;
}

/** Throws UsageError when nothing is seen because it is forbidden. */
function mayLook(pids: readonly number[]): void {
  const some = pids.find((pid) => status(pid)?.state === "S");
  if (some === undefined || currentCall(some)) return;
  if (process.getuid?.() !== 0)
    throw new UsageError(`/proc/${some}/syscall: not allowed; be root or the process's user`);
}

/** Follows them for a while, so that the beginning of what begins meanwhile is known. */
async function watched(pids: () => number[], tree: boolean, duration: number): Promise<UnderWay[]> {
  const engine = watcher();
  if (!engine) {
    await after(duration / 1e6);
    return look(pids(), new Set());
  }
  try {
    for (const pid of pids()) {
      try {
        engine.attach(pid);
      } catch (error) {
        // ended meanwhile
        if (!(error instanceof SysError)) throw error;
      }
    }
    for (const end = monotonicNow() + duration; monotonicNow() < end; ) {
      engine.step(0);
      await after(Math.min(STEP_MS, Math.max(1, (end - monotonicNow()) / 1e6)));
    }
    const found: UnderWay[] = [];
    const mine = new Set(pids());
    // of those entered before /proc knows for how long at least
    engine.underWay((task, seen) => {
      if (seen && (tree || mine.has(task.pid))) found.push(describe(task, undefined, true));
    });
    return [...found, ...look([...mine], new Set(found.map((c) => c.tid)))];
  } finally {
    engine.detach();
  }
}

/** Sends nothing but what tells of tasks: calls are read where they are under way. */
function watcher(): BpfEngine | undefined {
  try {
    return new BpfEngine(silent, { followForks: true, noMemory: true, slowerThan: Number.MAX_SAFE_INTEGER });
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

interface Entry {
  readonly call: UnderWay;
  /** With -k. */
  readonly stack: ProgramStack | undefined;
}

function report(entries: readonly Entry[], pids: readonly number[]): string {
  const calls = entries.map((e) => e.call);
  const all = pids.reduce((n, pid) => n + threads(pid).length, 0);
  const rows = calls.map((c) => [
    c.tid === c.pid ? String(c.pid) : `${c.pid}/${c.tid}`,
    c.comm,
    howLong(c),
    c.category,
    `${c.call}(${c.args})${c.on === "" ? "" : `  on ${c.on}`}`,
  ]);
  const head = ["PID", "COMM", "FOR", "KIND", "CALL"];
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i].length)));
  const line = (r: readonly string[]) => r.map((t, i) => (i === 4 ? t : t.padEnd(widths[i]))).join("  ");
  const sum = `${calls.length} of ${all} threads in a call\n`;
  if (rows.length === 0) return sum;
  const parts = rows.map((row, i) => [line(row), ...stackLines(entries[i].stack)].join("\n"));
  return `${[line(head), ...parts].join("\n")}\n${sum}`;
}

function jsonLine({ call: c, stack }: Entry): string {
  const now = wallClock();
  const fields = [
    `"type":"stuck","v":${JSON_VERSION},"ts":${now.seconds}.${String(now.nanoseconds).padStart(9, "0")}`,
    `"pid":${c.pid},"tid":${c.tid},"comm":${JSON.stringify(c.rawComm)}`,
    `"name":${JSON.stringify(c.call)},"args":${c.json}`,
    `"elapsed":${c.elapsed === undefined ? null : c.elapsed / 1e9}`,
  ];
  if (c.atLeast !== undefined) fields.push(`"at_least":${c.atLeast / 1e9}`);
  fields.push(`"category":${JSON.stringify(c.category)}`);
  if (c.on !== "") fields.push(`"on":${JSON.stringify(c.on)}`);
  if (stack) fields.push(`"stack":${JSON.stringify(stack.frames)},"complete":${stack.complete}`);
  return `${escapeJson(`{${fields.join(",")}}`)}\n`;
}
