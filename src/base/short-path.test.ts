import { mkdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { tempDir } from "../../test/helpers.ts";
import { shortPath } from "./short-path.ts";

test("a socket in a directory with a long name", async () => {
  const dir = join(tempDir(), "x".repeat(200));
  const path = join(dir, "s");
  expect(() => shortPath(path, () => 0)).toThrow("ENOENT");
  mkdirSync(dir);
  const server = createServer((socket) => socket.end("hello"));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => shortPath(path, (short) => server.listen(short, resolve)));
  const text = await new Promise((resolve) =>
    shortPath(path, (short) => connect(short)).on("data", (d) => resolve(String(d))),
  );
  expect(text).toBe("hello");
});
