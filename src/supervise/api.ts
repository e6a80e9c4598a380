/** The socket of `svtrace up`: one JSON object a line each way, for root and the supervisor's own user. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { shortPath } from "../base/short-path.ts";
import { lockFile } from "../kernel/files.ts";
import { peerOf } from "../kernel/unix-socket.ts";
import type { ScanDirectory } from "./scan.ts";
import type { Service } from "./service.ts";

export const HOME = ".svtrace";
const SOCKET = "up.sock";
const MAX_LINE = 65_536;

export interface ServiceSummary {
  readonly name: string;
  readonly state: string;
  readonly ready: boolean;
  readonly pid: number;
  readonly failed: string | null;
  readonly waitsFor: readonly string[];
}

export type Request =
  | { readonly op: "status" | "wait" | "stop" | "traced" }
  | { readonly op: "replace"; readonly main?: string }
  | { readonly op: "control"; readonly service: string; readonly command: string };

export interface Answer {
  readonly ok?: true;
  readonly error?: string;
  readonly pid?: number;
  readonly services?: readonly ServiceSummary[];
}

const summary = (scan: ScanDirectory, s: Service): ServiceSummary => ({
  name: s.name,
  state: s.state,
  ready: s.ready,
  pid: s.pid,
  failed: scan.failureOf(s),
  waitsFor: s.waitingFor,
});

export interface ApiOptions {
  readonly scan: ScanDirectory;
  readonly stop: () => void;
  /** Becomes the program `main`; returns only if that failed, with the reason. */
  readonly replace: (main: string | undefined) => string;
}

/** The directory's lock, held while the process lives; undefined if another svtrace supervises it. */
export function lockHome(dir: string): number | undefined {
  mkdirSync(join(dir, HOME), { recursive: true, mode: 0o700 });
  const path = join(dir, HOME, "lock");
  const fd = lockFile(path);
  if (fd !== undefined) writeFileSync(path, `${process.pid}\n`);
  return fd;
}

/** Begins to answer. Throws a node:fs error. */
export function serve(dir: string, options: ApiOptions): Server {
  rmSync(join(dir, HOME, SOCKET), { force: true });
  const waiting = new Set<() => void>();
  options.scan.onChange = () => {
    for (const look of [...waiting]) look();
  };
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (!trusted(socket)) {
      socket.end(`${JSON.stringify({ error: "permission denied" })}\n`);
      return;
    }
    eachLine(socket, (line) => {
      const reply = (answer: Answer) => socket.writable && socket.write(`${JSON.stringify(answer)}\n`);
      try {
        answer(JSON.parse(line) as Request, options, waiting, socket, reply);
      } catch {
        reply({ error: "not a request" });
      }
    });
  });
  // no descriptor for one more: the caller hears nothing, and we live on
  server.on("error", () => {});
  // nobody may find it with wider permissions
  const umask = process.umask(0o177);
  try {
    shortPath(join(dir, HOME, SOCKET), (path) => server.listen(path));
  } finally {
    process.umask(umask);
  }
  return server;
}

function trusted(socket: Socket): boolean {
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  const { uid } = peerOf(fd);
  return uid === 0 || uid === process.geteuid!();
}

function answer(
  request: Request,
  { scan, stop, replace }: ApiOptions,
  waiting: Set<() => void>,
  socket: Socket,
  reply: (answer: Answer) => void,
): void {
  const services = () => scan.services.map((s) => summary(scan, s));
  if (request.op === "status") reply({ ok: true, pid: process.pid, services: services() });
  else if (request.op === "control") {
    const service = scan.find(String(request.service));
    if (!service?.supervised) reply({ error: `no service ${request.service}` });
    else {
      for (const byte of String(request.command)) service.command(byte);
      reply({ ok: true });
    }
  } else if (request.op === "traced") {
    scan.lookForTraced();
    reply({ ok: true });
  } else if (request.op === "stop") {
    reply({ ok: true });
    stop();
  } else if (request.op === "replace") {
    socket.write(`${JSON.stringify({ ok: true, pid: process.pid })}\n`, () => {
      const error = replace(typeof request.main === "string" ? request.main : undefined);
      reply({ error });
    });
  } else if (request.op === "wait") {
    const look = () => {
      if (!scan.begun) return;
      const failed = services().filter((s) => s.failed !== null);
      if (failed.length > 0) {
        reply({ error: failed.map((s) => `${s.name}: ${s.failed}`).join("; "), services: services() });
      } else if (scan.services.every((s) => s.ready || (s.supervised && s.idle)))
        reply({ ok: true, services: services() });
      else return;
      waiting.delete(look);
    };
    waiting.add(look);
    socket.on("close", () => waiting.delete(look));
    look();
  } else reply({ error: "no such op" });
}

function eachLine(socket: Socket, handle: (line: string) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== "") handle(line);
    if (rest.length > MAX_LINE) socket.destroy();
  });
}

/** Asks the supervisor of a directory. Rejects with a node:net error when there is none, or when it takes too long (ETIMEDOUT). */
export function ask(dir: string, request: Request, ms: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = shortPath(join(dir, HOME, SOCKET), (path) => connect(path));
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })),
      ms,
    );
    socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    eachLine(socket, (line) => {
      clearTimeout(timer);
      socket.end();
      resolve(JSON.parse(line) as Answer);
    });
    socket.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.on("close", () => {
      clearTimeout(timer);
      reject(Object.assign(new Error("closed"), { code: "ECONNRESET" }));
    });
  });
}
