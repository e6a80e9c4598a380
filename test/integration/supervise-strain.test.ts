/** Supervision while something is not to be had that it needs: somebody who reads its messages, descriptors. */
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writable } from "../../src/kernel/poll.ts";
import { sendControl } from "../../src/supervise/control.ts";
import { readExtended } from "../../src/supervise/extended.ts";
import { lacks, needs, start, svtrace, svtracePath, tempDir, waitUntil } from "../helpers.ts";
import { service, supervisor, upPid } from "../services.ts";

const isUp = (dir: string, but = 0) =>
  waitUntil(`${dir} up`, () => [upPid(dir)].find((pid) => pid !== but), 30);

test("nobody reads its messages: services and logs go on, and what was not shown is counted", async () => {
  const scan = tempDir("unread");
  const loud = service(scan, "loud", { run: "#!/bin/sh\nexec yes >&2\n" });
  const broken = service(scan, "broken", { run: "#!/nonexistent\n", backoff: "0.02 0.02\n" });
  const app = service(scan, "app", {
    run: "#!/bin/sh\necho started\nexec sleep 1000\n",
    "log/multilog": "e ./main\n",
  });
  const fifo = join(scan, ".stderr");
  spawnSync("mkfifo", [fifo]);
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(fd));
  const child = start(["sh", "-c", 'exec "$@" 2>"$0"', fifo, svtracePath, "up", scan]);
  const before = await isUp(app);
  await waitUntil("nothing to fit in", () => !writable(fd, 0));
  const { starts } = readExtended(broken)!;
  await waitUntil("more starts", () => readExtended(broken)!.starts > starts + 10);
  sendControl(app, "t");
  await isUp(app, before);
  const log = () => readFileSync(join(app, "log/main/current"), "utf8");
  await waitUntil("its log", () => log() === "started\nstarted\n");
  sendControl(loud, "d");
  await waitUntil("silence", () => readExtended(loud)?.state === "down");
  let text = "";
  const into = Buffer.alloc(65_536);
  await waitUntil("what was not shown", () => {
    text += into.toString("latin1", 0, readSync(fd, into));
    return /^svtrace up: warning: \d{2,} messages not shown: standard error was not read$/m.test(text);
  });
  child.kill("SIGTERM");
  await waitUntil("the end", () => child.exitCode !== null, 30);
  expect(child.exitCode).toBe(0);
});

const limitFiles = (pid: number, soft: number) =>
  spawnSync("prlimit", ["--pid", String(pid), `--nofile=${soft}:`]);

test(
  ...needs("no descriptors for a while: what was to be done is done later", lacks("prlimit", "perl")),
  async () => {
    const dir = service(tempDir("none"), "app", {
      run: `#!/bin/sh\nsleep 1000 &\nexec perl -e 'sub say { open F, ">>heard"; print F "@_\\n"; close F } $SIG{HUP} = sub { say("HUP") }; $SIG{USR1} = sub { open N, ">&=4"; syswrite N, "\\n" }; say("begun"); select undef, undef, undef, 0.05 while 1'\n`,
      "notification-fd": "4\n",
      "stop-timeout": "5\n",
    });
    const heard = () => readFileSync(join(dir, "heard"), "utf8");
    const first = start([svtracePath, "supervise", dir]);
    const pid = await isUp(dir);
    await waitUntil("it to hear", () => heard() === "begun\n");
    first.kill("SIGKILL");
    await waitUntil("its death", () => first.signalCode !== null);
    const { child, stderr } = supervisor(svtracePath, "supervise", dir);
    await waitUntil("taken over", () => readExtended(dir)?.supervisor.pid === child.pid);
    await waitUntil("svok", async () => (await svtrace(["svok", dir])).status === 0);
    limitFiles(child.pid!, 3);
    process.kill(pid, "SIGUSR1");
    sendControl(dir, "h");
    await waitUntil(
      "complaints",
      () => /going on.*EMFILE/.test(stderr()) && /kill:HUP failed/.test(stderr()),
    );
    expect(heard()).toBe("begun\n");
    limitFiles(child.pid!, 1000);
    await waitUntil("readiness", () => readExtended(dir)?.ready);
    await waitUntil("HUP", () => heard() === "begun\nHUP\n");
    limitFiles(child.pid!, 3);
    process.kill(pid, "SIGKILL");
    await waitUntil("a complaint", () => /clear failed/.test(stderr()));
    limitFiles(child.pid!, 1000);
    await isUp(dir, pid);
    sendControl(dir, "dx");
    await waitUntil("the end", () => child.exitCode !== null, 30);
  },
);
