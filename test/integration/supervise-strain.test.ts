/** Supervision while something is not to be had that it needs: somebody who reads its messages, descriptors. */
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writable } from "../../src/kernel/poll.ts";
import { sendControl } from "../../src/supervise/control.ts";
import { readExtended } from "../../src/supervise/extended.ts";
import { start, svtracePath, tempDir, waitUntil } from "../helpers.ts";
import { service, upPid } from "../services.ts";

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
