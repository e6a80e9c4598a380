import {
  closeSync,
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
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { pipe } from "../../kernel/pipes.ts";
import { Channel } from "./channel.ts";
import { Source } from "./source.ts";

test("a pipe that cannot be opened for want of descriptors is opened later", async () => {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-channel-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, "supervise"));
  writeFileSync(join(dir, "multilog"), "./main\n");
  const [reader, writer] = pipe();
  const [inode, path] = [fstatSync(reader).ino, `/proc/self/fd/${reader}`];
  vi.spyOn(Source, "open").mockImplementation(() => {
    throw Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const said: string[] = [];
  let gone = () => {};
  const ended = new Promise<void>((done) => {
    gone = done;
  });
  const channel = new Channel(dir, "app/log", (text) => said.push(text), gone);
  channel.attach({ dir, label: "app/log", inode, path, last: false });
  writeSync(writer, "one\n");
  channel.end();
  await sleep(150);
  expect(said[0]).toBe("app/log: unable to open the log pipe: EMFILE: too many open files");
  vi.restoreAllMocks();
  closeSync(writer);
  await ended;
  expect(readFileSync(join(dir, "main/current"), "utf8")).toBe("one\n");
  closeSync(reader);
});
