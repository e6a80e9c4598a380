/**
 * SIGKILL of the supervisor at each step of start, run, stop, restart, leaving, taking over and replacing, and of the
 * shared logger at each step of a rotation. Afterwards the next one must have the right state, one process of each kind
 * at most, and none that it does not know. With SVTRACE_LONG=1 every step, else the most telling ones.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { sendControl } from "../../src/supervise/control.ts";
import { aliveOf, readExtended } from "../../src/supervise/extended.ts";
import type { FaultPoint } from "../../src/supervise/fault.ts";
import { debian, lacks, long, needs, sleep, svtrace, svtracePath, tempDir, waitUntil } from "../helpers.ts";

/** Patience with a loaded machine (s): on a quiet one the state is right within 1 s. */
const RIGHT_WITHIN = 10;
const LIMIT = 180_000;
const WORKERS = 3;
vi.setConfig({ testTimeout: LIMIT });
let serial = process.pid * 1000;

interface Found {
  readonly pid: number;
  readonly kind: "main" | "child" | "log" | "up";
}

/** A service that leaves a child behind, with a logger, a finish script and a notification. */
class Fixture {
  readonly scan = tempDir("fault");
  readonly dir = join(this.scan, "app");
  readonly token = ++serial;

  constructor() {
    const log = join(this.dir, "log");
    mkdirSync(log, { recursive: true });
    const script = (path: string, text: string) => {
      writeFileSync(path, `#!/bin/sh\n${text}\n`);
      chmodSync(path, 0o755);
    };
    // the child and the process itself carry the token in their arguments
    script(
      join(this.dir, "run"),
      `echo begin $$\n(trap '' TERM; exec sleep 1111${this.token}) &\necho >&3\nexec sleep 2222${this.token}`,
    );
    script(join(this.dir, "finish"), "echo finish $1 $2 $PPID >> ends\nsleep 0.1");
    script(join(log, "run"), `exec ${debian("multilog")} ./main`);
    const settings = { "stop-timeout": "0.3", "notification-fd": "3", backoff: "0.05 0.05" };
    for (const [name, value] of Object.entries(settings)) writeFileSync(join(this.dir, name), `${value}\n`);
    onTestFinished(() => this.end());
  }

  /** Nobody is left to write into the directory that is going to be removed. */
  private async end(): Promise<void> {
    // supervisors first: they start anew what dies
    for (const kinds of [["up"], ["main", "child", "log"]]) {
      await waitUntil("the end of all", () => {
        const left = this.processes().filter((p) => kinds.includes(p.kind));
        for (const { pid } of left) kill(pid);
        return left.length === 0;
      });
    }
  }

  /** All living processes of the service, its logger and its supervisors, found by what they are. */
  processes(): Found[] {
    return readdirSync("/proc").flatMap((name): Found[] => {
      if (!/^\d+$/.test(name)) return [];
      const pid = Number(name);
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "latin1");
        if (line.includes(`2222${this.token}`)) return [{ pid, kind: "main" }];
        if (line.includes(`1111${this.token}`)) return [{ pid, kind: "child" }];
        if (line.includes(`\0up\0${this.scan}\0`)) return [{ pid, kind: "up" }];
        if (line.includes(`\0logger\0${this.scan}/`)) return [{ pid, kind: "log" }];
        if (!line.includes("multilog\0")) return [];
        const ours = readFileSync(`/proc/${pid}/environ`, "latin1").includes(`SVTRACE_TOKEN=${this.token}\0`);
        return ours ? [{ pid, kind: "log" }] : [];
      } catch {
        return [];
      }
    });
  }

  count(kind: "main" | "child" | "log"): number {
    return this.processes().filter((p) => p.kind === kind).length;
  }

  supervise(fault?: string): ChildProcess {
    const env = { ...process.env, SVTRACE_TOKEN: String(this.token), SVTRACE_FAULT: fault ?? "" };
    const child = spawn(svtracePath, ["up", this.scan], { env, stdio: ["ignore", "ignore", "pipe"] });
    child.stderr?.resume();
    return child;
  }

  get state() {
    return readExtended(this.dir);
  }

  up = () => this.state?.state === "up" && this.state.ready && this.count("main") === 1;

  /** Processes of the service that `aliveOf` does not tell of, neither before nor after they were looked for. */
  unknown(): Found[] {
    const known = () => [...aliveOf(this.dir), ...aliveOf(join(this.dir, "log"))].map((p) => p.pid);
    const before = known();
    const found = this.processes().filter((p) => p.kind !== "up");
    const told = new Set([...before, ...known()]);
    return found.filter((p) => !told.has(p.pid));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}

