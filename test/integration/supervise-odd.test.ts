/** What is not supposed to happen to a supervisor, and does. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sendControl } from "../../src/supervise/control.ts";
import { readExtended } from "../../src/supervise/extended.ts";
import {
  isAlive,
  lacks,
  needs,
  notRoot,
  processState,
  run,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";
import { service, supervisor, upPid } from "../services.ts";

const isUp = (dir: string) => waitUntil(`${dir} up`, () => upPid(dir), 30);
const ended = (child: { exitCode: number | null }) => waitUntil("the end", () => child.exitCode !== null, 30);

test("a log directory made after the service is served from its next start on", async () => {
  const scan = tempDir("late");
  const dir = service(scan, "app", { run: "#!/bin/sh\necho said\nexec sleep 1000\n" });
  const other = service(scan, "other", { run: "#!/bin/sh\necho said\nexec sleep 1000\n" });
  const { child } = supervisor(svtracePath, "up", scan);
  await isUp(dir);
  await isUp(other);
  service(dir, "log", { run: `#!/bin/sh\nexec ${svtracePath} multilog ./main\n` });
  mkdirSync(join(other, "log"));
  writeFileSync(join(other, "log/multilog"), "./main\n");
  for (const d of [dir, other]) {
    sendControl(d, "t");
    await waitUntil("the line", () => readFileSync(join(d, "log/main/current"), "utf8") === "said\n", 30);
  }
  const pid = await isUp(dir);
  child.kill("SIGKILL");
  await waitUntil("its death", () => child.signalCode !== null);
  const next = supervisor(svtracePath, "up", scan).child;
  await waitUntil("taken over", () => readExtended(dir)?.supervisor.pid === next.pid, 30);
  expect(await isUp(dir)).toBe(pid);
  next.kill("SIGTERM");
  await ended(next);
  expect(statSync(join(dir, "log/main/current")).mode & 0o777).toBe(0o744);
});

test("a log directory that is none is told of once, and the service runs without", async () => {
  const scan = tempDir("odd-log");
  const dir = service(scan, "app", { run: "#!/bin/sh\nexec sleep 1000\n" });
  writeFileSync(join(dir, "log"), "");
  const { child, stderr } = supervisor(svtracePath, "up", scan);
  const pid = await isUp(dir);
  sendControl(dir, "t");
  await waitUntil("the next", () => ![0, pid].includes(upPid(dir)), 30);
  child.kill("SIGTERM");
  await ended(child);
  expect(stderr()).toBe(
    "svtrace up: warning: app/log is not a directory: the service runs without a logger\n",
  );
});

test("a log that is down does not hold the end up, and what it had not read is there the next time", async () => {
  const scan = tempDir("down");
  const dir = service(scan, "app", {
    run: "#!/bin/sh\nmkfifo say 2>/dev/null\nexec cat <>say\n",
    "log/multilog": "./main\n",
  });
  const text = () => readFileSync(join(dir, "log/main/current"), "utf8");
  const say = (line: string) => run(["sh", "-c", `cat >'${dir}/say'`], { input: line });
  const { child } = supervisor(svtracePath, "up", scan);
  await waitUntil("the pipe", () => existsSync(join(dir, "say")), 30);
  await say("one\n");
  await waitUntil("one", () => text() === "one\n", 30);
  sendControl(join(dir, "log"), "d");
  await waitUntil("down", () => readFileSync(join(dir, "log/supervise/status")).readUInt32LE(12) === 0);
  await say("two\n");
  child.kill("SIGTERM");
  await ended(child);
  const again = supervisor(svtracePath, "up", scan).child;
  await waitUntil("two", () => text() === "one\ntwo\n", 30);
  again.kill("SIGTERM");
  await ended(again);
});

test(
  ...needs("a full disk does not hold the end up, and nothing is lost", notRoot(), lacks("mount")),
  async () => {
    const scan = tempDir("full");
    const dir = service(scan, "app", {
      run: "#!/bin/sh\nmkfifo say 2>/dev/null\nexec cat <>say\n",
      "log/multilog": "./main\n",
    });
    const small = join(dir, "log/main");
    mkdirSync(small);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "svtrace-test", small]);
    expect(mounted.status).toBe(0);
    onTestFinished(() => {
      spawnSync("umount", ["-l", small]);
    });
    const first = supervisor(svtracePath, "up", scan);
    await waitUntil("the pipe", () => existsSync(join(dir, "say")), 30);
    await waitUntil("the log", () => existsSync(join(small, "current")), 30);
    spawnSync("dd", ["if=/dev/zero", `of=${join(small, "ballast")}`, "bs=4k"]);
    const line = `${"x".repeat(99)}\n`;
    await run(["sh", "-c", `cat >'${dir}/say'`], { input: line.repeat(100) });
    await waitUntil("its complaint", () => first.stderr().includes("out of disk space"), 30);
    first.child.kill("SIGTERM");
    await ended(first.child);
    expect(first.stderr()).toContain("the rest is kept for the next logger");
    rmSync(join(small, "ballast"));
    const next = supervisor(svtracePath, "up", scan).child;
    const text = () => readFileSync(join(small, "current"), "utf8");
    await waitUntil("all lines", () => text() === line.repeat(100), 30);
    next.kill("SIGTERM");
    await ended(next);
  },
);

test(
  ...needs("too few descriptors: said, and the others run; nothing is started twice", lacks("prlimit")),
  async () => {
    const scan = tempDir("fds");
    const names = Array.from({ length: 30 }, (_, i) => `s${i}`);
    const dirs = names.map((name) =>
      service(scan, name, { run: "#!/bin/sh\necho >>starts\nexec sleep 1000\n" }),
    );
    const few = supervisor("prlimit", "--nofile=80:80", svtracePath, "up", scan);
    await waitUntil("a complaint", () => few.stderr().includes("process cannot open more files"), 30);
    const some = await waitUntil("some", () => dirs.filter((d) => readExtended(d)?.state === "up"), 30);
    few.child.kill("SIGKILL");
    await waitUntil("its death", () => few.child.signalCode !== null);
    const next = supervisor("prlimit", "--nofile=80:80", svtracePath, "up", scan);
    await waitUntil("a complaint", () => next.stderr().includes("process cannot open more files"), 30);
    next.child.kill("SIGKILL");
    await waitUntil("its death", () => next.child.signalCode !== null);
    const last = supervisor(svtracePath, "up", scan).child;
    for (const dir of dirs) await isUp(dir);
    for (const dir of some) expect(statSync(join(dir, "starts")).size).toBe(1);
    last.kill("SIGTERM");
    await ended(last);
  },
);

test("SIGUSR1 does not open Node's debugger", async () => {
  const scan = tempDir("usr1");
  const dir = service(scan, "app");
  const { child, stderr } = supervisor(svtracePath, "up", scan);
  const pid = await isUp(dir);
  process.kill(child.pid!, "SIGUSR1");
  await waitUntil("its death", () => child.signalCode === "SIGUSR1", 30);
  expect(stderr()).not.toContain("ebugger");
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
});

test("the directory of a running service is removed: up --stop ends it all the same", async () => {
  const scan = tempDir("removed");
  const dir = service(scan, "app");
  const { child } = supervisor(svtracePath, "up", scan);
  const pid = await isUp(dir);
  rmSync(dir, { recursive: true });
  expect(await svtrace(["up", "--stop", scan])).toMatchObject({ status: 0 });
  await ended(child);
  expect(isAlive(pid)).toBe(false);
});

test("needs that were put right are heard of with the next u", async () => {
  const scan = tempDir("needs");
  const dir = service(scan, "app", { needs: "nobody\n" });
  const { child } = supervisor(svtracePath, "up", scan);
  await waitUntil("waiting", () => readExtended(dir)?.waitsFor[0] === "nobody", 30);
  rmSync(join(dir, "needs"));
  sendControl(dir, "u");
  await isUp(dir);
  child.kill("SIGTERM");
  await ended(child);
});

test(
  ...needs("pid 1 reaps orphans though no service was ever started", notRoot(), lacks("unshare", "nsenter")),
  async () => {
    const scan = tempDir("pid1");
    service(scan, "app", { down: "" });
    const box = start(["unshare", "--pid", "--fork", "--mount-proc", svtracePath, "up", scan]);
    const children = () => readFileSync(`/proc/${box.pid}/task/${box.pid}/children`, "utf8");
    const inner = await waitUntil("pid 1", () => Number(children()));
    await waitUntil("the service", () => existsSync(join(scan, "app/supervise/ok")), 30);
    await run(["nsenter", "-t", String(inner), "-p", "-m", "sh", "-c", "(sleep 0.2 &)"]);
    const orphans = () =>
      readFileSync(`/proc/${inner}/task/${inner}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    await waitUntil("no orphan", () => orphans().length === 0, 10);
    expect(orphans().filter((p) => processState(p) === "Z")).toEqual([]);
    process.kill(inner, "SIGTERM");
    await ended(box);
    expect(box.exitCode).toBe(0);
  },
);
