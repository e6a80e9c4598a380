/** What following every call of dd, or of a server under load, costs with one tracer, once. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { descendants } from "../src/kernel/proc.ts";
import { freePort, Group, pause } from "./measure.ts";
import { ready, type Server, stop } from "./servers.ts";
import { EmptyPrograms } from "./tracepoints.ts";
import type { Tracer } from "./tracers.ts";
import { byTurns, type Contender, type Lengths } from "./turns.ts";

/** How long (s) a tracer may take over a dd, a server to answer, and a tracer to end after its server. */
const LIMIT = { dd: 60, ready: 20, end: 60 };
/** By turns, for so long (s). */
const SECONDS = 6;
/** Turns (ms) of servers, and those with a tracer, which has to wake up and become warm. */
const ALONE = { start: 1000, beginning: 10, turn: 50 };
/** For a tracer to attach (ms). */
const ATTACHED = 2000;
const WHOLE = { start: 2000, beginning: 15, turn: 60 };

export interface Result {
  /** Seconds for one byte (dd), or requests a second. */
  readonly figure: number;
  /** By turns: of the rate of a server that is not followed, or for the tracepoints alone, of the untraced rate. */
  readonly share?: number;
  readonly delivered: number | undefined;
  readonly lost: number | undefined;
  /** CPU time of the tracer, seconds. */
  readonly cpu: number;
  /** Its peak resident memory, KiB. */
  readonly peak: number;
}

async function taken(t: Tracer, out: string, group: Group): Promise<Omit<Result, "figure">> {
  const delivered = await t.delivered(out);
  return { delivered, lost: await t.lost(out, group.stderr), cpu: group.cpu, peak: group.peak };
}

/** What it said last, on one line. */
const lastWords = (g: Group) => g.stderr.trim().split("\n").slice(-2).join("; ").slice(-200);

export async function dd(t: Tracer, dir: string, short: boolean): Promise<Result> {
  const out = join(dir, "out");
  const count = t.thousands * (short ? 200 : 1000);
  const group = new Group(
    t.argv(out, ["/usr/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`]),
  );
  try {
    await group.wait(LIMIT.dd);
  } finally {
    await group.end();
  }
  const seconds = Number(/copied, ([\d.e-]+) s/.exec(group.stderr)?.[1]);
  if (!(seconds > 0)) throw new Error(`dd did not finish (${group.outcome}): ${lastWords(group)}`);
  return { figure: seconds / count, ...(await taken(t, out, group)) };
}

/** A server in `dir`, as `start` has it started, while `use` runs; its tracer ends with it. */
async function withServer<T>(
  server: Server,
  dir: string,
  argv: (command: readonly string[]) => readonly string[],
  use: (port: number, group: Group) => Promise<T>,
): Promise<T> {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const group = new Group(argv(server.command(dir, port)));
  try {
    const over = group.exited.then(() => {
      throw new Error(`over before it was loaded (${group.outcome}): ${lastWords(group)}`);
    });
    // it ends after the load, too, when nobody listens to this any more
    over.catch(() => undefined);
    await Promise.race([ready(server, port, LIMIT.ready), over]);
    const used = await use(port, group);
    stop(dir);
    await group.wait(LIMIT.end);
    return used;
  } finally {
    stop(dir);
    await group.end();
  }
}

/** A load of a second or two under the tracer. */
async function loaded(server: Server, t: Tracer, dir: string, short: boolean): Promise<Result> {
  const out = join(dir, "out");
  const { group, figure } = await withServer(
    server,
    dir,
    (command) => t.argv(out, command),
    async (port, tracer) => ({
      group: tracer,
      figure: await server.load(port, short ? 1 : 2, t.requests),
    }),
  );
  return { figure, ...(await taken(t, out, group)) };
}

/** Mean rates of contenders by turns. */
async function rates(
  contenders: readonly Contender[],
  lengths: Lengths,
  short: boolean,
  seconds = SECONDS,
): Promise<number[]> {
  const all: (readonly number[])[] = [];
  await byTurns(contenders, short ? seconds / 4 : seconds, (each) => void all.push(each), lengths);
  return contenders.map((_, i) => all.reduce((sum, each) => sum + each[i], 0) / all.length);
}

type Load = readonly string[];

const untraced = (command: readonly string[]) => command;

/** The process that answers: its only child, or itself. */
const servingPid = (pid: number): number => descendants(pid)[0] ?? pid;

/** A server while programs that do nothing are attached to the tracepoints, and while none is. */
function alone(server: Server, tracepoints: readonly string[], dir: string, short: boolean): Promise<Result> {
  return withServer(server, dir, untraced, async (port) => {
    const load = server.endless(port);
    const empty = new EmptyPrograms(tracepoints);
    const attached = { load, begin: () => empty.attach(), end: () => empty.detach() };
    try {
      const [figure, without] = await rates([attached, { load }], ALONE, short);
      return { figure, share: figure / without, delivered: undefined, lost: 0, cpu: 0, peak: 0 };
    } finally {
      empty.close();
    }
  });
}

/** Two servers of a kind, without a tracer; calls back with their loads and the pid of the first one. */
const both = <T>(server: Server, dir: string, use: (loads: readonly Load[], pid: number) => Promise<T>) =>
  withServer(server, join(dir, "first"), untraced, (first, group) =>
    withServer(server, join(dir, "second"), untraced, (second) =>
      use([server.endless(first), server.endless(second)], servingPid(group.child.pid!)),
    ),
  );

/**
 * A server beside one like it, before the tracer attaches to it and afterwards. While it is the other's turn the tracer is stopped,
 * so that all it has to do falls into the turns of the traced. What it does every so often it has done once before, and does as
 * often as it would.
 */
async function beside(server: Server, t: Tracer, dir: string, short: boolean): Promise<Result> {
  const out = join(dir, "out");
  return both(server, dir, async ([load, other], server) => {
    const before = await rates([{ load }, { load: other }], ALONE, short);
    const tracer = new Group(t.argv(out, ["-p", String(server)]));
    const { pid } = tracer.child;
    const begin = () => void process.kill(pid!, "SIGCONT");
    const end = () => void process.kill(pid!, "SIGSTOP");
    let traced: number[];
    try {
      await pause(ATTACHED + (short ? 0 : (t.period ?? 0) * 1000));
      if (tracer.outcome !== undefined) throw new Error(`${tracer.outcome}: ${lastWords(tracer)}`);
      const seconds = t.period ?? SECONDS;
      traced = await rates([{ load, begin, end }, { load: other }], WHOLE, short, seconds);
      begin();
      process.kill(pid!, "SIGINT");
      await tracer.wait(LIMIT.end);
    } finally {
      await tracer.end();
    }
    const share = traced[0] / traced[1] / (before[0] / before[1]);
    return { figure: traced[0], share, ...(await taken(t, out, tracer)) };
  });
}

/** By turns where the tracer can be, as the machine is not the same for two loads one after the other. */
export const served =
  (server: Server) =>
  (t: Tracer, dir: string, short: boolean): Promise<Result> => {
    if (t.tracepoints) return alone(server, t.tracepoints, dir, short);
    return (t.over === undefined ? loaded : beside)(server, t, dir, short);
  };
