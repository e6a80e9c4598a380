import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocking, lockHolder } from "./locks.ts";

test("the lock before the request that waits is the one that blocks it", () => {
  const locks = `1: POSIX  ADVISORY  WRITE 100 08:01:7 0 EOF
2: FLOCK  ADVISORY  WRITE 200 08:01:8 0 EOF
2: -> FLOCK  ADVISORY  WRITE 300 08:01:8 0 EOF
3: OFDLCK ADVISORY  WRITE -1 08:01:9 0 EOF
`;
  expect(blocking(locks, 300)).toEqual({ pid: 200, inode: "08:01:8" });
  expect(blocking(locks, 100)).toBeUndefined();
});

test("an inherited lock is its heir's once the one who took it is dead", async () => {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-lock-"));
  const file = join(dir, "lock");
  // flock -F would keep one process; here the shell that took the lock ends, and sleep inherits it
  execFileSync("sh", ["-c", `exec 9>>${file}; flock 9; sleep 100 <&- >&- 2>&- & echo $! >${file}.heir`]);
  const waiter = spawn("flock", [file, "true"], { stdio: "ignore" });
  const heir = Number(execFileSync("cat", [`${file}.heir`], { encoding: "utf8" }));
  try {
    let holder: number | undefined;
    for (let i = 0; i < 500 && holder === undefined; i++) {
      await new Promise((r) => setTimeout(r, 20));
      holder = lockHolder(waiter.pid!);
    }
    expect(holder).toBe(heir);
  } finally {
    const gone = once(waiter, "exit");
    process.kill(heir, "SIGKILL");
    await gone;
    rmSync(dir, { recursive: true });
  }
});
