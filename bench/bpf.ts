/**
 * What following every call costs: ours on the bpf engine beside Debian's strace, perf trace and bpftrace, on dd, Redis
 * and nginx, in interleaved rounds. One table; a slowdown is against the untraced run of the same round.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort, median } from "./measure.ts";

const ours = resolve("bin/svtrace");

interface Tracer {
  readonly name: string;
  /** The command line that runs `command` under it; undefined where it is not installed. */
  argv(out: string, command: readonly string[]): readonly string[] | undefined;
  /** Calls of dd, in thousands: slow ones get fewer. */
  readonly thousands: number;
}

const HISTOGRAM =
  "tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @t[tid] = nsecs; } " +
  "tracepoint:raw_syscalls:sys_exit /@t[tid]/ { @[args->id] = hist(nsecs - @t[tid]); delete(@t[tid]); }";

const quoted = (command: readonly string[]): string => command.map((w) => `'${w}'`).join(" ");
const installed = (path: string, argv: readonly string[]) => (existsSync(path) ? [path, ...argv] : undefined);

const tracers: readonly Tracer[] = [
  { name: "untraced", thousands: 1000, argv: (_, c) => c },
  { name: "strace -f", thousands: 20, argv: (o, c) => installed("/usr/bin/strace", ["-f", "-o", o, ...c]) },
  {
    name: "perf trace",
    thousands: 50,
    argv: (o, c) => installed("/usr/bin/perf", ["trace", "-o", o, ...c]),
  },
  {
    name: "bpftrace hist",
    thousands: 500,
    argv: (o, c) => installed("/usr/bin/bpftrace", ["-o", o, "-e", HISTOGRAM, "-c", quoted(c)]),
  },
  { name: "svtrace text", thousands: 1000, argv: (o, c) => [ours, "trace", "-f", "-o", o, ...c] },
  { name: "svtrace record", thousands: 1000, argv: (o, c) => [ours, "record", "-o", o, "--", ...c] },
  {
    name: "svtrace --json",
    thousands: 1000,
    argv: (_, c) => [ours, "trace", "-f", "--json", "-o", "/dev/null", ...c],
  },
  { name: "svtrace -c", thousands: 1000, argv: (o, c) => [ours, "trace", "-f", "-c", "-o", o, ...c] },
  {
    name: "svtrace slow>1ms",
    thousands: 1000,
    argv: (o, c) => [ours, "trace", "-f", "--slower-than=1ms", "-o", o, ...c],
  },
];

/** A tracer at work: what it says, and what it costs, sampled while it lives. */
class Watched {
  readonly child: ChildProcess;
  stderr = "";
  /** Peak resident memory, KiB, and CPU time, seconds. */
  peak = 0;
  cpu = 0;
  private readonly timer: NodeJS.Timeout;
  readonly ended: Promise<void>;

  constructor(argv: readonly string[]) {
    this.child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
    this.child.stderr!.on("data", (d) => {
      this.stderr += d;
    });
    this.timer = setInterval(() => this.look(), 20);
    this.ended = new Promise((done) => this.child.on("close", () => done(clearInterval(this.timer))));
  }

  private look(): void {
    try {
      const status = readFileSync(`/proc/${this.child.pid}/status`, "latin1");
      this.peak = Math.max(this.peak, Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0));
      const stat = readFileSync(`/proc/${this.child.pid}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      this.cpu = (Number(fields[11]) + Number(fields[12])) / 100;
    } catch {
      // it has just ended
    }
  }

  get lost(): number {
    return Number(/(\d+) events lost in all/.exec(this.stderr)?.[1] ?? 0);
  }
}

interface Result {
  /** Time per call (dd), or requests a second. */
  readonly figure: number;
  readonly lost: number;
  readonly cpu: number;
  readonly peak: number;
  /** Calls made, about. */
  readonly calls: number;
}

async function dd(t: Tracer, out: string): Promise<Result | undefined> {
  const count = t.thousands * 500;
  const argv = t.argv(out, ["/usr/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`]);
  if (!argv) return undefined;
  const w = new Watched(argv);
  await w.ended;
  const seconds = Number(/copied, ([\d.e-]+) s/.exec(w.stderr)?.[1]);
  return { figure: seconds / count, lost: w.lost, cpu: w.cpu, peak: w.peak, calls: 2 * count };
}

async function served(
  t: Tracer,
  out: string,
  server: readonly string[],
  ready: () => Promise<boolean>,
  load: readonly string[],
  rate: RegExp,
  stop: (w: Watched) => Promise<void>,
): Promise<Result | undefined> {
  const argv = t.argv(out, server);
  if (!argv) return undefined;
  const w = new Watched(argv);
  for (let i = 0; i < 400 && !(await ready()); i++) await new Promise((r) => setTimeout(r, 50));
  const { stdout } = await output(load);
  await stop(w);
  await w.ended;
  return { figure: Number(rate.exec(stdout)?.[1]), lost: w.lost, cpu: w.cpu, peak: w.peak, calls: 0 };
}

