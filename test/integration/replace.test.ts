/** `svtrace up --replace`, and successors after a crash: what hangs on the one that was. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ownCgroup } from "../../src/kernel/cgroup.ts";
import { ask } from "../../src/supervise/api.ts";
import { sendControl } from "../../src/supervise/control.ts";
import { readExtended } from "../../src/supervise/extended.ts";
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
import { service, up, upPid } from "../services.ts";

const MULTILOG = `#!/bin/sh\nexec ${svtracePath} multilog ./main\n`;

/** The pid of its process, once it is up under this supervisor. */
const upUnder = (dir: string, supervisor: number) =>
  waitUntil(
    `${dir} up`,
    () => {
      const e = readExtended(dir);
      return e?.supervisor.pid === supervisor && e.state === "up" && e.pid;
    },
    30,
  );

const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");

const recorderOf = (supervisor: number) =>
  waitUntil(
    "a recorder",
    () =>
      readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, "utf8")
        .trim()
        .split(" ")
        .map(Number)
        .find((pid) => commandOf(pid).includes("recorder")),
    20,
  );

/** What lies behind the descriptors of a process, by their numbers. */
function descriptors(pid: number): Record<string, string> {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [[fd, readlinkSync(`/proc/${pid}/fd/${fd}`)]];
    } catch {
      // it has just closed it
      return [];
    }
  });
  return Object.fromEntries(links);
}

/** Those that not every process we start has: whoever runs the tests may pass on some of theirs. */
function ownDescriptors(pid: number) {
  const common = descriptors(start(["sleep", "1000"]).pid!);
  return Object.entries(descriptors(pid)).filter(([fd]) => Number(fd) <= 2 || common[fd] === undefined);
}

const ownNumbers = (pid: number) => ownDescriptors(pid).map(([fd]) => Number(fd));

/** A service whose new process waits for a recorder that is stopped. */
async function waiting(...prefix: string[]) {
  const scan = tempDir("waiting");
  const dir = service(scan, "app", { "log/run": MULTILOG });
  const other = service(scan, "other", { "trace/note": "" });
  const supervisor = up(scan, ...prefix);
  // not traced, so that it can end without the recorder
  const before = await upUnder(dir, supervisor.pid);
  const bystander = await upUnder(other, supervisor.pid);
  const recorder = await recorderOf(supervisor.pid);
  await waitUntil("its exec", () => commandOf(bystander)[0] === "sleep");
  process.kill(recorder, "SIGSTOP");
  onTestFinished(() => {
    if (isAlive(recorder)) process.kill(recorder, "SIGKILL");
  });
  mkdirSync(join(dir, "trace"));
  sendControl(dir, "t");
  const pid = await waitUntil("the wait", () => {
    const { pid } = readExtended(dir)!;
    return pid !== 0 && pid !== before && processState(pid) === "T" && pid;
  });
  return { scan, dir, other, supervisor, recorder, pid, bystander };
}

test.each([
  ["", []],
  [" (a kernel without close_range)", ["setarch", "--uname-2.6"]],
])(
  ...needs("a child that waits for the recorder has nothing of ours%s", notRoot(), lacks("setarch")),
  async (_, prefix) => {
    const { pid, dir } = await waiting(...prefix);
    expect(ownNumbers(pid)).toEqual([0, 1, 2]);
    expect(descriptors(pid)[1]).toBe(`pipe:[${readExtended(dir)!.logPipe}]`);
  },
);

test(...needs("the supervisor is replaced while a child waits for the recorder", notRoot()), async () => {
  const { scan, dir, other, supervisor, pid, bystander } = await waiting();
  expect(await svtrace(["up", "--replace", scan])).toMatchObject({
    status: 0,
    stdout: `${scan}: supervisor replaced (pid ${supervisor.pid})\n`,
  });
  await waitUntil("its exec", () => commandOf(pid)[0] === "sleep", 20);
  expect(await upUnder(dir, supervisor.pid)).toBe(pid);
  expect(await upUnder(other, supervisor.pid)).toBe(bystander);
});

