import { closeSync, readSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { watchFd } from "./epoll.ts";
import { pipe } from "./pipes.ts";

/** What nobody catches, in place of whoever looks for it otherwise. */
function uncaught(): Error[] {
  const seen: Error[] = [];
  const before = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException").on("uncaughtException", (error) => seen.push(error));
  onTestFinished(() => {
    process.removeAllListeners("uncaughtException");
    for (const listener of before) process.on("uncaughtException", listener);
  });
  return seen;
}

test("one who throws keeps nobody else from being called, and is called again", async () => {
  const errors = uncaught();
  const calls: string[] = [];
  const watch = (name: string, ready: (calledBefore: boolean) => void) => {
    const [reader, writer] = pipe();
    const stop = watchFd(reader, () => {
      const before = calls.includes(name);
      calls.push(name);
      ready(before);
      readSync(reader, Buffer.alloc(1));
    });
    onTestFinished(() => {
      stop();
      [reader, writer].forEach(closeSync);
    });
    return writer;
  };
  const bad = watch("bad", (again) => {
    if (!again) throw new Error("not now");
  });
  const good = watch("good", () => {});
  writeSync(bad, "1");
  writeSync(good, "2");
  await sleep(200);
  expect([...calls].sort()).toEqual(["bad", "good"]);
  writeSync(good, "3");
  while (calls.length < 4) await sleep(50);
  await sleep(100);
  expect(calls.slice(2)).toEqual(["good", "bad"]);
  expect(errors.map((e) => e.message)).toEqual(["not now"]);
});
