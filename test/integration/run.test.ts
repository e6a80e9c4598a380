/** `svtrace run` in run scripts under supervisors that know nothing of it: Debian's daemontools and runit. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  compiled,
  debian,
  isAlive,
  lacks,
  needs,
  notRoot,
  root,
  run,
  sleep,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const daemontools = lacks("svscan", "supervise", "multilog", "svc", "svstat", "perl");
const runit = lacks("runsv", "sv", "perl");
const gcc = lacks("gcc");
const asRoot = [notRoot(), debian("strace") ? "" : "no strace"];

const executable = (path: string, text: string): void => {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
};

/** A scan directory with the service `s`, its program in it and a logger that keeps everything. */
function scanDirectory(command: string, options = "-f -ttT"): { scan: string; service: string; log: string } {
  const scan = tempDir("scan");
  // svscan starts a supervise that has ended again as long as the link is there
  const service = tempDir("service");
  symlinkSync(service, join(scan, "s"));
  mkdirSync(join(service, "log"), { recursive: true });
  copyFileSync(join(root, "test/programs/prefork.pl"), join(service, "manager.pl"));
  chmodSync(join(service, "manager.pl"), 0o755);
  executable(
    join(service, "run"),
    `#!/bin/sh\nexec 2>&1\nexec ${svtracePath} run ${options} -- ${command}\n`,
  );
  executable(join(service, "log/run"), `#!/bin/sh\nexec ${debian("multilog")} t s16777215 ./main\n`);
  return { scan, service, log: join(service, "log/main/current") };
}

const readLog = (log: string): string => (existsSync(log) ? readFileSync(log, "latin1") : "");

/** Tracers that were started for one of these processes and are still there. */
function tracersOf(pids: readonly number[]): number[] {
  return readdirSync("/proc")
    .filter((n) => /^\d+$/.test(n))
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
        const at = words.indexOf("tracer");
        return at > 0 && /svtrace$/.test(words[at - 1]) && pids.includes(Number(words[at + 1]));
      } catch {
        return false;
      }
    });
}

interface Lifetime {
  readonly manager: number;
  readonly workers: readonly number[];
}

/** What managers said of themselves, perhaps in the middle of a line of the trace, which has the same words in quotes. */
function lifetimes(text: string): Lifetime[] {
  return [...text.matchAll(/manager (\d+) workers (\d+) (\d+)$/gm)].map((m) => ({
    manager: Number(m[1]),
    workers: [Number(m[2]), Number(m[3])],
  }));
}

const svc = (...args: string[]) => run([debian("svc")!, ...args]);

async function svstatPid(service: string): Promise<number> {
  const { stdout } = await run([debian("svstat")!, service]);
  return Number(/up \(pid (\d+)\)/.exec(stdout)?.[1] ?? 0);
}

const nthLifetime = (log: string, n: number) =>
  waitUntil(`lifetime ${n} in the log`, () => lifetimes(readLog(log))[n - 1], 20);

/** Lines of one process in a trace with `[pid N]` before them. */
function linesOf(text: string, pid: number): string[] {
  return text
    .split("\n")
    .filter((l) => l.includes(`[pid ${String(pid).padStart(5)}] `) || l.includes(`[pid ${pid}] `))
    .map((l) => l.replace(/^.*?\[pid +\d+\] /, ""));
}

/** Who is alone has no `[pid N]` before his lines: those are only counted. */
function expectComplete(text: string, lives: readonly Lifetime[]): void {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  expect(
    count(/execve\("\.\/manager\.pl", \["\.\/manager\.pl".*\], 0x\w+ \/\* \d+ vars \*\/\) += 0 </g),
  ).toBe(lives.length);
  for (const { workers } of lives) {
    expect(count(new RegExp(`Process (${workers.join("|")}) attached$`, "gm"))).toBe(2);
    for (const worker of workers) expect(linesOf(text, worker).length).toBeGreaterThan(3);
  }
  expect(count(/--- SIGTERM \{.*\} ---/g)).toBe(3 * lives.length);
  expect(count(/\+\+\+ exited with 5 \+\+\+$/gm)).toBe(lives.length);
  expect(count(/\+\+\+ exited with 7 \+\+\+$/gm)).toBe(2 * lives.length);
}

