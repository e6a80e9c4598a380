/** The servers the benches put under load: how they are started, known to be ready, loaded and ended. */
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { cpus } from "node:os";
import { join } from "node:path";
import { run, until } from "./measure.ts";

export interface Server {
  readonly name: string;
  /** What it is loaded with, for the heading of a table. */
  readonly loadedBy: string;
  /** Writes what it needs into `dir` and returns its command line; it stays in the foreground. */
  command(dir: string, port: number): readonly string[];
  /** One request and what begins or is in its answer. */
  readonly probe: readonly [request: string, answer: string];
  /** Loads it for about `seconds` if it answers `expected` requests a second; returns requests per second. */
  load(port: number, seconds: number, expected: number): Promise<number>;
  /** A command that loads it until it is ended; a request is one packet each way. */
  endless(port: number): readonly string[];
}

/**
 * Server and load have a CPU each: where the scheduler places them anew whenever they wake up, an untraced nginx answers between
 * 53,000 and 95,000 requests a second, as it comes.
 */
const CPU = { server: 0, load: 1 };

const on = (cpu: number, argv: readonly string[]): readonly string[] =>
  cpus().length > 1 ? ["/usr/bin/taskset", "-c", String(cpu), ...argv] : argv;

const PID_FILE = "server.pid";
/** A load that takes longer than this (s) is given up. */
const LOAD_LIMIT = 180;

function rateIn(text: string, pattern: RegExp): number {
  const rate = Number(pattern.exec(text)?.[1]);
  if (!(rate > 0)) throw new Error(`no rate in what the load said: ${text.slice(0, 200)}`);
  return rate;
}

const benchmark = (port: number, requests: number) =>
  on(CPU.load, `redis-benchmark -h 127.0.0.1 -p ${port} -t get -n ${requests} -c 20`.split(" "));

export const redis: Server = {
  name: "redis",
  loadedBy: "redis-benchmark GET, 20 clients",
  command: (dir, port) => {
    const conf = join(dir, "redis.conf");
    writeFileSync(
      conf,
      `port ${port}\nbind 127.0.0.1\nsave ""\ndir ${dir}\npidfile ${join(dir, PID_FILE)}\nlogfile /dev/null\n`,
    );
    return on(CPU.server, ["/usr/bin/redis-server", conf]);
  },
  probe: ["PING\r\n", "+PONG"],
  load: async (port, seconds, expected) => {
    const argv = [...benchmark(port, Math.ceil(expected * seconds)), "--csv"];
    return rateIn((await run(argv, LOAD_LIMIT)).stdout, /"GET","([\d.]+)"/);
  },
  endless: (port) => [...benchmark(port, 1e9), "-q"],
};

const wrk = (port: number, duration: string) =>
  on(CPU.load, ["wrk", "-t1", "-c20", `-d${duration}`, `http://127.0.0.1:${port}/`]);

export const nginx: Server = {
  name: "nginx",
  loadedBy: "wrk, 20 connections",
  command: (dir, port) => {
    const conf = join(dir, "nginx.conf");
    writeFileSync(
      conf,
      `daemon off; pid ${join(dir, PID_FILE)}; error_log /dev/null; worker_processes 1; events {}
http { access_log off; server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } } }
`,
    );
    return on(CPU.server, ["/usr/sbin/nginx", "-e", "/dev/null", "-p", dir, "-c", conf]);
  },
  probe: ["GET / HTTP/1.0\r\n\r\n", "200 OK"],
  load: async (port, seconds) =>
    rateIn((await run(wrk(port, `${seconds}s`), LOAD_LIMIT)).stdout, /Requests\/sec:\s*([\d.]+)/),
  endless: (port) => wrk(port, "1h"),
};

/** Waits until the server answers. Throws when it does not within `seconds`. */
export function ready(server: Server, port: number, seconds: number): Promise<void> {
  return until(`${server.name} to answer`, () => answers(server, port), seconds);
}

function answers({ probe: [request, answer] }: Server, port: number): Promise<boolean> {
  return new Promise((done) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    const end = (yes: boolean) => {
      socket.destroy();
      done(yes);
    };
    socket.setTimeout(1000, () => end(false));
    socket.on("data", (d) => {
      text += d;
      if (text.includes(answer)) end(true);
    });
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
  });
}

/** Asks the server that was started with `dir` to end. */
export function stop(dir: string): void {
  try {
    process.kill(Number(readFileSync(join(dir, PID_FILE), "latin1")), "SIGTERM");
  } catch {
    // it did not start, or has ended
  }
}
