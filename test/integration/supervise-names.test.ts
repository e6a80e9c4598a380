/** Services whose names, links or notes are not what they were: whom that concerns, and that it concerns nobody else. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sendControl } from "../../src/supervise/control.ts";
import { readExtended } from "../../src/supervise/extended.ts";
import { isAlive, run, sleep, type start, svtrace, svtracePath, tempDir, waitUntil } from "../helpers.ts";
import { service, supervisor, upPid } from "../services.ts";

const up = (scan: string) => supervisor(svtracePath, "up", scan);

const isUp = (dir: string, seconds = 30) => waitUntil(`${dir} up`, () => upPid(dir), seconds);
const inState = (dir: string, wanted: string) =>
  waitUntil(`${dir} ${wanted}`, () => readExtended(dir)?.state === wanted, 30);

/** Ends a supervisor as SIGTERM does. */
async function end(child: ReturnType<typeof start>): Promise<void> {
  child.kill("SIGTERM");
  await waitUntil("the end", () => child.exitCode !== null, 30);
}

test.each([
  ["an element that is no process", { leftOver: [null] }],
  ["a state there is not", { state: "foo", want: undefined }],
])("a damaged svtrace.json (%s) does not keep the others from starting", async (_, damage) => {
  const scan = tempDir("damaged");
  const [bad, good] = ["bad", "good"].map((name) => service(scan, name));
  const first = up(scan);
  const pids = [await isUp(bad), await isUp(good)];
  first.child.kill("SIGKILL");
  await waitUntil("its death", () => first.child.signalCode !== null);
  const path = join(bad, "supervise/svtrace.json");
  const known = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...known, ...damage }));
  const { child } = up(scan);
  for (const dir of [bad, good]) {
    await waitUntil("taken over", () => readExtended(dir)?.supervisor.pid === child.pid, 30);
  }
  // its process was found without
  expect([await isUp(bad), await isUp(good)]).toEqual(pids);
  await end(child);
});

test("a control that is no FIFO: said, and supervised as soon as it is out of the way", async () => {
  const scan = tempDir("control");
  const [bad, good] = ["bad", "good"].map((name) => service(scan, name));
  mkdirSync(join(bad, "supervise"));
  writeFileSync(join(bad, "supervise/control"), "");
  const { child, stderr } = up(scan);
  await isUp(good);
  await waitUntil("a complaint", () => stderr().includes("unable to read bad/supervise/control"), 30);
  expect(readExtended(bad)).toBe(undefined);
  rmSync(join(bad, "supervise/control"));
  await isUp(bad);
  await end(child);
});

test("a link that is given another target: both run, neither ends the other's processes", async () => {
  const home = tempDir("deploy");
  const scan = join(home, "t");
  mkdirSync(scan);
  const count = { run: "#!/bin/sh\necho >>starts\nexec sleep 1000\n", "stop-timeout": "1\n" };
  const [v1, v2] = ["v1", "v2"].map((name) => service(home, name, count));
  symlinkSync("../v1", join(scan, "web"));
  const { child } = up(scan);
  const old = await isUp(v1);
  symlinkSync("../v2", join(scan, "web.new"));
  renameSync(join(scan, "web.new"), join(scan, "web"));
  const pid = await isUp(v2);
  await sleep(1.5);
  expect([old, pid].filter(isAlive)).toEqual([old, pid]);
  for (const dir of [v1, v2]) expect(statSync(join(dir, "starts")).size).toBe(1);
  expect(readExtended(v1)!.cgroup).not.toBe(readExtended(v2)!.cgroup ?? "");
  // the successor of a supervisor that was killed finds the same groups
  const groups = [v1, v2].map((dir) => readExtended(dir)!.cgroup);
  child.kill("SIGKILL");
  await waitUntil("its death", () => child.signalCode !== null);
  const next = up(scan).child;
  await waitUntil("taken over", () => readExtended(v2)?.supervisor.pid === next.pid, 30);
  expect([v1, v2].map((dir) => readExtended(dir)!.cgroup)).toEqual(groups);
  await end(next);
  expect(isAlive(pid)).toBe(false);
  process.kill(old, "SIGKILL");
});

test("a copy of a running service's directory is a service of its own", async () => {
  const scan = tempDir("copy");
  const a = service(scan, "a", { "log/multilog": "./main\n" });
  const { child } = up(scan);
  const pid = await isUp(a);
  // what changes under it makes cp complain
  await waitUntil("the status", () => readFileSync(join(a, "supervise/status")).readUInt32LE(12) === pid);
  await run(["cp", "-a", a, join(scan, ".b")]);
  const b = join(scan, "b");
  renameSync(join(scan, ".b"), b);
  const copy = await isUp(b);
  expect(copy).not.toBe(pid);
  expect(readExtended(b)).toMatchObject({ starts: 1 });
  expect(readExtended(b)!.logPipe).not.toBe(readExtended(a)!.logPipe);
  sendControl(b, "d");
  await inState(b, "down");
  expect([pid, copy].filter(isAlive)).toEqual([pid]);
  await end(child);
});

const talker = (word: string) => ({
  run: `#!/bin/sh\nwhile echo ${word}; do sleep 0.05; done\n`,
  "log/multilog": "./main\n",
});