const killed = (child: ChildProcess) =>
  waitUntil("the fault", () => child.signalCode === "SIGKILL" || child.exitCode !== null, 10);

/** A new supervisor: soon it must be as `right` says, and stay so. */
async function recovers(f: Fixture, right: () => boolean, what: string): Promise<void> {
  const child = f.supervise();
  await waitUntil(`${what}: the next supervisor`, () => f.state?.supervisor.pid === child.pid, 20);
  const began = Date.now();
  await waitUntil(`${what}: the right state`, right, RIGHT_WITHIN).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(f.state)}; alive: ${JSON.stringify(f.processes())}`);
  });
  console.log(`${what}: right after ${((Date.now() - began) / 1000).toFixed(2)} s`);
  await sleep(0.2);
  const now = JSON.stringify({ state: f.state, alive: f.processes() });
  expect({ what, right: right(), unknown: f.unknown() }, now).toEqual({ what, right: true, unknown: [] });
  // one that has seen the end of its input meanwhile comes back after the respawn delay
  await waitUntil(`${what}: the logger`, () => f.count("log") === 1, RIGHT_WITHIN);
  child.kill("SIGTERM");
  await waitUntil(`${what}: the end`, () => child.exitCode !== null, 20);
  expect({ what, left: f.processes() }).toEqual({ what, left: [] });
}

type Step = (f: Fixture) => Promise<void>;

async function matrix(
  points: readonly string[],
  act: Step,
  right: (f: Fixture) => () => boolean,
): Promise<void> {
  const one = async (point: string) => {
    const f = new Fixture();
    const child = f.supervise(point);
    await act(f);
    await killed(child);
    expect({ point, signal: child.signalCode }).toEqual({ point, signal: "SIGKILL" });
    await recovers(f, right(f), point);
  };
  await forEach(points, one);
}

/** A few at a time; those under way come to their end even if one fails. */
async function forEach(points: readonly string[], one: (point: string) => Promise<void>): Promise<void> {
  const pending = [...points];
  const worker = async () => {
    for (let point = pending.shift(); point !== undefined; point = pending.shift()) await one(point);
  };
  const results = await Promise.allSettled(Array.from({ length: WORKERS }, worker));
  for (const r of results) if (r.status === "rejected") throw r.reason;
}

const tools = lacks("multilog");
const isUp: Step = async (f) => void (await waitUntil("up", f.up, 20));
const running = (f: Fixture) => () => f.up() && f.count("child") === 1;
const stopped = (f: Fixture) => () =>
  f.state?.state === "down" && f.count("main") === 0 && f.count("child") === 0;

type Point = FaultPoint | `${FaultPoint}:${number}`;

const start: readonly Point[] = long
  ? [
      ...(["pipe:made", "open:locked", "open:locked:2", "open:status", "open:announced:2"] as const),
      ...(["start:begin", "start:spawned", "start:noted", "start:spawned:2"] as const),
      ...(["status:written:2", "status:written:4", "ready:told"] as const),
    ]
  : ["open:locked:2", "start:begin", "start:spawned", "ready:told"];
test(...needs("killed while it starts a service: the next one has it up, once", tools), async () => {
  await matrix(start, async () => {}, running);
});

const stop: readonly Point[] = long
  ? ["stop:signalled", "died:reaped", "died:noted", "finish:spawned", "clear:begin", "stop:killed"]
  : ["stop:signalled", "finish:spawned", "clear:begin"];
test(
  ...needs("killed while it stops a service: the next one has it down, and nothing is left", tools),
  async () => {
    await matrix(
      stop,
      async (f) => {
        await isUp(f);
        sendControl(f.dir, "d");
      },
      stopped,
    );
  },
);

test(...needs("killed while it restarts a service: the next one has it up, once", tools), async () => {
  await matrix(
    long
      ? [...stop, "delay:begin", "start:begin:3", "start:spawned:3", "start:noted:3"]
      : ["died:reaped", "delay:begin", "start:spawned:3"],
    async (f) => {
      await isUp(f);
      sendControl(f.dir, "t");
    },
    running,
  );
});

test(
  ...needs("killed while it takes over: the one after that has the service, untouched", tools),
  async () => {
    const points: Point[] = long
      ? ["adopt:begin", "adopt:done", "open:locked", "open:status:2"]
      : ["adopt:begin", "open:status:2"];
    await forEach(points, async (point) => {
      const f = new Fixture();
      const first = f.supervise();
      await isUp(f);
      const { pid } = f.state!;
      first.kill("SIGKILL");
      await killed(first);
      await killed(f.supervise(point));
      await recovers(f, () => f.up() && f.state?.pid === pid, point);
    });
  },
);

test(
  ...needs("killed as it leaves or is replaced: the next one has the service up, once", tools),
  async () => {
    await forEach(["leave:begin", "replace:begin"], async (point) => {
      const f = new Fixture();
      const first = f.supervise(point);
      await isUp(f);
      if (point === "leave:begin") first.kill("SIGTERM");
      else {
        const { status, stderr } = await svtrace(["up", "--replace", f.scan]);
        expect({ status, stderr }).toEqual({
          status: 1,
          stderr: `svtrace up: ${f.scan}: the supervisor (pid ${first.pid}) died as it was replaced; svtrace up ${f.scan} takes over its services\n`,
        });
      }
      await killed(first);
      await recovers(f, running(f), point);
    });
  },
);

const LINES = 3000;
const rotate: readonly Point[] = long
  ? ["rotate:synced:2", "rotate:moved:2", "rotate:begun:2"]
  : ["rotate:moved:2"];
test("the shared logger killed as it rotates, then the supervisor: every line is there once", async () => {
  await forEach(rotate, async (point) => {
    const f = new Fixture();
    const log = join(f.dir, "log");
    rmSync(join(log, "run"));
    writeFileSync(join(log, "multilog"), "s4096 n200 ./main\n");
    const write = `print "$_ ", "x" x 50, "\\n" for 1..${LINES}`;
    writeFileSync(join(f.dir, "run"), `#!/bin/sh\nperl -e '${write}'\nexec sleep 2222${f.token}\n`);
    const first = f.supervise(point);
    const logger = () => JSON.parse(readFileSync(join(f.scan, ".svtrace/logger.json"), "utf8")).pid as number;
    const pid = await waitUntil(`${point}: the logger`, logger, 20);
    await waitUntil(`${point}: the fault, and another logger`, () => logger() !== pid, 20);
    first.kill("SIGKILL");
    await killed(first);
    f.supervise();
    const lines = () => {
      const names = readdirSync(join(log, "main")).filter((n) => n.startsWith("@"));
      const texts = [...names.sort(), "current"].map((n) => readFileSync(join(log, "main", n), "latin1"));
      return texts
        .join("")
        .split("\n")
        .slice(0, -1)
        .map((line) => Number(line.split(" ")[0]));
    };
    await waitUntil(`${point}: the last line`, () => lines().at(-1) === LINES, 60);
    expect({ point, lines: lines() }).toEqual({
      point,
      lines: Array.from({ length: LINES }, (_, i) => i + 1),
    });
  });
});

test(...needs("what ended while nobody supervised is known, and finish runs", tools), async () => {
  const f = new Fixture();
  const first = f.supervise();
  await isUp(f);
  const { pid } = f.state!;
  first.kill("SIGKILL");
  await killed(first);
  process.kill(pid, "SIGKILL");
  await recovers(f, () => f.up() && f.count("child") === 1 && f.state?.pid !== pid, "missed");
  expect(readFileSync(join(f.dir, "ends"), "utf8")).toMatch(/^finish -1 0/);
});
