/** The commands of docs/MIGRATING.md, run on real services under the real programs they migrate from. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readExtended } from "../../src/supervise/extended.ts";
import {
  debian,
  isAlive,
  lacks,
  needs,
  notRoot,
  root,
  run,
  start,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const page = readFileSync(join(root, "docs/MIGRATING.md"), "utf8");
const daemontools = [lacks("svscan", "svc", "svstat", "multilog"), notRoot()];

/** The commands of the page's section, with its directories in `home`. */
function commandsOf(section: string, home: string): string {
  const text = page.split(/^## /m).find((s) => s.startsWith(section));
  const block = /```sh\n(.*?)```/s.exec(text ?? "")?.[1];
  if (block === undefined) throw new Error(`no commands in the section ${section}`);
  return block
    .replaceAll("/usr/local/bin", join(home, "bin"))
    .replace(/(?<![\w.])\/service/g, join(home, "service"))
    .replaceAll("/run/", `${join(home, "run")}/`);
}

function sh(commands: string, home: string) {
  const env = {
    ...process.env,
    PATH: `${join(home, "path")}:/usr/bin:/bin:/usr/sbin:/sbin:${process.env.PATH}`,
  };
  // what goes to the background has files of its own, or the pipe would keep us
  return run(["sh", "-e", "-c", `exec >${home}/out 2>&1; ${commands}`], { env, cwd: home, timeout: 60 }).then(
    (r) => ({
      ...r,
      stdout: readFileSync(join(home, "out"), "utf8"),
    }),
  );
}

function makeHome(): string {
  const home = tempDir("migrate");
  for (const d of ["path", "service", "run"]) mkdirSync(join(home, d));
  symlinkSync(svtracePath, join(home, "path/svtrace"));
  return home;
}

function service(home: string, name: string): string {
  const dir = join(home, "service", name);
  mkdirSync(join(dir, "log"), { recursive: true });
  writeFileSync(join(dir, "run"), "#!/bin/sh\necho started\nexec sleep 1000\n");
  writeFileSync(join(dir, "log/run"), `#!/bin/sh\nexec ${debian("multilog")} t ./main\n`);
  for (const f of ["run", "log/run"]) chmodSync(join(dir, f), 0o755);
  return dir;
}

const pidOf = (dir: string): number => readFileSync(join(dir, "supervise/status")).readUInt32LE(12);
const up = (dir: string) => waitUntil(`${dir} up`, () => pidOf(dir), 30);
const stop = (dir: string) => run([svtracePath, "up", "--stop", dir], { timeout: 60 });

test("links by the programs' names", async () => {
  const home = makeHome();
  expect((await sh(commandsOf("Links by", home), home)).status).toBe(0);
  expect((await run([join(home, "bin/svok")])).stderr).toBe("svok: usage: svok dir\n");
});

test(...needs("one service, then the others, from daemontools, and back", ...daemontools), async () => {
  const home = makeHome();
  const web = service(home, "web");
  const db = service(home, "db");
  const svscan = start([debian("svscan")!, join(home, "service")]);
  writeFileSync(join(home, "run/svscan.pid"), String(svscan.pid));
  const before = await up(web);
  const stays = await up(db);
  const moved = await sh(commandsOf("One service", home), home);
  expect(moved.stdout).toMatch(/service\.new\/web +up +yes/);
  expect(moved.status).toBe(0);
  expect(isAlive(before)).toBe(false);
  expect(isAlive(stays)).toBe(true);
  expect(pidOf(db)).toBe(stays);
  const all = await sh(commandsOf("The whole", home), home);
  expect(all.stdout).toMatch(/db: up \(pid \d+\) \d+ seconds\n/);
  expect(all.status).toBe(0);
  expect(pidOf(db)).not.toBe(stays);
  expect(readFileSync(join(web.replace("/service/", "/service.new/"), "log/main/current"), "utf8")).toMatch(
    /started\n.*started\n/,
  );
  expect((await stop(join(home, "service.new"))).status).toBe(0);
  // its last line would go on for ever
  const back = commandsOf("Back again", home).replace(/^svscan .*$/m, "");
  expect((await sh(back, home)).status).toBe(0);
  start([debian("svscan")!, join(home, "service")]);
  await up(db);
  expect((await run([debian("svok")!, db])).status).toBe(0);
  await run([debian("svc")!, "-dx", db, join(db, "log")]);
});

test(...needs("from runit", lacks("runsvdir", "sv", "multilog"), notRoot()), async () => {
  const home = makeHome();
  const web = service(home, "web");
  const runsvdir = start([debian("runsvdir")!, join(home, "service")]);
  writeFileSync(join(home, "run/runsvdir.pid"), String(runsvdir.pid));
  const before = await up(web);
  const done = await sh(commandsOf("From runit", home), home);
  expect(done.stdout).toMatch(/run: .*web: \(pid \d+\)/);
  expect(done.stdout).toMatch(/ok: run: /);
  expect(done.status).toBe(0);
  expect(isAlive(before)).toBe(false);
  expect((await stop(join(home, "service"))).status).toBe(0);
});

test(...needs("the systemd unit is valid", lacks("systemd-analyze")), async () => {
  const home = tempDir("unit");
  const unit = readFileSync(join(root, "docs/systemd/svtrace.service"), "utf8").replaceAll(
    "/usr/local/bin/svtrace",
    svtracePath,
  );
  writeFileSync(join(home, "svtrace.service"), unit);
  const { stdout, stderr, status } = await run([
    "systemd-analyze",
    "verify",
    "--man=no",
    join(home, "svtrace.service"),
  ]);
  expect({ stdout, stderr, status }).toEqual({ stdout: "", stderr: "", status: 0 });
});

const SYSTEMD = "/lib/systemd/systemd";
/** A system of its own around the unit: nothing of the machine's is seen by its systemd but the files. */
const box = ["unshare", "-fpmCun", "--mount-proc", "--kill-child"];
const mounts =
  "mount --make-rprivate / && mount -t tmpfs none /run && umount -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup";

function noSystemd(): string {
  if (!existsSync(SYSTEMD)) return `no ${SYSTEMD}`;
  return spawnSync(box[0], [...box.slice(1), "sh", "-c", mounts]).status === 0 ? "" : "no cgroups of its own";
}

const [unitTest, unitOptions] = needs(
  "the systemd unit: killing the supervisor harms nobody, reload and stop do what they say",
  notRoot(),
  lacks("unshare", "nsenter", "systemctl"),
  noSystemd(),
);

test(unitTest, { ...unitOptions, timeout: 120_000 }, async () => {
  const home = makeHome();
  const app = join(home, "service/app");
  mkdirSync(app);
  const script = "#!/bin/sh\ntrap 'echo TERM >>ends; exit 0' TERM\nwhile :; do sleep 0.1; done\n";
  writeFileSync(join(app, "run"), script, { mode: 0o755 });
  const unit = readFileSync(join(root, "docs/systemd/svtrace.service"), "utf8")
    .replaceAll("/usr/local/bin/svtrace", svtracePath)
    .replace(/(?<= )\/service$/gm, join(home, "service"))
    .replace("[Unit]", "[Unit]\nDefaultDependencies=no");
  mkdirSync(join(home, "units"));
  writeFileSync(join(home, "units/svtrace.service"), unit);
  const target = "[Unit]\nDescription=test\nDefaultDependencies=no\nWants=svtrace.service\n";
  writeFileSync(join(home, "units/default.target"), target);
  const boot = `${mounts} && exec ${SYSTEMD} --system --log-target=null --show-status=no`;
  // it is given no units but these: those of the machine are none of its business
  const env = { ...process.env, container: "unshare", SYSTEMD_UNIT_PATH: join(home, "units") };
  const child = start([...box, "sh", "-c", boot], { env });
  const children = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
  const pid1 = await waitUntil("systemd", () => Number(children().trim()));
  onTestFinished(() => {
    if (isAlive(pid1)) process.kill(pid1, "SIGKILL");
  });
  const inside = (...argv: string[]) =>
    run(["nsenter", "-t", String(pid1), "-p", "-m", "-C", ...argv], { timeout: 60 });
  const before = await waitUntil("the service", () => pidOf(app), 60);
  const supervisor = () => readExtended(app)?.supervisor;
  const first = (await waitUntil("its supervisor", supervisor, 30)).pid;
  await inside("kill", "-9", String(first));
  await waitUntil("the next one", () => supervisor()?.pid !== first, 60);
  expect(pidOf(app)).toBe(before);
  expect((await inside("systemctl", "reload", "svtrace")).status).toBe(0);
  expect(pidOf(app)).toBe(before);
  expect(existsSync(join(app, "ends"))).toBe(false);
  expect((await inside("systemctl", "stop", "svtrace")).status).toBe(0);
  expect(readFileSync(join(app, "ends"), "utf8")).toBe("TERM\n");
});
