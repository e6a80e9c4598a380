import { execFileSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDir } from "../../test/helpers.ts";
import { readSmall } from "./small-file.ts";

test("the text of a file, whatever its bytes are", () => {
  const path = join(tempDir(), "script");
  writeFileSync(path, "t ./main\n# größer\n");
  expect(readSmall(path)).toBe("t ./main\n# größer\n");
  expect(readSmall(Buffer.from(path))).toBe("t ./main\n# größer\n");
  writeFileSync(path, "x".repeat(65536));
  expect(readSmall(path).length).toBe(65536);
});

test("what is too long, is not a file or is not there", () => {
  const dir = tempDir();
  const path = join(dir, "script");
  expect(() => readSmall(path)).toThrow("ENOENT");
  writeFileSync(path, "");
  truncateSync(path, 1e13);
  expect(() => readSmall(path)).toThrow("is longer than 64 KiB");
  expect(() => readSmall(dir)).toThrow("is no regular file");
  // nobody writes to it, and we do not wait for anybody
  execFileSync("mkfifo", [join(dir, "fifo")]);
  expect(() => readSmall(join(dir, "fifo"))).toThrow("is no regular file");
  expect(() => readSmall("/dev/zero")).toThrow("is no regular file");
});
