import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pipe } from "../../kernel/pipes.ts";
import { type Position, Spool } from "./spool.ts";

const position: Position = {
  script: "s",
  marks: { "./main": { inode: 7, bytes: 9, due: false } },
  long: null,
};

function path(): string {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-spool-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return join(dir, "spool");
}

/** As if the machine had been started anew. */
const inAnotherBoot = (file: string) =>
  writeFileSync(file, readFileSync(file, "latin1").replace(/"boot":"./, '"boot":"-'), "latin1");

function text(spool: Spool, skip = 0): string {
  const into = Buffer.alloc(1000);
  return into.toString("latin1", 0, spool.read(into, skip, into.length));
}

test("what is not dealt with is there for whoever comes next", () => {
  const file = path();
  const [reader, writer] = pipe();
  const first = new Spool(file);
  expect(first.left).toBe(undefined);
  expect(first.refill(reader, 100)).toBe(undefined);
  writeSync(writer, "one\ntwo\nthr");
  expect(first.refill(reader, 100)).toBe(11);
  first.commit(4, position);
  expect(text(first)).toBe("two\nthr");
  expect(text(first, 4)).toBe("thr");
  const second = new Spool(file);
  expect(second.left).toEqual(position);
  expect(text(second)).toBe("two\nthr");
  second.commit(4, position);
  second.compact();
  expect(readFileSync(file).length).toBe(4096);
  expect(second.pending).toBe(3);
  writeSync(writer, "ee\nfour\n");
  closeSync(writer);
  expect(second.refill(reader, 3)).toBe(3);
  const third = new Spool(file);
  expect(text(third)).toBe("three\n");
  expect(text(third, 2)).toBe("ree\n");
  third.commit(5, position);
  expect(text(third)).toBe("\n");
  expect(third.refill(reader, 100)).toBe(5);
  expect(third.refill(reader, 100)).toBe(0);
  expect(text(new Spool(file))).toBe("\nfour\n");
  third.finish();
  expect(new Spool(file).left).toBe(undefined);
  closeSync(reader);
});

test("death between the steps of making room", () => {
  const file = path();
  const [reader, writer] = pipe();
  const spool = new Spool(file);
  writeSync(writer, "one\nrest");
  spool.refill(reader, 100);
  spool.commit(4, position);
  // as `compact` does it, but for the last step
  const before = readFileSync(file);
  spool.compact();
  const header = JSON.parse(readFileSync(file, "utf8").replace(/\0.*/s, ""));
  writeFileSync(file, before);
  const fd = openSync(file, "r+");
  writeSync(fd, Buffer.from(`${JSON.stringify({ ...header, done: 8 })}\0`), 0, null, 0);
  closeSync(fd);
  expect(text(new Spool(file))).toBe("rest");
  truncateSync(file, 4096);
  expect(text(new Spool(file))).toBe("rest");
  for (const end of [reader, writer]) closeSync(end);
});

test("of another boot nothing is taken up", () => {
  const file = path();
  const spool = new Spool(file);
  spool.commit(0, position);
  inAnotherBoot(file);
  expect(new Spool(file).left).toBe(undefined);
});

test("what was left in order is taken up in another boot, too, but for what the logs were", () => {
  const file = path();
  const [reader, writer] = pipe();
  const spool = new Spool(file);
  writeSync(writer, "one\ntwo\n");
  spool.refill(reader, 100);
  spool.commit(4, position);
  spool.close();
  for (const end of [reader, writer]) closeSync(end);
  inAnotherBoot(file);
  const next = new Spool(file);
  expect(next.left).toEqual({ script: "", marks: {}, long: null });
  expect(text(next)).toBe("two\n");
  // nothing is sealed while it is in use
  inAnotherBoot(file);
  expect(new Spool(file).left).toBe(undefined);
});
