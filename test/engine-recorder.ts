/**
 * Runs an engine with a sink that writes each event as a line of JSON to standard output. Arguments: a JSON object
 * of `Job`. Runs in a process of its own, as ptrace and waiting belong to one thread.
 */
import { readFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { syscallName } from "../src/abi/syscalls.ts";
import { BpfEngine, type BpfOptions } from "../src/capture/bpf/engine.ts";
import type { Engine } from "../src/capture/engine.ts";
import type { EventSink, Task } from "../src/capture/event.ts";
import { createPtraceEngine } from "../src/capture/ptrace/engine.ts";
import { attachBelow } from "../src/capture/tree.ts";
import { ChildScript } from "../src/kernel/spawn.ts";
import { interruptBy } from "../src/kernel/tracewait.ts";

interface Job {
  /** ptrace unless it says bpf. */
  readonly engine?: "ptrace" | "bpf";
  readonly options: Omit<BpfOptions, "wanted">;
  /** Names of wanted calls; all by default. */
  readonly wanted?: readonly string[];
  readonly argv?: readonly string[];
  readonly attach?: number;
  readonly adopt?: number;
  /** Whether to write system calls and not only count them. */
  readonly quiet?: boolean;
  /** Read memory at each call, wherever its second argument points. */
  readonly read?: boolean;
  /** bpf, with `options.quiet`: calls of what is attached to that are faster than this (ns) are counted and noted only. */
  readonly threshold?: number;
  /** bpf: follow everything that runs here, as well. */
  readonly all?: boolean;
  /** bpf: attach to a process and all its descendants. */
  readonly attachTree?: number;
  /** Start a child that is not traced. */
  readonly bystander?: boolean;
  /** Detach after this many ms. */
  readonly detachAfter?: number;
  /** Live on for this many ms once detached. */
  readonly stay?: number;
}

const job = JSON.parse(process.argv[2]) as Job;
let text = "";
const flush = (): void => {
  for (let bytes = Buffer.from(text); bytes.length > 0; ) bytes = bytes.subarray(writeSync(1, bytes));
  text = "";
};
const put = (event: string, task: Task | undefined, more: object = {}): void => {
  text += `${JSON.stringify({ event, tid: task?.tid, pid: task?.pid, comm: task?.comm, ...more })}\n`;
  if (text.length > 1 << 16) flush();
};
let enters = 0;
let exits = 0;
let lost = 0;
/** Entries by name of the call. */
const counts: Record<string, number> = {};

const sink: EventSink = {
  newTask: (t, attached) => put("new", t, { attached, parent: t.parent }),
  enter(t, memory) {
    enters++;
    counts[t.call.name] = (counts[t.call.name] ?? 0) + 1;
    if (job.read) memory.read(t.call.args[2], t.call.args[3], 32);
    if (job.quiet) return;
    const { name, args } = t.call;
    const at = name === "execve" || name === "open" ? memory.readString(args[0], args[1], 4096) : -1;
    const path = at < 0 ? undefined : Buffer.from(memory.bytes.subarray(at, at + memory.got)).toString();
    put("enter", t, { name, abi: t.call.abi, path, a0: args[0] });
  },
  exit(t) {
    exits++;
    if (job.quiet) return;
    const { call } = t;
    put("exit", t, { name: call.name, ret: call.retLo | 0, error: call.error, ns: call.exit - call.entry });
  },
  signal: (t, e) => put("signal", t, { signo: e.signo, code: e.info?.getInt32(8, true) }),
  stopped: (t, signo) => put("stopped", t, { signo }),
  exec: (t, former) => put("exec", t, { former }),
  superseded: (t, by) => put("superseded", t, { by }),
  exited: (t, e) => put("exited", t, { ...e, inCall: t.inCall, name: t.call.name }),
  detached: (t) => put("detached", t),
  lost(count, reason, t) {
    lost += count;
    put("lost", t, { count, reason });
  },
};

const options: BpfOptions = {
  ...job.options,
  ...(job.wanted && { wanted: (abi, nr) => job.wanted!.includes(syscallName(abi, nr) ?? "") }),
  onOtherExit: (pid, status) => put("other", undefined, { pid, status }),
};
const bpf = job.engine === "bpf" ? new BpfEngine(sink, options) : undefined;
const engine: Engine = bpf ?? createPtraceEngine(sink, options);
let stop = false;
for (const s of ["SIGINT", "SIGTERM"] as const) process.on(s, () => (stop = true));
interruptBy([constants.signals.SIGINT, constants.signals.SIGTERM]);
if (job.bystander) new ChildScript().execve("/bin/sh", ["sh", "-c", "exit 5"]).spawn();
if (job.argv) engine.start({ path: job.argv[0], argv: job.argv, env: ["PATH=/usr/bin:/bin", "A=1"] });
const group = job.threshold === undefined ? 0 : engine.groups!.allocate();
engine.groups?.setThreshold(group, job.threshold ?? 0);
if (job.attach) engine.attach(job.attach, group);
if (job.adopt) engine.adopt(job.adopt);
if (job.attachTree) {
  engine.attach(job.attachTree);
  attachBelow(engine, [job.attachTree]);
}
if (job.all) bpf?.watch({ all: true });
flush();
const end = job.detachAfter === undefined ? Number.POSITIVE_INFINITY : performance.now() + job.detachAfter;
while (engine.step(50) > 0) {
  if (!job.quiet) flush();
  await new Promise((resolve) => setImmediate(resolve));
  if (stop || performance.now() > end) {
    const left = performance.now();
    engine.detach();
    put("left", undefined, { ms: performance.now() - left });
    flush();
    if (job.stay !== undefined) await new Promise((resolve) => setTimeout(resolve, job.stay));
    break;
  }
}
// not once it has let go, and of its maps
if (engine.tasks().length === 0) {
  engine.groups?.take(group, ({ buckets, ...c }) =>
    put("counted", undefined, { ...c, timed: buckets.reduce((sum, n) => sum + n, 0) }),
  );
  for (const call of engine.groups?.recent(group, 0)() ?? []) put("noted", undefined, call);
}
const peak = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))?.[1]);
put("end", undefined, { enters, exits, lost, counts, peak, ...bpf?.account });
flush();
