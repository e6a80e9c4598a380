import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { tempDir } from "../../test/helpers.ts";
import { connectTo, shortPath } from "./short-path.ts";

test("a socket in a directory with a long name", async () => {
  const dir = join(tempDir(), "x".repeat(200));
  const path = join(dir, "s");
  expect(() => shortPath(path, () => 0)).toThrow("ENOENT");
  expect(connectTo(path)).toBe(undefined);
  mkdirSync(dir);
  const server = createServer((socket) => socket.end("hello"));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => shortPath(path, (short) => server.listen(short, resolve)));
  const text = await new Promise((resolve) => connectTo(path)!.on("data", (d) => resolve(String(d))));
  expect(text).toBe("hello");
});
