import { closeSync, readSync, writeSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { pipe } from "../kernel/pipes.ts";
import { writable } from "../kernel/poll.ts";
import { Messages } from "./messages.ts";

const PIECE = Buffer.alloc(1024, "x");
const TAKEN = 128 * 1024;

function read(fd: number): string {
  const into = Buffer.alloc(TAKEN);
  return into.toString("latin1", 0, readSync(fd, into));
}

test("messages that nobody reads hold nobody up, and are counted", () => {
  const [reader, writer] = pipe();
  onTestFinished(() => [reader, writer].forEach(closeSync));
  let filled = 0;
  while (writable(writer, 0)) filled += writeSync(writer, PIECE);
  const messages = new Messages(writer, "svscan");
  messages.say(Buffer.from("one\n"));
  messages.say(Buffer.from("two\n"));
  expect(read(reader).length).toBe(filled);
  messages.say(Buffer.from("three\n"));
  messages.say(Buffer.from(`${"y".repeat(5000)}\n`));
  const [told, three, long, end] = read(reader).split("\n");
  expect(told).toBe("svscan: warning: 2 messages not shown: standard error was not read");
  expect(three).toBe("three");
  expect([long.length, long.slice(-4), end]).toEqual([4095, "y...", ""]);
});
