/** The shared logger as its users see it: scripts, svc and svstat on log directories, one log that is stuck beside others. */
import { type ChildProcess, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  debian,
  isAlive,
  lacks,
  needs,
  notRoot,
  run,
  sleep,
  start,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const daemontools = lacks("svc", "svstat", "svok", "multilog");

function service(scan: string, name: string, script: string, log: string): string {
  const dir = join(scan, name);
  mkdirSync(join(dir, "log"), { recursive: true });
  writeFileSync(join(dir, "run"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  writeFileSync(join(dir, "log/multilog"), log);
  return dir;
}

function supervise(scan: string, program = "up") {
  const child = start([svtracePath, program, scan]);
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (d) => {
    stderr += d;
  });
  onTestFinished(() => {
    try {
      process.kill(JSON.parse(readFileSync(join(scan, ".svtrace/logger.json"), "utf8")).pid, "SIGKILL");
    } catch {
      // it is gone
    }
  });
  return { child, stderr: () => stderr };
}

/** "" for what is gone. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** A service that says what is written to its FIFO. */
const echo = "mkfifo say; exec cat <>say";
const say = (dir: string, text: string) => run(["sh", "-c", `cat >'${dir}/say'`], { input: text });

const text = (dir: string, name = "main/current") => readFileSync(join(dir, "log", name), "utf8");
const reads = (dir: string, expected: string | RegExp, name?: string) =>
  waitUntil(
    `${dir} to read ${expected}`,
    () => (typeof expected === "string" ? text(dir, name) === expected : expected.test(text(dir, name))),
    20,
  );
const olds = (dir: string, log = "main") =>
  readdirSync(join(dir, "log", log)).filter((n) => n.startsWith("@"));
const svc = (...args: string[]) => run([debian("svc")!, ...args]);
const svstat = async (dir: string) =>
  (await run([debian("svstat")!, dir])).stdout.slice(dir.length + 2).trimEnd();

test(...needs("shared logger: C svc and svstat on log directories", daemontools), async () => {
  const scan = tempDir("shared");
  const a = service(scan, "a", echo, "./main '-*' '+* error *' t ./errors");
  const b = service(scan, "b", echo, "t ./main");
  const { child, stderr } = supervise(scan, "svscan");
  await waitUntil("b's log", () => statSync(join(b, "log/main/current")), 20);
  const logger = JSON.parse(readFileSync(join(scan, ".svtrace/logger.json"), "utf8")).pid;
  await waitUntil("a's complaint", () => stderr().includes("svtrace logger: a/log: "), 20);
  expect(stderr()).toContain("t must come first");
  writeFileSync(join(a, "log/multilog"), "./main\n'-*' '+* error *'\n./errors # the bad ones\n");
  await waitUntil("a", async () => (await svstat(join(a, "log"))).startsWith(`up (pid ${logger})`), 20);
  await waitUntil("b", async () => (await svstat(join(b, "log"))).startsWith(`up (pid ${logger})`), 20);
  await waitUntil("a's fifo", () => statSync(join(a, "say")), 20);
  await say(a, "one\nan error here\nthree");
  await reads(a, "one\nan error here\n");
  await reads(a, "an error here\n", "errors/current");
  // -a ends files that have something in them, of this log alone
  await svc("-a", join(a, "log"));
  await reads(a, "");
  await reads(a, "", "errors/current");
  expect([olds(a).length, olds(a, "errors").length, olds(b).length]).toEqual([1, 1, 0]);
  expect(statSync(join(a, "log/main", olds(a)[0])).mode & 0o777).toBe(0o744);
  // -d gives the directory to others, and what comes waits; an unfinished line too
  await svc("-d", join(a, "log"));
  await waitUntil("down", async () => (await svstat(join(a, "log"))).startsWith("down"));
  expect(statSync(join(a, "log/main/current")).mode & 0o777).toBe(0o744);
  await run([debian("multilog")!, "./main"], { cwd: join(a, "log"), input: "the original's\n" });
  await say(a, " is complete\n");
  expect(text(a)).toBe("the original's\n");
  await svc("-u", join(a, "log"));
  await reads(a, "the original's\nthree is complete\n");
  // -t reads the script again
  writeFileSync(join(a, "log/multilog"), "t ./main =last");
  await svc("-t", join(a, "log"));
  await waitUntil("the status file", () => statSync(join(a, "log/last")));
  await say(a, "five\n");
  await reads(a, /^the original's\nthree is complete\n@4[0-9a-f]{23} five\n$/);
  expect(text(a, "last")).toMatch(/^@4[0-9a-f]{23} five\n+$/);
  expect(statSync(join(a, "log/last")).size).toBe(1001);
  await svc("-p", join(b, "log"));
  await waitUntil("paused", async () => (await svstat(join(b, "log"))).endsWith("paused"));
  await say(b, "x\n");
  await svc("-c", join(b, "log"));
  await reads(b, /^@4[0-9a-f]{23} x\n$/);
  // a service that leaves takes its log with it, and the file is whole
  renameSync(b, join(tempDir("gone"), "b"));
  expect(child.exitCode).toBe(null);
  expect(isAlive(logger)).toBe(true);
});

test("shared logger: what is no script holds up its own log only", async () => {
  const scan = tempDir("unreadable");
  const fifo = service(scan, "fifo", echo, "");
  const huge = service(scan, "huge", echo, "");
  const last = service(scan, "last", echo, "./main =last");
  const fine = service(scan, "fine", "echo hello; exec sleep 1000", "./main");
  const locked = service(scan, "locked", echo, "./main");
  const current = service(scan, "current", echo, "./main");
  for (const dir of [locked, current]) mkdirSync(join(dir, "log/main"));
  const odd = [join(locked, "log/main/lock"), join(current, "log/main/current")];
  for (const path of [...odd, join(fifo, "log/multilog"), join(last, "log/last")]) {
    rmSync(path, { force: true });
    // the mode of a log that was closed in order
    expect(spawnSync("mkfifo", ["-m", "744", path]).status).toBe(0);
  }
  truncateSync(join(huge, "log/multilog"), 1e12);
  const { stderr } = supervise(scan);
  await reads(fine, "hello\n");
  for (const complaint of [
    "fifo/log: unable to read multilog: is no regular file",
    "huge/log: unable to read multilog: is longer than 64 KiB",
    "last/log: ENXIO",
    "locked/log: unable to lock directory ./main: device not configured",
    "current/log: unable to append to ./main/current: device not configured",
  ])
    await waitUntil(complaint, () => stderr().includes(complaint), 20);
  // it is read again
  await say(fifo, "one\n");
  rmSync(join(fifo, "log/multilog"));
  writeFileSync(join(fifo, "log/multilog"), "./main");
  await reads(fifo, "one\n");
});

test("shared logger: it ends though others hold its pipes, and keeps what has no script yet", async () => {
  const scan = tempDir("held");
  const pidOf = (dir: string) => Number(readFileSync(join(dir, "pid"), "utf8"));
  const held = service(scan, "held", "echo hello; sleep 1051 & echo $! >pid; exec sleep 1052", "./main");
  const busy = service(scan, "busy", "yes x & echo $! >pid; exec sleep 1052", "s16777215 n2 ./main");
  const slow = "(while :; do echo y; sleep 0.01; done) & echo $! >pid; exec sleep 1052";
  const steady = service(scan, "steady", slow, "./main");
  const bad = service(scan, "bad", "echo 1; echo 2; exec sleep 1052", "main");
  const { child, stderr } = supervise(scan);
  onTestFinished(() => {
    for (const dir of [held, busy, steady]) process.kill(pidOf(dir), "SIGKILL");
  });
  await reads(held, "hello\n");
  for (const dir of [busy, steady]) await reads(dir, /^./);
  await waitUntil("the complaint", () => stderr().includes('unknown action "main"'), 20);
  // nothing is left of the attempts
  await sleep(0.5);
  const { pid } = JSON.parse(readFileSync(join(scan, ".svtrace/logger.json"), "utf8"));
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  const control = realpathSync(join(bad, "log/supervise/control"));
  expect(open.filter((path) => path === control).length).toBeLessThan(2);
  const stop = await run([svtracePath, "up", "--stop", scan], { timeout: 20 });
  expect(stop).toMatchObject({ status: 0, stderr: "" });
  await waitUntil("the end", () => child.exitCode !== null, 5);
  for (const dir of [held, busy, steady])
    expect([dir, statSync(join(dir, "log/main/current")).mode & 0o777]).toEqual([dir, 0o744]);
  // what was to be logged when the script was none is logged by the next
  writeFileSync(join(bad, "log/multilog"), "./main");
  supervise(scan);
  await reads(bad, /^1\n2\n(1\n2\n)?$/);
});

test("shared logger: it ends though a processor does not, and has it done again", async () => {
  const scan = tempDir("hung");
  const lines = "yes z | head -3000; exec sleep 1052";
  const dir = service(scan, "a", lines, "s4096 '!echo $$ >>../pids; sleep 1053; cat' ./main");
  const { child } = supervise(scan);
  onTestFinished(() => {
    for (const pid of pids().filter(isAlive)) process.kill(-pid, "SIGKILL");
  });
  const pids = () => readFileSync(join(dir, "log/pids"), "utf8").trimEnd().split("\n").map(Number);
  await waitUntil("the processor", () => pids()[0], 20);
  expect((await run([svtracePath, "up", "--stop", scan], { timeout: 20 })).status).toBe(0);
  await waitUntil("the end", () => child.exitCode !== null, 5);
  // pid 1 may not have reaped them yet
  const group = (await run(["pgrep", "-g", String(pids()[0])])).stdout.trim().split("\n").map(Number);
  expect(group.filter(isAlive)).toEqual([]);
  writeFileSync(join(dir, "log/multilog"), "s4096 n100 ./main");
  writeFileSync(join(dir, "down"), "");
  supervise(scan);
  const all = () => [...olds(dir).sort(), "current"].map((n) => text(dir, `main/${n}`)).join("");
  await waitUntil("what the processor held up", () => all() === "z\n".repeat(3000), 20);
});

const loggerOf = (scan: string): number =>
  JSON.parse(readFileSync(join(scan, ".svtrace/logger.json"), "utf8")).pid;

/** Says numbers, and says that it did. */
const counting = "i=0; while :; do i=$((i+1)); echo $i; echo $i >>said; sleep 0.01; done";

async function ended(scan: string, child: ChildProcess): Promise<void> {
  process.kill(child.pid!, "SIGTERM");
  await waitUntil("the end", () => child.exitCode !== null, 30);
  const logs = () => existsSync(join(scan, ".svtrace/logger.json")) && isAlive(loggerOf(scan));
  await waitUntil("the logger's end", () => !logs(), 1);
}

function expectAll(dir: string): void {
  const said = readFileSync(join(dir, "said"), "utf8").trimEnd().split("\n");
  const logged = text(dir).trimEnd().split("\n");
  expect(logged).toEqual(logged.map((_, i) => String(i + 1)));
  expect(logged.length).toBeGreaterThanOrEqual(said.length);
}

test("shared logger: nothing is lost when the supervisor ends while it starts", async () => {
  for (let round = 0; round < 3; round++) {
    const scan = tempDir("early");
    const dir = service(scan, "a", counting, "./main");
    const { child, stderr } = supervise(scan);
    await waitUntil("the first line", () => statSync(join(dir, "said")), 20);
    await ended(scan, child);
    expectAll(dir);
    expect(stderr()).toBe("");
  }
});

test("shared logger: nothing is lost when it is killed and the supervisor ends", async () => {
  for (let round = 0; round < 3; round++) {
    const scan = tempDir("killed");
    const dir = service(scan, "a", counting, "./main");
    const { child, stderr } = supervise(scan);
    await reads(dir, /^1\n/);
    process.kill(loggerOf(scan), "SIGKILL");
    await ended(scan, child);
    expectAll(dir);
    expect(stderr()).toBe("");
  }
});

test("shared logger: nothing is lost when it is killed and a service leaves", async () => {
  const scan = tempDir("leaves");
  const dir = service(
    tempDir("real"),
    "a",
    "trap 'echo bye; exit' TERM; while :; do sleep 0.05; done",
    "./main",
  );
  symlinkSync(dir, join(scan, "a"));
  const { child, stderr } = supervise(scan);
  await waitUntil("its log", () => statSync(join(dir, "log/main/current")), 20);
  const logger = loggerOf(scan);
  rmSync(join(scan, "a"));
  await sleep(0.2);
  process.kill(logger, "SIGKILL");
  await run([svtracePath, "svc", "-dx", dir]);
  await reads(dir, "bye\n");
  await waitUntil("the end of its log", () => statSync(join(dir, "log/supervise/spool")).size === 0, 20);
  // neither has its pipe any more, and the next one logs
  const pipes = (pid: number) => readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  const shared = () => {
    const ours = pipes(child.pid!).filter((l) => l.startsWith("pipe:"));
    return pipes(loggerOf(scan)).filter((l) => ours.includes(l)).length;
  };
  const none = shared();
  symlinkSync(dir, join(scan, "a"));
  await waitUntil("its pipe", () => shared() === none + 1, 20);
  rmSync(join(scan, "a"));
  await sleep(0.2);
  await run([svtracePath, "svc", "-dx", dir]);
  await reads(dir, "bye\nbye\n");
  await waitUntil("the pipe's end", () => shared() === none, 20);
  await ended(scan, child);
  expect(stderr()).toBe("");
});

test("shared logger: a supervisor that cannot tell it to end says so, and ends", async () => {
  const scan = tempDir("untold");
  const dir = service(scan, "a", echo, "./main");
  const { child, stderr } = supervise(scan);
  await waitUntil("its log", () => statSync(join(dir, "log/main/current")), 20);
  mkdirSync(join(scan, ".svtrace/logger-work.json.new"));
  await ended(scan, child);
  expect(stderr().match(/unable to tell the logger what to read/g)!.length).toBe(10);
  expect(stderr().match(/what is in the log pipes may be lost/g)!.length).toBe(1);
});

test("shared logger: a supervisor that was started by mistake leaves it alone", async () => {
  const scan = tempDir("beside");
  const dir = service(scan, "a", echo, "./main");
  const { child } = supervise(scan, "svscan");
  await waitUntil("its log", () => statSync(join(dir, "log/main/current")), 20);
  const up = start([svtracePath, "up", scan]);
  const second = start([svtracePath, "svscan", scan]);
  await sleep(1.5);
  for (const other of [up, second]) other.kill("SIGTERM");
  await waitUntil("the others", () => [up, second].every((c) => c.exitCode !== null || c.signalCode), 20);
  for (const line of ["one\n", "one\ntwo\n"]) {
    const before = loggerOf(scan);
    process.kill(before, "SIGKILL");
    await waitUntil("the next", () => loggerOf(scan) !== before && isAlive(loggerOf(scan)), 20);
    await say(dir, line.slice(-4));
    await reads(dir, line);
  }
  expect(child.exitCode).toBe(null);
});

test(
  ...needs(
    "shared logger: a full disk and a failing processor hold up their own log only",
    daemontools,
    notRoot(),
    lacks("mount"),
  ),
  async () => {
    const scan = tempDir("stuck");
    const full = service(scan, "full", echo, "./main");
    const slow = service(scan, "slow", echo, "s4096 '!test -e ../go && cat' ./main");
    const fine = service(scan, "fine", echo, "./main");
    const small = join(full, "log/main");
    mkdirSync(small);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "svtrace-test", small]).status).toBe(0);
    onTestFinished(() => {
      spawnSync("umount", ["-l", small]);
    });
    const { child, stderr } = supervise(scan);
    for (const dir of [full, slow, fine]) await waitUntil(dir, () => statSync(join(dir, "say")), 20);
    for (const dir of [full, slow, fine])
      await waitUntil(dir, () => statSync(join(dir, "log/main/current")), 20);
    spawnSync("dd", ["if=/dev/zero", `of=${join(small, "ballast")}`, "bs=4k"]);
    const line = `${"x".repeat(99)}\n`;
    await say(full, line);
    await say(slow, line.repeat(100));
    await waitUntil(
      "both complaints",
      () => /full\/log: unable to write/.test(stderr()) && /slow\/log: processor failed/.test(stderr()),
      20,
    );
    expect(stderr()).toContain(
      "svtrace logger: full/log: unable to write to ./main/current, pausing: out of disk space",
    );
    await say(fine, "still here\n");
    await reads(fine, "still here\n");
    rmSync(join(small, "ballast"));
    await reads(full, line);
    writeFileSync(join(slow, "log/go"), "");
    const all = () => [...olds(slow).sort(), "current"].map((n) => text(slow, `main/${n}`)).join("");
    await waitUntil("the processor", () => all() === line.repeat(100), 20);
    process.kill(child.pid!, "SIGTERM");
    await waitUntil("the end", () => child.exitCode !== null, 30);
    for (const dir of [full, slow, fine]) {
      expect(statSync(join(dir, "log/main/current")).mode & 0o777).toBe(0o744);
      expect(await svstat(join(dir, "log"))).toBe("supervise not running");
    }
  },
);