async function allGone(lives: readonly Lifetime[]): Promise<void> {
  const pids = lives.flatMap((l) => [l.manager, ...l.workers]);
  await waitUntil(
    "everyone and every tracer gone",
    () => !pids.some(isAlive) && tracersOf(pids).length === 0,
    15,
  );
}

/** Ends the service and its logger, as an administrator does before removing them. */
async function takeDown(scan: string, service: string): Promise<void> {
  unlinkSync(join(scan, "s"));
  await svc("-dx", service);
  await waitUntil("supervise gone", async () => (await run([debian("svok")!, service])).status === 100, 20);
}

test(
  ...needs("C daemontools: two lifetimes of a pre-forking manager, complete in multilog's log", daemontools),
  async () => {
    const { scan, service, log } = scanDirectory("./manager.pl");
    start([debian("svscan")!, scan]);
    const first = await nthLifetime(log, 1);
    expect(await svstatPid(service)).toBe(first.manager);
    expect(readFileSync(`/proc/${first.manager}/comm`, "utf8")).toBe("manager.pl\n");
    expect(readFileSync(`/proc/${first.manager}/cmdline`, "utf8").split("\0")).toContain("./manager.pl");
    expect(tracersOf([first.manager]).length).toBe(1);
    await svc("-t", service);
    const second = await nthLifetime(log, 2);
    expect(second.manager).not.toBe(first.manager);
    expect(await svstatPid(service)).toBe(second.manager);
    await takeDown(scan, service);
    await allGone([first, second]);
    const text = await waitUntil("both ends in the log", () => {
      const t = readLog(log);
      return (t.match(/\+\+\+ exited with/g)?.length ?? 0) >= 6 && t;
    });
    expectComplete(text, [first, second]);
  },
);

test(
  ...needs("C daemontools: a worker that takes 3 s to obey is traced to its end", daemontools),
  async () => {
    const { scan, service, log } = scanDirectory("./manager.pl leave 3");
    start([debian("svscan")!, scan]);
    const first = await nthLifetime(log, 1);
    await svc("-t", service);
    const second = await nthLifetime(log, 2);
    // the next lifetime has begun while the tracer of the first still has workers to follow
    expect(first.workers.every(isAlive)).toBe(true);
    expect(tracersOf([first.manager]).length).toBe(1);
    await waitUntil("first workers gone", () => !first.workers.some(isAlive), 15);
    await takeDown(scan, service);
    await allGone([first, second]);
    const text = await waitUntil("six ends in the log", () => {
      const t = readLog(log);
      return (t.match(/\+\+\+ exited with/g)?.length ?? 0) >= 6 && t;
    });
    expectComplete(text, [first, second]);
  },
);

test(
  ...needs("C daemontools: a daemon that forks twice keeps its tracer until it ends", daemontools, gcc),
  async () => {
    const { scan, service, log } = scanDirectory(`${compiled("daemonize")} 3 pid`);
    start([debian("svscan")!, scan]);
    const daemon = await waitUntil("the daemon's pid", () =>
      Number(readFileSync(join(service, "pid"), "utf8")),
    );
    await takeDown(scan, service);
    const slept = /nanosleep.* = 0 <3\.\d+>/;
    await waitUntil("the end of the daemon's sleep in the log", () => slept.test(readLog(log)), 30);
    await waitUntil("the daemon gone", () => !isAlive(daemon));
    await waitUntil("its end in the log", () =>
      /\+\+\+ exited with 0 \+\+\+/.test(readLog(log).split(slept).at(-1)!),
    );
    const tracees = [...readLog(log).matchAll(/\[pid +(\d+)\]/g)].map((m) => Number(m[1]));
    await waitUntil("tracers gone", () => tracersOf([...new Set(tracees)]).length === 0);
  },
);

