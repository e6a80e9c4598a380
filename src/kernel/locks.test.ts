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

test("of several that wait, each waits for the lock on its own file, behind however many others", () => {
  const locks = `1: FLOCK  ADVISORY  WRITE 200 08:01:7 0 EOF
1: -> FLOCK  ADVISORY  WRITE 300 08:01:7 0 EOF
1:  -> FLOCK  ADVISORY  WRITE 301 08:01:7 0 EOF
1:   -> FLOCK  ADVISORY  WRITE 302 08:01:7 0 EOF
2: FLOCK  ADVISORY  WRITE 201 fe:00:7 0 EOF
2: -> FLOCK  ADVISORY  WRITE 300 fe:00:7 0 EOF
3: FLOCK  ADVISORY  WRITE 202 08:01:17 0 EOF
3: -> FLOCK  ADVISORY  WRITE 300 08:01:17 0 EOF
`;
  for (const pid of [301, 302]) expect(blocking(locks, pid)?.pid).toBe(200);
  expect(blocking(locks, 300, ":08:01:7")?.pid).toBe(200);
  expect(blocking(locks, 300, ":fe:00:7")?.pid).toBe(201);
  expect(blocking(locks, 300, ":17")?.pid).toBe(202);
  expect(blocking(locks, 300, ":9")).toBeUndefined();
});

/** Who holds the lock for which a process waits on descriptor 3, once it does. */
async function holderFor(pid: number): Promise<number | undefined> {
  let holder: number | undefined;
  for (let i = 0; i < 500 && holder === undefined; i++) {
    await new Promise((r) => setTimeout(r, 20));
    holder = lockHolder(pid, pid, 3, false);
  }
  return holder;
}

test("an inherited lock is its heir's once the one who took it is dead", async () => {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-lock-"));
  const file = join(dir, "lock");
  // flock -F would keep one process; here the shell that took the lock ends, and sleep inherits it
  execFileSync("sh", ["-c", `exec 9>>${file}; flock 9; sleep 100 <&- >&- 2>&- & echo $! >${file}.heir`]);
  const waiter = spawn("flock", [file, "true"], { stdio: "ignore" });
  const heir = Number(execFileSync("cat", [`${file}.heir`], { encoding: "utf8" }));
  try {
    expect(await holderFor(waiter.pid!)).toBe(heir);
  } finally {
    const gone = once(waiter, "exit");
    process.kill(heir, "SIGKILL");
    await gone;
    rmSync(dir, { recursive: true });
  }
});
