/**
 * `svtrace recorder DIR/.svtrace`: records the services of a scan directory. Started by `svtrace up`, supervised like
 * any other process; the supervisor tells it over a socket what it starts and stops.
 */

import { chmodSync, mkdirSync, rmSync } from "node:fs";
import net from "node:net";
import { dirname, join, resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { UsageError } from "../base/errors.ts";
import { shortPath } from "../base/short-path.ts";
import { tell } from "../base/stderr.ts";
import { createEngine } from "../capture/choose.ts";
import { monotonicNow } from "../kernel/clock.ts";
import { status } from "../kernel/proc.ts";
import { send } from "../kernel/signals.ts";
import { type Message, parseMessage } from "../record/messages.ts";
import { keepPrivate } from "../record/names.ts";
import { clockAnchor, sinkParts } from "../record/parts.ts";
import { WriteQueue } from "../record/queue.ts";
import { Recorder } from "../record/recorder.ts";
import { STRING_LIMIT } from "../record/strace-text.ts";
import { backlogPlace } from "./backlog.ts";
import { keepUp } from "./keep-up.ts";
import { parseCallSet } from "./strace/expressions.ts";
import { tracedServices } from "./traced-services.ts";
import { version } from "./version.ts";

/** It runs all the time, and most of what services do while they run stays in the kernel. */
const RING_BYTES = 1 << 24;

const USAGE = "usage: svtrace recorder DIR/.svtrace";
/** With nothing traced and nobody connected for this long (ms) it ends. */
const IDLE_LIMIT = 10_000;
/** Longest wait (ms) while services start and stop. Where it is one in the kernel, messages are answered at this pace. */
const WAIT = 20;
/** Shortest one after few events and after many: fewer and larger batches take less of the CPU from the traced. */
const SOON = 1;
const LATER = 8;
/** When every service just runs and little came for `CALM_AFTER` ms, it is looked this often (ms); messages wake us. */
const CALM_WAIT = 100;
const CALM_AFTER = 1000;
/** Events of one look that are nothing to hurry for. */
const FEW = 32;
/** At the end, recordings that another program reads are waited for this long (ms): a little less than the supervisor waits for us. */
const END_PATIENCE = 9000;
const MAX_LINE = 65_536;
/** Services whose start we missed (the supervisor does not wait for long) are looked for this often (ms). */
const LOOK = 3000;

export async function main(argv: string[]): Promise<number> {
  if (argv.length !== 1 || argv[0].startsWith("-")) throw new UsageError(USAGE, 2);
  keepPrivate();
  const warn = (text: string) => tell(`svtrace recorder: ${text}\n`);
  const queue = new WriteQueue();
  const recorder = new Recorder({
    engine: (kind, sink) =>
      createEngine(kind, sink, {
        followForks: true,
        scheduling: true,
        sampleFrequency: 99,
        stringLimit: STRING_LIMIT,
        quiet: true,
        ringBytes: RING_BYTES,
        backlog: { ...backlogPlace(), eager: true },
      }),
    filter: (text) => parseCallSet(text).hasName,
    write: (batch) => queue.write(batch),
    parts: sinkParts(),
    anchor: clockAnchor,
    version,
    resume: (pid) => void send(pid, "SIGCONT"),
    warn,
  });
  // before anybody waits for an answer: it takes a while
  recorder.prepare();
  const pause = new Pause();
  const { server, clients } = await listen(argv[0], recorder, warn, pause);
  // in this order: the writer need not be in a hurry
  queue.warm();
  keepUp();
  let stop = false;
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => {
      stop = true;
      pause.end();
    });
  // svc -t to the whole group or a terminal's hangup must not leave half a recording
  let idleSince = Date.now();
  let worked = false;
  let wait = SOON;
  let looking = false;
  const look = async () => {
    // of many services it takes longer than until the next time
    if (looking) return;
    looking = true;
    await attachRunning(dirname(resolve(argv[0])), recorder).finally(() => {
      looking = false;
    });
  };
  void look();
  setInterval(look, LOOK).unref();
  let lastEvent = Date.now();
  while (!stop) {
    const calm = recorder.calm && Date.now() - lastEvent > CALM_AFTER;
    const before = recorder.demux.events;
    const idle = calm || recorder.tasks === 0;
    if (idle || recorder.patient) {
      worked = recorder.step(0);
      const events = recorder.demux.events - before;
      if (events > 0) wait = events > FEW ? LATER : SOON;
      if (recorder.late) await turn();
      else if (idle) await pause.for(calm ? CALM_WAIT : WAIT);
      else await pause.for(wait);
      wait = Math.min(2 * wait, WAIT);
    } else {
      worked = recorder.step(worked ? 0 : WAIT);
      await turn();
    }
    // a service that looks at its clock now and then is calm, too
    if (recorder.demux.events - before > FEW || !recorder.calm) lastEvent = Date.now();
    if (clients.size > 0 || recorder.tasks > 0 || recorder.busy > 0) idleSince = Date.now();
    if (Date.now() - idleSince > IDLE_LIMIT) break;
  }
  // who comes now finds the next recorder
  server.close();
  rmSync(join(argv[0], "recorder.sock"), { force: true });
  recorder.detach();
  await recorder.finish(END_PATIENCE);
  await queue.close();
  for (const socket of clients) socket.destroy();
  return 0;
}

