/** Servers under load: how they are started, known to be ready, loaded and stopped. All listen on 127.0.0.1. */
import { readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { run } from "./measure.ts";

const READY_SECONDS = 30;

export interface Server {
  readonly name: string;
  /** The command line; its files go to `dir`. */
  argv(dir: string, port: number): readonly string[];
  /** Loads it; requests per second. `size` 1 is about a second's work where nothing slows it down. */
  load(port: number, size: number): Promise<number>;
  stop(dir: string, port: number): Promise<void>;
}

/** GET of redis-benchmark, 20 clients. */
export const redis: Server = {
  name: "redis",
  argv: (dir, port) => [
    "/usr/bin/redis-server",
    ...["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", dir, "--logfile", "/dev/null"],
  ],
  load: async (port, size) => {
    const requests = String(Math.round(50_000 * size));
    const where = ["-h", "127.0.0.1", "-p", String(port)];
    const { stdout } = await run([
      "redis-benchmark",
      ...where,
      ...["-t", "get", "-n", requests, "-c", "20", "--csv"],
    ]);
    return rateIn(stdout, /"GET","([\d.]+)"/);
  },
  stop: async (_dir, port) => {
    await run(["redis-cli", "-h", "127.0.0.1", "-p", String(port), "shutdown", "nosave"]);
  },
};

/** A constant answer, wrk with 20 connections. */
export const nginx: Server = {
  name: "nginx",
  argv: (dir, port) => {
    const file = join(dir, "nginx.conf");
    writeFileSync(
      file,
      `daemon off; pid ${dir}/nginx.pid; error_log /dev/null; worker_processes 1; events {}
http { access_log off; server { listen 127.0.0.1:${port}; location / { return 200 "hello\\n"; } } }
`,
    );
    return ["/usr/sbin/nginx", "-e", "/dev/null", "-p", dir, "-c", file];
  },
  load: async (port, size) => {
    const seconds = Math.max(1, Math.round(size));
    const { stdout } = await run(["wrk", "-t1", "-c20", `-d${seconds}s`, `http://127.0.0.1:${port}/`]);
    return rateIn(stdout, /Requests\/sec:\s*([\d.]+)/);
  },
  stop: async (dir) => {
    process.kill(Number(readFileSync(join(dir, "nginx.pid"), "latin1")), "SIGTERM");
  },
};

function rateIn(text: string, pattern: RegExp): number {
  const rate = Number(pattern.exec(text)?.[1]);
  if (!Number.isFinite(rate)) throw new Error(`no rate in what the load generator said: ${text.slice(-200)}`);
  return rate;
}

/** Waits until something accepts connections on a port. Throws when it takes too long. */
export async function listening(port: number): Promise<void> {
  const end = performance.now() + READY_SECONDS * 1000;
  while (!(await accepts(port))) {
    if (performance.now() > end) throw new Error(`nothing listens after ${READY_SECONDS} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    const done = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket.on("connect", () => done(true));
    socket.on("error", () => done(false));
  });
}
