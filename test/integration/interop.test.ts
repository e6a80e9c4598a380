/** Supervisors and clients of daemontools, runit and ours on each other's directories; the rest is in supervise.test.ts. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  debian,
  isAlive,
  lacks,
  needs,
  processState,
  run,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const daemontools = lacks("svscan", "supervise", "svc", "svstat", "svok");
const runit = lacks("runsv", "sv");

function service(parent = tempDir("interop"), name = "s", script = "exec sleep 1000"): string {
  const dir = join(parent, name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "run"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, "run"), 0o755);
  return dir;
}

const pidOf = (dir: string): number => readFileSync(join(dir, "supervise/status")).readUInt32LE(12);
const up = (dir: string, but = 0) => waitUntil(`${dir} up`, () => pidOf(dir) !== but && pidOf(dir), 30);
const svstat = async (dir: string) => (await svtrace(["svstat", dir])).stdout.slice(dir.length + 2).trimEnd();
const rows = async (...dirs: string[]) => JSON.parse((await svtrace(["status", "--json", ...dirs])).stdout);

test(...needs("our svc, svstat, svok and status on runsv", daemontools, runit), async () => {
  const dir = service();
  expect((await svtrace(["svok", dir])).status).toBe(100);
  const runsv = start([debian("runsv")!, dir]);
  const pid = await up(dir);
  expect((await svtrace(["svok", dir])).status).toBe(0);
  expect(await svstat(dir)).toMatch(new RegExp(`^up \\(pid ${pid}\\) \\d+ seconds$`));
  expect(await rows(dir)).toMatchObject([
    { state: "up", pid, supervisor: "runit", wanted: "up", ready: null },
  ]);
  await svtrace(["svc", "-p", dir]);
  await waitUntil("stopped", () => processState(pid) === "T");
  await waitUntil("paused", async () => /paused$/.test(await svstat(dir)));
  expect(await rows(dir)).toMatchObject([{ state: "paused" }]);
  await svtrace(["svc", "-c", dir]);
  await waitUntil("continued", () => processState(pid) !== "T");
  const restarted = await svtrace(["restart", dir]);
  expect(restarted).toMatchObject({ status: 0, stderr: "" });
  const second = await up(dir, pid);
  expect(isAlive(pid)).toBe(false);
  await svtrace(["svc", "-d", dir]);
  await waitUntil("down", async () => /^down \d+ seconds, normally up$/.test(await svstat(dir)));
  expect(isAlive(second)).toBe(false);
  expect(await rows(dir)).toMatchObject([{ state: "down", wanted: "down" }]);
  // runsv reads the directory's lock as daemontools do
  const refused = await svtrace(["supervise", dir]);
  expect(refused).toMatchObject({
    status: 111,
    stderr: expect.stringContaining("/supervise/lock: temporary failure"),
  });
  await svtrace(["svc", "-x", dir]);
  await waitUntil("runsv's end", () => runsv.exitCode !== null);
  expect((await svtrace(["svok", dir])).status).toBe(100);
});

test(...needs("runsv keeps out of a service of ours", runit), async () => {
  const dir = service();
  start([svtracePath, "supervise", dir]);
  const pid = await up(dir);
  const refused = await run([debian("runsv")!, dir]);
  expect(refused.status).toBe(111);
  expect(refused.stderr).toMatch(/unable to lock supervise\/lock: temporary failure/);
  expect(pidOf(dir)).toBe(pid);
});

test(...needs("C svscan with our supervise, C clients", daemontools), async () => {
  const scan = tempDir("scan");
  const dir = service(scan, "web", "echo started; exec sleep 1000");
  service(dir, "log", "exec cat >>out");
  const path = tempDir("path");
  symlinkSync(svtracePath, join(path, "supervise"));
  start([debian("svscan")!, scan], { env: { ...process.env, PATH: `${path}:${process.env.PATH}` } });
  const pid = await up(dir);
  const supervisor = () =>
    JSON.parse(readFileSync(join(dir, "supervise/svtrace.json"), "utf8")).supervisor.pid as number;
  const ours = (d: string) =>
    readFileSync(
      `/proc/${JSON.parse(readFileSync(join(d, "supervise/svtrace.json"), "utf8")).supervisor.pid}/cmdline`,
      "latin1",
    );
  expect(ours(dir)).toMatch(/\0\S*supervise\0web\0$/);
  expect((await run([debian("svok")!, dir])).status).toBe(0);
  expect((await run([debian("svstat")!, dir])).stdout).toMatch(/: up \(pid \d+\) \d+ seconds\n$/);
  await run([debian("svc")!, "-t", dir]);
  await up(dir, pid);
  await waitUntil(
    "both starts in the log",
    () => readFileSync(join(dir, "log/out"), "utf8") === "started\nstarted\n",
  );
  // svscan starts a supervise that has left again
  const left = supervisor();
  await run([debian("svc")!, "-dx", dir]);
  await waitUntil(
    "it is up under another",
    () => pidOf(dir) !== 0 && ours(dir) !== "" && supervisor() !== left,
    30,
  );
});

for (const [first, second] of [
  [[debian("svscan") ?? ""], [svtracePath, "svscan"]],
  [[svtracePath, "svscan"], [debian("svscan") ?? ""]],
] as const) {
  const names = first.length === 1 ? "C's, then ours" : "ours, then C's";
  test(...needs(`two svscans on a directory, ${names}: no service runs twice`, daemontools), async () => {
    const scan = tempDir("scan");
    const log = join(scan, ".starts");
    const dir = service(scan, "s", `echo $$ >>${log}; exec sleep 1000`);
    start([...first, scan]);
    const pid = await up(dir);
    const other = start([...second, scan]);
    let said = "";
    other.stderr?.on("data", (d) => {
      said += d;
    });
    await waitUntil(
      "the second is refused",
      () => said.includes("unable to acquire s/supervise/lock: temporary failure"),
      20,
    );
    expect(pidOf(dir)).toBe(pid);
    expect(readFileSync(log, "utf8")).toBe(`${pid}\n`);
  });
}

test(...needs("status under C supervise: what the status file tells", daemontools), async () => {
  const scan = tempDir("scan");
  const web = service(scan, "web");
  const db = service(scan, "db");
  const idle = service(scan, "idle");
  writeFileSync(join(db, "down"), "");
  start([debian("supervise")!, web]);
  start([debian("supervise")!, db]);
  const pid = await up(web);
  await waitUntil("db", async () => (await run([debian("svok")!, db])).status === 0);
  expect(await rows(scan)).toMatchObject([
    { service: db, state: "down", wanted: "down", supervisor: "daemontools", pid: 0 },
    { service: idle, state: "unsupervised", supervisor: null },
    {
      service: web,
      state: "up",
      wanted: "up",
      supervisor: "daemontools",
      pid,
      restarts: null,
      last_exit: null,
    },
  ]);
  const text = (await svtrace(["status", scan])).stdout;
  expect(text).toMatch(/^SERVICE +STATE +READY +PID +SINCE/);
  expect(text).toMatch(new RegExp(`^${web} +up +- +${pid} `, "m"));
  expect(text).not.toContain("\x1b");
  expect((await svtrace(["status", "--color=always", scan])).stdout).toContain("\x1b[32mup");
});

test(
  ...needs("what C supervise started after we had left is taken over, not started again", daemontools),
  async () => {
    const scan = tempDir("interop");
    const dir = service(scan, "s", "echo >>starts; exec sleep 1000");
    const ours = start([svtracePath, "up", scan]);
    const first = await up(dir);
    expect(await svtrace(["up", "--stop", scan])).toMatchObject({ status: 0 });
    await waitUntil("the end", () => ours.exitCode !== null);
    const theirs = start([debian("supervise")!, dir]);
    const pid = await up(dir, first);
    theirs.kill("SIGKILL");
    await waitUntil("its death", () => theirs.signalCode !== null);
    start([svtracePath, "up", scan]);
    await waitUntil("svok", async () => (await svtrace(["svok", dir])).status === 0);
    expect(await up(dir)).toBe(pid);
    expect(readFileSync(join(dir, "starts"), "utf8")).toBe("\n\n");
  },
);