test("a log goes with its service: where a link is given another target, and where a service is renamed", async () => {
  const home = tempDir("logs");
  const scan = join(home, "t");
  mkdirSync(scan);
  const [v1, v2] = ["v1", "v2"].map((name) => service(home, name, talker(name)));
  symlinkSync("../v1", join(scan, "web"));
  const b = service(scan, "b", talker("old"));
  const { child } = up(scan);
  await isUp(v1);
  await isUp(b);
  symlinkSync("../v2", join(scan, "web.new"));
  renameSync(join(scan, "web.new"), join(scan, "web"));
  const c = join(scan, "c");
  renameSync(b, c);
  await waitUntil("the rename", async () => (await svtrace(["svstat", c])).stdout.includes("up"));
  // the supervisor has to see it before there is another of that name
  await sleep(2);
  service(scan, "b", talker("new"));
  const logs = [v1, v2, c, b].map((dir) => () => readFileSync(join(dir, "log/main/current"), "utf8"));
  const grown = async () => {
    for (const [i, word] of ["v1", "v2", "old", "new"].entries()) {
      const before = await waitUntil("a line", logs[i], 30);
      await waitUntil("more", () => logs[i]().length > before.length, 30);
      expect(new Set(logs[i]().split("\n"))).toEqual(new Set([word, ""]));
    }
  };
  await grown();
  // the next logger opens them all anew
  process.kill(JSON.parse(readFileSync(join(scan, ".svtrace/logger.json"), "utf8")).pid, "SIGKILL");
  await grown();
  await end(child);
});

test("the supervisor is replaced: what runs under no name goes on so, and is started again", async () => {
  const home = tempDir("nameless");
  const scan = join(home, "t");
  mkdirSync(scan);
  const [v1, v2] = ["v1", "v2"].map((name) => service(home, name, talker(name)));
  symlinkSync("../v1", join(scan, "web"));
  const { child, stderr } = up(scan);
  const old = await isUp(v1);
  symlinkSync("../v2", join(scan, "web.new"));
  renameSync(join(scan, "web.new"), join(scan, "web"));
  const pid = await isUp(v2);
  for (let i = 0; i < 2; i++) expect(await svtrace(["up", "--replace", scan])).toMatchObject({ status: 0 });
  expect(readExtended(v1)!.pid).toBe(old);
  process.kill(old, "SIGKILL");
  const next = await waitUntil("the next", () => [upPid(v1)].find((p) => p !== old), 30);
  expect(readExtended(v1)).toMatchObject({ starts: 2, lastExit: { pid: old, signal: "KILL" } });
  const log = () => readFileSync(join(v1, "log/main/current"), "utf8");
  const before = log();
  await waitUntil("its log", () => log().length > before.length);
  await end(child);
  expect([next, pid].filter(isAlive)).toEqual([]);
  expect(stderr()).toBe("");
});

test("a renamed service: others need it by its new name, and the end is also its own", async () => {
  const scan = tempDir("renamed");
  const a = service(scan, "a");
  const b = service(scan, "b", { needs: "c\n" });
  const { child } = up(scan);
  const old = await isUp(a);
  await inState(b, "waiting");
  const c = join(scan, "c");
  renameSync(a, c);
  const needy = await isUp(b);
  expect((await svtrace(["up", "--wait=20", scan])).status).toBe(0);
  service(scan, "a");
  const pid = await isUp(a);
  expect(isAlive(old)).toBe(true);
  // given up and taken up again under the name it has now
  sendControl(c, "dx");
  await inState(c, "gone");
  await waitUntil("taken up again", () => readExtended(c)?.state === "up", 30);
  const again = await isUp(c);
  expect((await svtrace(["up", "--stop", scan])).status).toBe(0);
  await waitUntil("the end", () => child.exitCode !== null, 30);
  expect([old, needy, pid, again].filter(isAlive)).toEqual([]);
});

test("what appears behind a link is noticed, and said to be missing once", async () => {
  const home = tempDir("links");
  const scan = join(home, "t");
  const elsewhere = join(home, "s");
  for (const dir of [scan, elsewhere]) mkdirSync(dir);
  symlinkSync("../s/app", join(scan, "app"));
  const [v1, v2] = ["v1", "v2"].map((name) => service(elsewhere, name));
  symlinkSync("v1", join(elsewhere, "cur"));
  symlinkSync("../s/cur", join(scan, "web"));
  const { child, stderr } = up(scan);
  const old = await isUp(v1);
  await waitUntil("a complaint", () => stderr().includes("unable to stat app"), 10);
  const app = service(elsewhere, "app");
  rmSync(join(elsewhere, "cur"));
  symlinkSync("v2", join(elsewhere, "cur"));
  await isUp(app, 10);
  const pid = await isUp(v2, 10);
  expect(stderr().split("unable to stat app").length).toBe(2);
  expect([old, pid].filter(isAlive)).toEqual([old, pid]);
  await end(child);
  expect([old, pid].filter(isAlive)).toEqual([]);
});

test("a cycle of needs that was put right is heard of with u, and a new one is named", async () => {
  const scan = tempDir("cycle");
  const a = service(scan, "a", { needs: "b\n" });
  const b = service(scan, "b", { needs: "a\n" });
  const { child, stderr } = up(scan);
  for (const dir of [a, b]) {
    await waitUntil("the cycle", () => readExtended(dir)?.failed?.includes("needs form a cycle"), 30);
  }
  rmSync(join(a, "needs"));
  sendControl(a, "u");
  // nobody has told b anything
  for (const dir of [a, b]) await isUp(dir);
  expect(readExtended(b)!.failed).toBe(null);
  for (const dir of [b, a]) {
    sendControl(dir, "d");
    await inState(dir, "down");
  }
  const said = stderr().length;
  writeFileSync(join(a, "needs"), "b\n");
  for (const dir of [a, b]) sendControl(dir, "u");
  for (const dir of [a, b]) {
    await waitUntil("the new cycle", () => readExtended(dir)?.failed?.includes("needs form a cycle"), 30);
  }
  expect(stderr().slice(said)).toMatch(
    /^svtrace up: fatal: needs form a cycle: (a needs b needs a|b needs a needs b)\n$/,
  );
  await end(child);
});