/** Services of a scan directory that run already: their recorder before us died, or was not there. */
async function attachRunning(scanDir: string, recorder: Recorder): Promise<void> {
  for (const { service, dir, pid } of tracedServices(scanDir)) {
    const task = status(pid);
    // one that is stopped waits for its recorder, whom the supervisor will tell
    if (task?.tracer !== 0 || task.state === "T" || task.state === "Z" || recorder.knows(dir, pid)) continue;
    await recorder.attach(service, dir, pid, task.ppid);
  }
}

/** A wait that can be cut short. */
class Pause {
  private over: (() => void) | undefined;

  for(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.over = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  end(): void {
    this.over?.();
  }
}

interface Listening {
  server: net.Server;
  clients: Set<net.Socket>;
}

/** Opens the socket; returns the set of clients that is kept up to date. */
async function listen(
  dir: string,
  recorder: Recorder,
  warn: (text: string) => void,
  pause: Pause,
): Promise<Listening> {
  const path = join(dir, "recorder.sock");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const clients = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    clients.add(socket);
    socket.on("close", () => clients.delete(socket));
    socket.on("error", () => clients.delete(socket));
    eachLine(socket, (line) => {
      pause.end();
      try {
        answer(parseMessage(line), socket, recorder);
      } catch (error) {
        warn(`message ignored: ${error instanceof Error ? error.message : error}`);
      }
    });
  });
  // The socket must never exist with wider permissions.
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      shortPath(path, (short) => server.listen(short, resolve));
    });
  } finally {
    process.umask(umask);
  }
  chmodSync(path, 0o600);
  return { server, clients };
}

function answer(m: Message, socket: net.Socket, recorder: Recorder): void {
  const reply = (value: unknown) => socket.writable && socket.write(`${JSON.stringify(value)}\n`);
  if ("op" in m && m.op === "save") {
    const saved = recorder.save(m.dir, "asked by svtrace record --save");
    void recorder.flush(m.dir).then(() => reply({ saved }));
  } else if ("op" in m) {
    void recorder
      .caughtUp()
      .then(() => recorder.flush(m.dir))
      .then(() => reply({ flushed: m.dir ?? null, time: monotonicNow() }));
  } else if (m.event === "start") {
    const error = recorder.start(m);
    reply(error === undefined ? { ack: m.pid } : { ack: m.pid, error });
  } else recorder.tell(m);
}

function eachLine(socket: net.Socket, handle: (line: string) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    rest += text;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line.trim() !== "") handle(line);
    }
    if (rest.length > MAX_LINE) socket.destroy();
  });
}