test.each([
  ["the next one has it go on", () => {}],
  ["and tracing is switched off: all the same", (dir: string) => writeFileSync(join(dir, "trace/down"), "")],
])(
  "supervisor and recorder killed while a child waits: %s",
  { skip: notRoot() !== "" },
  async (_, meanwhile) => {
    const { scan, dir, other, supervisor, recorder, pid, bystander } = await waiting();
    for (const victim of [supervisor.pid, recorder]) process.kill(victim, "SIGKILL");
    await waitUntil("their deaths", () => ![supervisor.pid, recorder].some(isAlive));
    expect(processState(pid)).toBe("T");
    meanwhile(dir);
    const next = up(scan);
    expect(await upUnder(dir, next.pid)).toBe(pid);
    expect(await upUnder(other, next.pid)).toBe(bystander);
    await waitUntil("its exec", () => commandOf(pid)[0] === "sleep", 20);
    expect(readExtended(dir)!.starts).toBe(2);
  },
);

test("a process that somebody has stopped stays so, though it is recorded", async () => {
  const dir = service(tempDir("stopped"), "app", { "trace/note": "" });
  const first = start([svtracePath, "supervise", dir]);
  const pid = await upUnder(dir, first.pid!);
  await waitUntil("its exec", () => commandOf(pid)[0] === "sleep");
  process.kill(pid, "SIGSTOP");
  await waitUntil("its stop", () => processState(pid) === "T");
  first.kill("SIGKILL");
  await waitUntil("its death", () => first.signalCode !== null);
  const next = start([svtracePath, "supervise", dir]);
  expect(await upUnder(dir, next.pid!)).toBe(pid);
  await sleep(0.3);
  expect(processState(pid)).toBe("T");
});

test(
  ...needs("how a service ended while pid 1 was being replaced is known", notRoot(), lacks("unshare")),
  async () => {
    const scan = tempDir("status");
    const dir = service(scan, "app");
    const other = service(scan, "other", { "trace/note": "" });
    const box = start(["unshare", "--pid", "--fork", "--mount-proc", svtracePath, "up", scan]);
    await waitUntil("both", () => upPid(dir) !== 0 && upPid(other) !== 0, 30);
    const children = (pid: number) =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
    const [supervisor] = children(box.pid!);
    const pid = await waitUntil("its exec", () =>
      children(supervisor).find((p) => commandOf(p)[0] === "sleep" && readlinkSync(`/proc/${p}/cwd`) === dir),
    );
    const recorder = await recorderOf(supervisor);
    process.kill(recorder, "SIGKILL");
    await ask(scan, { op: "replace", main: svtracePath }, 5000);
    // it is waited for before anything is taken over
    await waitUntil("the next recorder", async () => (await recorderOf(supervisor)) !== recorder);
    process.kill(pid, "SIGUSR2");
    await waitUntil("the next", () => readExtended(dir)?.starts === 2 && upPid(dir), 30);
    expect(readExtended(dir)!.lastExit).toMatchObject({ signal: "USR2", missed: false });
    process.kill(supervisor, "SIGTERM");
    await waitUntil("the end", () => box.exitCode !== null, 30);
  },
);

test(
  ...needs("a notification descriptor, and what we were started with, reach the service", lacks("sh")),
  async () => {
    const scan = tempDir("passed");
    const dir = service(scan, "app", {
      "notification-fd": "7\n",
      run: "#!/bin/sh\necho >&7\nexec sleep 1000\n",
    });
    start(["sh", "-c", 'exec "$@" 5</dev/zero 9</dev/full', "sh", svtracePath, "up", scan]);
    const pid = await waitUntil("ready", () => [readExtended(dir)].find((e) => e?.ready)?.pid, 30);
    await waitUntil("its exec", () => commandOf(pid)[0] === "sleep");
    expect(ownDescriptors(pid).slice(3)).toEqual([
      ["5", "/dev/zero"],
      ["7", expect.stringMatching(/^pipe:/)],
      ["9", "/dev/full"],
    ]);
  },
);

test(...needs("a lock that is given back in a moment is waited for", lacks("flock")), async () => {
  const scan = tempDir("lock");
  const dir = service(scan, "app");
  mkdirSync(join(scan, ".svtrace"));
  const lock = join(scan, ".svtrace/lock");
  start(["flock", lock, "sh", "-c", 'while ! test -e "$0"; do sleep 0.01; done', join(scan, "now")]);
  await waitUntil("the lock", async () => (await run(["flock", "-n", lock, "true"])).status !== 0);
  const { pid, said } = up(scan);
  await waitUntil("its start", () => listens(pid), 20);
  // it has tried by then
  await sleep(0.4);
  writeFileSync(join(scan, "now"), "");
  await upUnder(dir, pid);
  expect(said()).toBe("");
});

