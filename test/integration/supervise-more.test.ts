/** What goes beyond daemontools: finish, stop timeout, leftovers, readiness, needs, backoff, taking over, pid 1. */
import type { ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sendControl } from "../../src/supervise/control.ts";
import { aliveOf, type Extended, readExtended } from "../../src/supervise/extended.ts";
import {
  isAlive,
  lacks,
  needs,
  notRoot,
  processState,
  run,
  sleep,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";
import { upPid, withoutCgroups } from "../services.ts";

interface Files {
  readonly [name: string]: string;
}

/** A service directory; `run` and `finish` are shell scripts, other files settings. */
function service(scan: string, name: string, files: Files): string {
  const dir = join(scan, name);
  mkdirSync(dir, { recursive: true });
  for (const [file, text] of Object.entries({ run: "exec sleep 1000", ...files })) {
    const script = ["run", "finish"].includes(file);
    writeFileSync(join(dir, file), script ? `#!/bin/sh\n${text}\n` : `${text}\n`);
    if (script) chmodSync(join(dir, file), 0o755);
  }
  return dir;
}

const supervise = (dir: string, prefix: readonly string[] = []) =>
  start([...prefix, svtracePath, "supervise", dir]);
const state = (dir: string): Extended => readExtended(dir)!;
/** Kills a supervisor; another one, without cgroups, comes after it. */
async function successor(dir: string, former: ChildProcess, meanwhile: () => void = () => {}): Promise<void> {
  former.kill("SIGKILL");
  await waitUntil("its death", () => former.signalCode !== null);
  meanwhile();
  const { pid } = supervise(dir, withoutCgroups);
  await waitUntil("the next supervisor", () => readExtended(dir)?.supervisor.pid === pid, 20);
}

const startedAgain = (dir: string, former: number, seconds = 10) =>
  waitUntil("started again", () => ![0, former].includes(upPid(dir)), seconds);
const isUp = (dir: string) => waitUntil(`${dir} up`, () => upPid(dir), 20);
const text = (...path: string[]): string => readFileSync(join(...path), "utf8");
const inState = (dir: string, wanted: string) =>
  waitUntil(`${dir} ${wanted}`, () => readExtended(dir)?.state === wanted, 20);

test("finish is told exit code or signal; 125 leaves the service down", async () => {
  const dir = service(tempDir(), "s", {
    run: "[ -e killed ] || { touch killed; kill -9 $$; }\nexit 3",
    finish: 'echo "$1 $2" >> ends\n[ $1 = -1 ] || exit 125',
    backoff: "0 0",
  });
  supervise(dir);
  await inState(dir, "down");
  expect(text(dir, "ends")).toBe("-1 9\n3 0\n");
  expect(state(dir)).toMatchObject({ want: "d", lastExit: { code: 3, signal: null }, starts: 2 });
  expect(state(dir).failed).toContain("125");
});

test.each([
  ["", false],
  [", by a supervisor that takes over, too", true],
])(
  "finish shows in the status as runit has it, and is killed after finish-timeout%s",
  async (_, takenOver) => {
    const dir = service(tempDir(), "s", { run: "exit 0", finish: "exec sleep 1000", "finish-timeout": "1" });
    const first = supervise(dir);
    const status = await waitUntil("finish", () => {
      const bytes = readFileSync(join(dir, "supervise/status"));
      return bytes[19] === 2 && bytes.readUInt32LE(12);
    });
    await waitUntil("its sleep", () => text(`/proc/${status}/cmdline`).includes("sleep"));
    if (takenOver) await successor(dir, first);
    sendControl(dir, "d");
    await inState(dir, "down");
    expect(isAlive(status)).toBe(false);
  },
);

const stubborn =
  "trap '' TERM\n(trap '' TERM; exec sleep 1000) &\necho $! > child\nwhile :; do sleep 1; done";

test("without stop-timeout nobody is killed, and what is left behind is shown", async () => {
  const dir = service(tempDir(), "s", { run: "sleep 1000 &\necho $! > child\nexec sleep 1000" });
  supervise(dir);
  await isUp(dir);
  const child = Number(
    await waitUntil("the child", () => existsSync(join(dir, "child")) && text(dir, "child")),
  );
  sendControl(dir, "d");
  await inState(dir, "down");
  expect(isAlive(child)).toBe(true);
  expect(state(dir).leftOver.map((p) => p.pid)).toEqual([child]);
  expect(aliveOf(dir)).toEqual([{ pid: child, comm: "sleep", main: false }]);
  process.kill(child, "SIGKILL");
});

test("stop-timeout: TERM, then KILL to all; meanwhile it can be seen who is alive", async () => {
  const dir = service(tempDir(), "s", { run: stubborn, "stop-timeout": "1" });
  supervise(dir);
  const pid = await isUp(dir);
  const child = Number(
    await waitUntil("the child", () => existsSync(join(dir, "child")) && text(dir, "child")),
  );
  sendControl(dir, "d");
  await waitUntil("stopping", () => state(dir).stopping?.killAt);
  const alive = aliveOf(dir).map((p) => p.pid);
  expect(alive).toEqual(expect.arrayContaining([pid, child]));
  await inState(dir, "down");
  expect(alive.filter(isAlive)).toEqual([]);
  expect(state(dir).lastExit).toMatchObject({ signal: "KILL" });
});

test.each([
  ["", "0.3", (_: string, _first: ChildProcess, pid: number) => void process.kill(pid, "SIGKILL")],
  [
    ", though the supervisor died over it",
    "2",
    async (dir: string, first: ChildProcess, pid: number) => {
      process.kill(pid, "SIGKILL");
      await inState(dir, "clearing");
      await successor(dir, first);
    },
  ],
  [
    ", though no supervisor saw its end",
    "0.3",
    (dir: string, first: ChildProcess, pid: number) =>
      successor(dir, first, () => void process.kill(pid, "SIGKILL")),
  ],
])("leftovers of the last lifetime are ended before the next start%s", async (_, timeout, kill) => {
  const dir = service(tempDir(), "s", {
    // what nobody has waited for yet is no more
    run: '[ -e child ] && grep -q "State:.[^Z]" /proc/$(cat child)/status 2>/dev/null && touch overlap\n(trap "" TERM; exec sleep 1000) & echo $! > child\nexec sleep 1000',
    "stop-timeout": timeout,
    backoff: "0 0",
  });
  const first = supervise(dir, withoutCgroups);
  const pid = await isUp(dir);
  const child = Number(
    await waitUntil("the child", () => existsSync(join(dir, "child")) && text(dir, "child")),
  );
  await kill(dir, first, pid);
  await startedAgain(dir, pid, 20);
  expect(isAlive(child)).toBe(false);
  expect(existsSync(join(dir, "overlap"))).toBe(false);
  sendControl(dir, "dx");
  await inState(dir, "gone");
});

test("a process whose start was not noted any more is taken for run, not for finish", async () => {
  const dir = service(tempDir(), "s", { finish: "exit 0", backoff: "0 0" });
  const first = start(["env", "SVTRACE_FAULT=start:spawned:2", svtracePath, "supervise", dir]);
  const pid = await isUp(dir);
  sendControl(dir, "t");
  await waitUntil("the fault", () => first.signalCode !== null);
  await successor(dir, first);
  await startedAgain(dir, pid);
});

test("commands are answered during the respawn delay", async () => {
  const dir = service(tempDir(), "s", { run: "exit 1", backoff: "30 30" });
  supervise(dir);
  await inState(dir, "delay");
  sendControl(dir, "d");
  await inState(dir, "down");
});

test("the death tally gives up until u", async () => {
  const dir = service(tempDir(), "s", {
    run: "echo begun >> starts\nexit 1",
    backoff: "0.05 0.1",
    "death-tally": "5 60",
  });
  supervise(dir);
  await inState(dir, "down");
  expect(text(dir, "starts")).toBe("begun\n".repeat(5));
  expect(state(dir).failed).toBe("5 deaths within 60 s");
  writeFileSync(join(dir, "run"), "#!/bin/sh\nexec sleep 1000\n");
  sendControl(dir, "u");
  await isUp(dir);
  expect(state(dir).failed).toBe(null);
});

const notify = `exec perl -MIO::Socket::UNIX -e 'sleep 1; my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $ENV{NOTIFY_SOCKET} =~ s/^@/\\0/r) or die $!; $s->send("STATUS=x\\nREADY=1\\n"); sleep 1000'`;

test("svtrace up --wait: started in the order of needs, ready by descriptor and socket; --stop ends all", async () => {
  const scan = tempDir();
  const order = (name: string) => `echo ${name} >> ../order`;
  const a = service(scan, "a", { run: `${order("a")}\nexec sleep 1000`, needs: "b" });
  const b = service(scan, "b", {
    run: `${order("b")}\nsleep 0.5\necho ready >&4\nexec sleep 1000`,
    needs: "c",
    "notification-fd": "4",
  });
  const c = service(scan, "c", { run: `${order("c")}\n${notify}`, "notify-socket": "" });
  const up = await svtrace(["up", "--wait=30", scan]);
  onTestFinished(async () => void (await svtrace(["up", "--stop", scan])));
  expect(up).toMatchObject({ status: 0, stdout: `${scan}: 3 services ready\n` });
  expect(text(scan, "order")).toBe("c\nb\na\n");
  for (const dir of [a, b, c]) expect(state(dir)).toMatchObject({ state: "up", ready: true });
  expect(state(c).readyAt! - state(c).startedAt!).toBeGreaterThan(0.9);
  const again = await svtrace(["restart", "--wait", c]);
  expect(again).toMatchObject({ status: 0, stderr: "" });
  expect(again.stdout).toContain(`ready (pid ${state(c).pid})`);
  expect(state(c).lastRestart!.seconds).toBeGreaterThan(0.9);
  const pids = [a, b, c].map((dir) => state(dir).pid);
  expect(await svtrace(["up", "--stop", scan])).toMatchObject({ status: 0 });
  expect(pids.filter(isAlive)).toEqual([]);
});

test("svtrace up --wait says what is not ready, and names a cycle of needs; the others run", async () => {
  const scan = tempDir();
  service(scan, "slow", { "notification-fd": "3" });
  service(scan, "after", { needs: "slow" });
  const late = await svtrace(["up", "--wait=1.5", scan]);
  onTestFinished(async () => void (await svtrace(["up", "--stop", scan])));
  expect(late.status).toBe(1);
  expect(late.stderr).toContain("slow");
  expect(late.stderr).toContain("after (needs slow)");
  for (const [name, needed] of ["ab", "bc", "ca"].map((s) => [...s])) service(scan, name, { needs: needed });
  const other = service(scan, "other", {});
  const cycle = await svtrace(["up", "--wait=20", scan]);
  expect(cycle.status).toBe(1);
  expect(cycle.stderr).toMatch(
    /needs form a cycle: (a needs b needs c needs a|b needs c needs a needs b|c needs a needs b needs c)/,
  );
  await isUp(other);
});

test("svtrace up --wait names who has a service's directory", async () => {
  const scan = tempDir();
  const dir = service(scan, "app", {});
  const holder = start([svtracePath, "supervise", dir]);
  onTestFinished(async () => {
    await svtrace(["svc", "-dx", dir]);
    await waitUntil("supervise to leave", () => holder.exitCode !== null);
  });
  await isUp(dir);
  const up = await svtrace(["up", "--wait=20", scan]);
  onTestFinished(async () => void (await svtrace(["up", "--stop", scan])));
  expect(up.status).toBe(1);
  expect(up.stderr).toMatch(
    new RegExp(
      `app: unable to acquire app/supervise/lock: temporary failure \\(held by .*pid ${holder.pid}\\)`,
    ),
  );
});

test("killed supervisor: the next one takes over, hears of deaths at once and knows how they ended", async () => {
  const scan = tempDir();
  const dir = service(scan, "app", { run: "echo started\nexec sleep 1000" });
  const log = service(dir, "log", { run: `exec ${svtracePath} multilog ./main` });
  const first = start([svtracePath, "up", scan]);
  const pid = await isUp(dir);
  const logger = await isUp(log);
  first.kill("SIGKILL");
  await waitUntil("its end", () => first.signalCode !== null);
  start([svtracePath, "up", scan]);
  await waitUntil(
    "taken over",
    () => state(dir).supervisor.pid !== first.pid && state(log).supervisor.pid !== first.pid,
  );
  expect([state(dir).pid, state(log).pid, state(dir).starts]).toEqual([pid, logger, 1]);
  await sleep(1.2);
  process.kill(pid, "SIGUSR1");
  await startedAgain(dir, pid);
  const { lastExit, lastRestart } = state(dir);
  expect(lastExit).toMatchObject({ pid, signal: "USR1", missed: false });
  expect(lastRestart!.started - lastRestart!.dead).toBeLessThan(1);
  await waitUntil("the same log", () => text(log, "main/current") === "started\nstarted\n");
  expect(isAlive(logger)).toBe(true);
});

test("svtrace up --replace: same pid, services untouched, children still ours", async () => {
  const scan = tempDir();
  const dir = service(scan, "app", {});
  const child = start([svtracePath, "up", scan]);
  const pid = await isUp(dir);
  for (let i = 0; i < 2; i++) {
    expect(await svtrace(["up", "--replace", scan])).toMatchObject({
      status: 0,
      stdout: `${scan}: supervisor replaced (pid ${child.pid})\n`,
    });
    await waitUntil("open", () => upPid(dir) === pid);
  }
  process.kill(pid, "SIGUSR2");
  await startedAgain(dir, pid);
  expect(state(dir).lastExit).toMatchObject({ pid, signal: "USR2" });
  expect(await svtrace(["up", scan])).toMatchObject({ status: 1 });
});

test(
  ...needs("the socket answers root and its own user only", notRoot(), lacks("setpriv", "perl")),
  async () => {
    const scan = tempDir();
    service(scan, "app", {});
    start([svtracePath, "up", scan]);
    await isUp(join(scan, "app"));
    const socket = join(scan, ".svtrace/up.sock");
    expect(statSync(join(scan, ".svtrace")).mode & 0o777).toBe(0o700);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    // even where the modes would let another user in
    for (const [path, mode] of [
      [scan, 0o755],
      [join(scan, ".svtrace"), 0o755],
      [socket, 0o666],
    ] as const)
      chmodSync(path, mode);
    const ask = `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die $!; print $s qq({"op":"status"}\\n); $s->flush; print scalar <$s>`;
    const perl = ["perl", "-e", ask, socket];
    const stranger = await run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...perl]);
    expect(JSON.parse(stranger.stdout)).toEqual({ error: "permission denied" });
    expect(JSON.parse((await run(perl)).stdout)).toMatchObject({
      ok: true,
      services: [{ name: "app", state: "up" }],
    });
  },
);

