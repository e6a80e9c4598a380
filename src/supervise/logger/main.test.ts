import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { openFifoWriter } from "../../kernel/files.ts";
import { pipe } from "../../kernel/pipes.ts";
import { LoggerFiles } from "./files.ts";
import { Logger } from "./main.ts";

async function until(what: string, probe: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !probe(); await turn()) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
  }
}

test("an end that was called off does not end the logs of whoever comes next", async () => {
  const home = mkdtempSync(join(tmpdir(), "svtrace-logger-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const dir = join(home, "log");
  mkdirSync(join(dir, "supervise"), { recursive: true });
  writeFileSync(join(dir, "multilog"), "./main\n");
  const [reader, writer] = pipe();
  const job = {
    dir,
    label: "app/log",
    inode: fstatSync(reader).ino,
    path: `/proc/self/fd/${reader}`,
    last: false,
  };
  const files = new LoggerFiles(home);
  const wake = () => {
    const fd = openFifoWriter(files.wake);
    writeSync(fd, "!");
    closeSync(fd);
  };
  const said: string[] = [];
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  files.writeWork({ jobs: [job], over: false });
  const ended = new Logger(home, (text) => said.push(text)).run();
  const current = join(dir, "main/current");
  const log = () => (existsSync(current) ? readFileSync(current, "utf8") : "");
  const logs = async (line: string) => {
    writeSync(writer, line);
    await until(line, () => log().endsWith(line));
  };
  const timers = async (count: number) => until(`${count} timers`, () => vi.getTimerCount() === count);
  await logs("one\n");
  files.writeWork({ jobs: [job], over: true });
  wake();
  await timers(1);
  files.writeWork({ jobs: [job], over: false });
  wake();
  await timers(0);
  await logs("two\n");
  vi.advanceTimersByTime(5000);
  await logs("three\n");
  files.writeWork({ jobs: [job], over: true });
  wake();
  await timers(1);
  vi.advanceTimersByTime(5000);
  expect(await ended).toBe(true);
  expect(said).toEqual([]);
  [reader, writer].forEach(closeSync);
});