test("a supervisor that could not be replaced passes nothing of its own on", async () => {
  const scan = tempDir("failed");
  const a = service(scan, "a", { "log/run": MULTILOG });
  const b = service(scan, "b");
  const { pid: supervisor } = up(scan);
  await upUnder(a, supervisor);
  const before = await upUnder(b, supervisor);
  expect(await ask(scan, { op: "replace", main: "/nonexistent/svtrace" }, 5000)).toMatchObject({ ok: true });
  await sleep(0.2);
  sendControl(b, "t");
  const after = await waitUntil("the next", async () => {
    const pid = await upUnder(b, supervisor);
    return pid !== before && commandOf(pid)[0] === "sleep" && pid;
  });
  expect(ownNumbers(after)).toEqual([0, 1, 2]);
  const logPipe = `pipe:[${readExtended(a)!.logPipe}]`;
  const open = Object.entries(descriptors(supervisor)).filter(([, target]) => target === logPipe);
  const flags = open.map(([fd]) =>
    /flags:\s+(\d+)/.exec(readFileSync(`/proc/${supervisor}/fdinfo/${fd}`, "utf8")),
  );
  const CLOEXEC = 0o2000000;
  expect(flags.map((m) => (Number.parseInt(m![1], 8) & CLOEXEC) !== 0)).toEqual([true, true]);
});

test("svc and svok find a supervisor that is being replaced, and commands wait for it", async () => {
  const scan = tempDir("commands");
  const dir = service(scan, "app", { "log/run": MULTILOG });
  const { pid: supervisor } = up(scan);
  await upUnder(dir, supervisor);
  await upUnder(join(dir, "log"), supervisor);
  // another version, which takes its time to begin
  const slow = join(scan, ".svtrace/slow");
  writeFileSync(
    slow,
    `#!/bin/sh\nwhile ! test -e '${scan}/.svtrace/go'; do sleep 0.01; done\nexec '${svtracePath}' "$@"\n`,
  );
  chmodSync(slow, 0o755);
  expect(await ask(scan, { op: "replace", main: slow }, 5000)).toMatchObject({ ok: true });
  await waitUntil("its exec", () => commandOf(supervisor).includes(slow));
  for (const d of [dir, join(dir, "log")]) {
    expect(await svtrace(["svok", d])).toMatchObject({ status: 0 });
    expect(await svtrace(["svc", d])).toMatchObject({ stderr: "" });
  }
  const began = readExtended(dir)!.pid;
  sendControl(dir, "d");
  expect(isAlive(began)).toBe(true);
  writeFileSync(join(scan, ".svtrace/go"), "");
  await waitUntil("down", () => readExtended(dir)!.state === "down", 20);
  expect(isAlive(began)).toBe(false);
  // what was handed over is ours once, and not the service's
  const fifos = Object.values(descriptors(supervisor)).filter((t) => /supervise\/(control|ok)$/.test(t));
  expect(fifos.length).toBe(4);
  sendControl(dir, "u");
  const pid = await upUnder(dir, supervisor);
  await waitUntil("its exec", () => commandOf(pid)[0] === "sleep");
  expect(ownNumbers(pid)).toEqual([0, 1, 2]);
});

/** Whether Node has made its event loop there. */
const listens = (pid: number) => Object.values(descriptors(pid)).some((t) => t === "anon_inode:[eventpoll]");

test(
  ...needs(
    "what is left of a service does not keep its next process out of its cgroup",
    notRoot(),
    ownCgroup() === undefined ? "no cgroups of version 2" : "",
  ),
  async () => {
    const scan = tempDir("group");
    const dir = service(scan, "app", { run: "#!/bin/sh\nsleep 1000 &\necho $! > child\nexec sleep 1000\n" });
    const first = up(scan);
    const before = await upUnder(dir, first.pid);
    const { cgroup } = readExtended(dir)!;
    process.kill(first.pid, "SIGKILL");
    const { pid } = up(scan);
    await upUnder(dir, pid);
    sendControl(dir, "t");
    const next = await waitUntil("the next one", () => ![0, before].includes(upPid(dir)) && upPid(dir), 20);
    const members = readFileSync(join(cgroup!, "cgroup.procs"), "utf8").split("\n");
    expect(members).toEqual(
      expect.arrayContaining([String(next), readFileSync(join(dir, "child"), "utf8").trim()]),
    );
    process.kill(Number(members.find((m) => m !== String(next))), "SIGKILL");
  },
);