function output(argv: readonly string[]): Promise<{ code: number | null; stdout: string }> {
  return new Promise((done) => {
    const child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "pipe", "ignore"] });
    let stdout = "";
    child.stdout.on("data", (d) => {
      stdout += d;
    });
    child.on("error", () => done({ code: -1, stdout }));
    child.on("close", (code) => done({ code, stdout }));
  });
}

async function redis(t: Tracer, dir: string): Promise<Result | undefined> {
  const port = String(await freePort());
  const server = ["/usr/bin/redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir];
  const few = t.thousands < 100;
  const load = [
    "redis-benchmark",
    "-p",
    port,
    "-t",
    "get",
    "-n",
    few ? "10000" : "100000",
    "-c",
    "20",
    "--csv",
  ];
  return served(
    t,
    join(dir, "out"),
    server,
    async () => (await output(["redis-cli", "-p", port, "ping"])).stdout.includes("PONG"),
    load,
    /"GET","([\d.]+)"/,
    async () => void (await output(["redis-cli", "-p", port, "shutdown", "nosave"])),
  );
}

async function nginx(t: Tracer, dir: string): Promise<Result | undefined> {
  const port = await freePort();
  const conf = join(dir, "nginx.conf");
  writeFileSync(
    conf,
    `daemon off; pid ${dir}/nginx.pid; error_log ${dir}/error.log; events {}
http { access_log off; server { listen 127.0.0.1:${port}; location / { return 200 "hello\\n"; } } }`,
  );
  const url = `http://127.0.0.1:${port}/`;
  return served(
    t,
    join(dir, "out"),
    ["/usr/sbin/nginx", "-p", dir, "-c", conf],
    async () => (await output(["curl", "-s", url])).stdout.includes("hello"),
    ["wrk", "-t1", "-c20", "-d2", url],
    /Requests\/sec:\s+([\d.]+)/,
    async () => {
      try {
        process.kill(Number(readFileSync(join(dir, "nginx.pid"), "latin1")), "SIGTERM");
      } catch {
        // it did not start
      }
    },
  );
}

const TRACEFS = "/sys/kernel/tracing";

export async function bpfBench(rounds: number): Promise<void> {
  // perf trace and bpftrace need it; ours does not
  const mounted =
    !existsSync(`${TRACEFS}/events`) && spawnSync("mount", ["-t", "tracefs", "nodev", TRACEFS]).status === 0;
  try {
    await measure(rounds);
  } finally {
    if (mounted) spawnSync("umount", [TRACEFS]);
  }
}

async function measure(rounds: number): Promise<void> {
  const results = new Map<string, Map<string, Result[]>>();
  for (let round = 0; round < rounds; round++) {
    for (const [what, run] of Object.entries({ dd, redis, nginx })) {
      for (const t of tracers) {
        const dir = mkdtempSync(join(tmpdir(), "svtrace-bench-"));
        try {
          const r = await (run === dd ? dd(t, join(dir, "out")) : run(t, dir));
          if (!r) continue;
          if (!results.has(t.name)) results.set(t.name, new Map());
          const of = results.get(t.name)!;
          of.set(what, [...(of.get(what) ?? []), r]);
        } finally {
          rmSync(dir, { recursive: true, force: true });
        }
      }
    }
  }
  print(results, rounds);
}

function print(results: ReadonlyMap<string, ReadonlyMap<string, readonly Result[]>>, rounds: number): void {
  const plain = results.get("untraced")!;
  console.log(
    `every call of a program followed, ${rounds} interleaved rounds, medians; dd: times slower than untraced in the same\nround; redis (GET, 20 clients) and nginx (wrk, 20 connections): share of the untraced rate\n`,
  );
  const head = ["dd bs=1", "lost", "CPU s/M calls", "peak MB", "redis", "lost", "nginx", "lost"];
  console.log("".padEnd(18) + head.map((h) => h.padStart(14)).join(""));
  for (const [name, of] of results) {
    const ratio = (what: string) =>
      median(of.get(what)!.map((r, i) => r.figure / plain.get(what)![i].figure));
    const lost = (what: string) => of.get(what)!.reduce((n, r) => n + r.lost, 0);
    // what the others lose they do not say in a way we know of
    const counted = (n: number) => (name.startsWith("svtrace") ? n : "?");
    const cells = [
      ratio("dd").toFixed(2),
      counted(lost("dd")),
      name === "untraced" ? "" : median(of.get("dd")!.map((r) => (r.cpu / r.calls) * 1e6)).toFixed(2),
      name === "untraced" ? "" : (Math.max(...of.get("dd")!.map((r) => r.peak)) / 1024).toFixed(0),
      `${(100 * ratio("redis")).toFixed(0)} %`,
      counted(lost("redis")),
      `${(100 * ratio("nginx")).toFixed(0)} %`,
      counted(lost("nginx")),
    ];
    console.log(name.padEnd(18) + cells.map((c) => String(c).padStart(14)).join(""));
  }
}
