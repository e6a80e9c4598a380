/** Calls under way: which, since when, and what they wait for. */
import { withoutTime64 } from "../../abi/syscalls.ts";
import { CallTable } from "../../capture/calls.ts";
import { Task } from "../../capture/event.ts";
import { LiveMemory } from "../../capture/live-memory.ts";
import { Decoder } from "../../decode/call.ts";
import { defaultOptions } from "../../decode/options.ts";
import { monotonicNow } from "../../kernel/clock.ts";
import { offCpu } from "../../kernel/off-cpu.ts";
import { comm, threads } from "../../kernel/proc.ts";
import { currentCall, isCompat, pipeHolders, waitsForFifo } from "../../kernel/tasks.ts";
import { infoOf } from "../../record/call-info.ts";
import { fileLockHolder, futexWait } from "../../record/holders.ts";
import { SEPARATOR, Targets } from "../../record/targets.ts";
import { escapeName } from "../../render/escape.ts";
import { JsonValues } from "../../render/json/values.ts";
import { TextSink } from "../../render/text-sink.ts";
import { durationWords } from "../duration.ts";
import { awaited } from "./child-wait.ts";

export interface UnderWay {
  readonly pid: number;
  readonly tid: number;
  /** Escaped, as all texts here but the next one. */
  readonly comm: string;
  /** For JSON, which has an escape of its own. */
  readonly rawComm: string;
  readonly call: string;
  /** strace's text of the arguments known so far, and JSON of them. */
  readonly args: string;
  readonly json: string;
  /** ns since it was entered; undefined where that was not seen. */
  readonly elapsed: number | undefined;
  /** ns that it has been under way at least. */
  readonly atLeast: number | undefined;
  /** What it waits for, "" if unknown. */
  readonly on: string;
  readonly category: string;
}

const F_SETLKW = new Set([7, 14, 38]);

const options = defaultOptions();
const text = new TextSink(options);
const textDecoder = new Decoder(text, options);
const json = new JsonValues();
const jsonDecoder = new Decoder(json, options);
const memory = new LiveMemory();
const targets = new Targets(1);
const table = new CallTable(undefined);

export const who = (tid: number): string => {
  const name = comm(tid);
  return name === "" ? String(tid) : `${tid} (${escapeName(name)})`;
};

/** Describes a task's call. `search`: other holders of a pipe are looked for, which reads all of /proc. */
export function describe(task: Task, atLeast: number | undefined, search: boolean): UnderWay {
  const { call, tid, pid } = task;
  memory.at(tid);
  text.line = "";
  text.begin();
  const complete = textDecoder.enter(task, memory);
  const args = complete ? text.line : `${text.line}${text.any ? ", " : ""}...`;
  memory.at(tid);
  json.begin();
  jsonDecoder.enter(task, memory);
  const on = waitsFor(task, args, search);
  return {
    pid,
    tid,
    comm: escapeName(task.comm),
    rawComm: task.comm,
    call: call.name,
    args,
    json: json.end(),
    elapsed: call.entry > 0 ? Math.max(0, monotonicNow() - call.entry) : undefined,
    atLeast,
    on,
    category:
      on.startsWith("/") && waitsForFifo(tid) ? "ipc" : categoryOf(call.name, call.descriptor?.wait, on),
  };
}

function waitsFor(task: Task, args: string, search: boolean): string {
  const { call, pid } = task;
  const { name } = call;
  if (withoutTime64(name) === "futex") return futex(task);
  if (/^(wait4|waitid|waitpid)$/.test(name)) return child(task);
  // the descriptors behind it may have changed since we looked last
  targets.complete = false;
  targets.forgetLinks();
  if (name === "flock" || (name.startsWith("fcntl") && F_SETLKW.has(call.args[2]))) {
    const holder = fileLockHolder(task);
    const file = targets.of(task, infoOf(call), args, 1, 0);
    return holder === undefined ? escapeName(file) : `${escapeName(file)}, locked by ${who(holder)}`;
  }
  const target = targets.of(task, infoOf(call), args, 1, 0);
  const shown = target
    .split(SEPARATOR)
    .map((part) => escapeName(part))
    .join(", ");
  if (!search || !/^pipe:\[\d+\]$/.test(target)) return shown;
  const others = pipeHolders(target, pid).slice(0, 4);
  return others.length > 0 ? `${shown}, also open in ${others.map(who).join(", ")}` : shown;
}

function futex(task: Task): string {
  const wait = futexWait(task);
  if (!wait) return "";
  if (!wait.readable) return "a futex";
  if (wait.owner !== undefined) return `a lock held by ${who(wait.owner)}`;
  return wait.pi ? "a lock" : "a condition, or a lock of unknown holder";
}

function child(task: Task): string {
  const children = awaited(task);
  if (children.length === 0) return "a child";
  const more = children.length > 4 ? ` and ${children.length - 4} more` : "";
  return `child ${children.slice(0, 4).map(who).join(", ")}${more}`;
}

/** What kind of wait it is, in the words of `svtrace why`. */
export function categoryOf(call: string, wait: string | undefined, on: string): string {
  if (/^(udp|tcp):.*:53($|,)/.test(on)) return "dns";
  if (/^(tcp|udp|listen:tcp|bound:udp)/.test(on)) return "network";
  if (/^(pipe|socket|unix|listen:unix|anon_inode|\/dev\/(pts|tty))/.test(on)) return "ipc";
  if (wait === "poll") return "ipc";
  if (wait === "child" || wait === "lock" || wait === "sleep" || wait === "memory") return wait;
  if (/^\//.test(on)) return "disk";
  if (/sleep/.test(call)) return "sleep";
  return wait ?? "cpu";
}

export function howLong(c: UnderWay): string {
  if (c.elapsed !== undefined) return durationWords(c.elapsed);
  return c.atLeast === undefined ? "since before" : `>= ${durationWords(c.atLeast)}`;
}

/** Fills a task's call from /proc; false when it is in none that can be seen. */
export function fromProc(task: Task, compat: boolean): boolean {
  const now = currentCall(task.tid);
  if (!now || now.nr < 0) return false;
  const { call } = task;
  call.abi = compat ? "i386" : "x86_64";
  call.nr = now.nr;
  const known = table.lookup(call.abi, now.nr);
  call.name = known.name;
  call.descriptor = known.descriptor;
  call.args.set(now.args);
  call.entry = 0;
  return true;
}

/** All calls of these processes that are under way, by /proc; `seen` are known better already. */
export function look(pids: readonly number[], seen: ReadonlySet<number>): UnderWay[] {
  return pids.flatMap((pid) => {
    const compat = isCompat(pid);
    return threads(pid)
      .filter((tid) => !seen.has(tid))
      .flatMap((tid) => {
        const task = new Task(tid, pid, 0);
        task.comm = comm(tid);
        if (!fromProc(task, compat)) return [];
        return [describe(task, offCpu(tid), true)];
      });
  });
}