test(...needs("runit: sv term, sv exit; two lifetimes complete", runit), async () => {
  const { service, log } = scanDirectory("./manager.pl");
  start([debian("runsv")!, service]);
  const sv = (...args: string[]) => run([debian("sv")!, ...args]);
  const first = await nthLifetime(log, 1);
  expect((await sv("status", service)).stdout).toContain(`(pid ${first.manager})`);
  await sv("term", service);
  const second = await nthLifetime(log, 2);
  await sv("exit", service);
  await allGone([first, second]);
  const text = await waitUntil("six ends in the log", () => {
    const t = readLog(log);
    return (t.match(/\+\+\+ exited with/g)?.length ?? 0) >= 6 && t;
  });
  expect(text.match(/execve\("\.\/manager\.pl"/g)?.length).toBe(2);
  expectComplete(text, [first, second]);
});

test(
  ...needs("--until=main lets go of workers that are left; -o keeps the log clean", lacks("perl")),
  async () => {
    const dir = tempDir("until");
    const file = join(dir, "trace");
    const manager = join(root, "test/programs/prefork.pl");
    const child = start([svtracePath, "run", "-f", "-o", file, "--until=main", "--", manager, "leave", "4"]);
    let said = "";
    child.stdout!.on("data", (d) => (said += d));
    child.stderr!.on("data", (d) => (said += d));
    const life = await waitUntil("the manager's words", () => lifetimes(said)[0], 20);
    expect(life.manager).toBe(child.pid);
    process.kill(life.manager, "SIGTERM");
    await waitUntil("the tracer gone", () => tracersOf([life.manager]).length === 0, 10);
    expect(life.workers.every(isAlive)).toBe(true);
    await waitUntil("workers gone", () => !life.workers.some(isAlive), 10);
    const text = readFileSync(file, "latin1");
    expect(text).toMatch(new RegExp(`^${life.manager} +execve\\(`));
    expect(text).toMatch(new RegExp(`^${life.manager} +\\+\\+\\+ exited with 5 \\+\\+\\+$`, "m"));
    expect(text).not.toContain("exited with 7");
    expect(said).toBe(`manager ${life.manager} workers ${life.workers.join(" ")}\n`);
  },
);

test("the command's status and signal are its own, and so are its standard input and its options", async () => {
  const dir = tempDir("status");
  const file = join(dir, "trace");
  const result = await svtrace(["run", "-o", file, "--", "/bin/sh", "-c", "cat; exit 42"], {
    input: "abc\n",
  });
  expect(result).toMatchObject({ status: 42, stdout: "abc\n", stderr: "" });
  const killed = await svtrace(["run", "-o", file, "--", "/bin/sh", "-c", "kill -9 $$"]);
  expect(killed.signal).toBe("SIGKILL");
  const { stdout } = await svtrace(["run", "-o", file, "echo", "--until=x", "--record"]);
  expect(stdout).toBe("--until=x --record\n");
});

test(...needs("-u: the command's user, group and groups are those strace gives it", ...asRoot), async () => {
  const file = join(tempDir("user"), "trace");
  const id = async (...tracer: string[]) => (await run([...tracer, "-u", "daemon", "-o", file, "id"])).stdout;
  const theirs = await id(debian("strace")!);
  expect(theirs).toMatch(/^uid=[1-9].* gid=[1-9].* groups=[1-9]/);
  const ours = await Promise.all([id(svtracePath, "run"), id(svtracePath, "strace", "-D")]);
  expect(ours).toEqual([theirs, theirs]);
});

test("a trace that cannot be written: the command runs, one line says why", async () => {
  const result = await svtrace([
    "run",
    "-f",
    "-o",
    "/nonexistent/x",
    "--",
    "/bin/sh",
    "-c",
    "echo $PPID; exit 3",
  ]);
  expect(result.status).toBe(3);
  expect(result.stdout).toBe(`${process.pid}\n`);
  expect(result.stderr).toMatch(/^svtrace run: no trace: .*\/nonexistent\/x.*\n$/);
});

test("a tracer that is killed leaves the command running", async () => {
  const file = join(tempDir("killed"), "trace");
  const child = start([svtracePath, "run", "-f", "-o", file, "--", "sleep", "60"]);
  const [tracer] = await waitUntil("the tracer", () => {
    const found = tracersOf([child.pid!]);
    return found.length === 1 && readFileSync(`/proc/${child.pid}/comm`, "utf8") === "sleep\n" && found;
  });
  process.kill(tracer, "SIGKILL");
  await waitUntil("the tracer gone", () => !isAlive(tracer));
  await sleep(0.2);
  expect(isAlive(child.pid!)).toBe(true);
  expect(readFileSync(`/proc/${child.pid}/status`, "utf8")).toMatch(/State:\tS[\s\S]*TracerPid:\t0/);
});