test(
  ...needs(
    "pid 1 of a container: reaps strangers, forwards signals, ends in order",
    notRoot(),
    lacks("unshare"),
  ),
  async () => {
    const scan = tempDir();
    const dir = service(scan, "app", {
      // leaves an orphan that ends soon
      run: `(sleep 0.3 & echo $! > orphan)\nexec perl -e '$SIG{HUP} = sub { open F, ">>heard"; print F "HUP\\n"; close F }; $SIG{TERM} = sub { open F, ">>heard"; print F "TERM\\n"; close F; exit }; open F, ">>heard"; print F "ready\\n"; close F; sleep 1 while 1'`,
    });
    const box = start(["unshare", "--pid", "--fork", "--mount-proc", svtracePath, "up", scan]);
    await waitUntil("ready", () => existsSync(join(dir, "heard")) && text(dir, "heard") === "ready\n", 20);
    const inner = await waitUntil("pid 1", () => Number(text(`/proc/${box.pid}/task/${box.pid}/children`)));
    process.kill(inner, "SIGHUP");
    await waitUntil("HUP", () => text(dir, "heard") === "ready\nHUP\n");
    await sleep(0.5);
    const zombies = text(`/proc/${inner}/task/${inner}/children`)
      .trim()
      .split(" ")
      .filter((pid) => processState(Number(pid)) === "Z");
    expect(zombies).toEqual([]);
    process.kill(inner, "SIGTERM");
    await waitUntil("the end", () => box.exitCode !== null, 20);
    expect(box.exitCode).toBe(0);
    expect(text(dir, "heard")).toBe("ready\nHUP\nTERM\n");
  },
);

test("a cgroup that cannot be had: process group and descent tell what belongs to a service", async () => {
  const dir = service(tempDir(), "s", { run: stubborn, "stop-timeout": "0.5" });
  supervise(dir, withoutCgroups);
  const pid = await isUp(dir);
  if (withoutCgroups.length > 0) expect(state(dir).cgroup).toBe(null);
  const child = Number(
    await waitUntil("the child", () => existsSync(join(dir, "child")) && text(dir, "child")),
  );
  sendControl(dir, "d");
  await inState(dir, "down");
  expect([pid, child].filter(isAlive)).toEqual([]);
});
