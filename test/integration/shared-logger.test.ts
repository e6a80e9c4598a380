/** The shared logger as its users see it: scripts, svc and svstat on log directories, one log that is stuck beside others. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  debian,
  isAlive,
  lacks,
  needs,
  notRoot,
  run,
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
