/** `svtrace stuck`: what processes wait for, without having traced them before. */
import { copyFileSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lacks, needs, noBpf, python, start, svtrace, tempDir, waitUntil } from "../helpers.ts";

/** Takes an open file description's lock on its argument, and goes on. */
const setlkw = (then: string) =>
  `import fcntl,struct,sys,time\nf=open(sys.argv[1],'w')\nfcntl.fcntl(f,38,struct.pack('hhqqi4x',1,0,0,0,0))\n${then}`;

interface Stuck {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly name: string;
  readonly on?: string;
  readonly category: string;
  readonly elapsed: number | null;
  readonly at_least?: number;
}

async function stuck(...options: string[]): Promise<Stuck[]> {
  const { stdout, stderr, status } = await svtrace(["stuck", "--json", ...options]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout
    .trim()
    .split("\n")
    .filter((l) => l !== "")
    .map((l) => JSON.parse(l));
}

test(
  ...needs("a pipe and its other end, a child, a file lock and its holder, a sleep", lacks("flock")),
  async () => {
    const dir = tempDir("stuck");
    const lock = join(dir, "lock");
    writeFileSync(lock, "");
    const shell = start([
      "bash",
      "-c",
      `flock ${lock} sleep 60 & sleep 0.5; flock ${lock} true & sleep 61 | cat & wait`,
    ]);
    const found = await waitUntil("all of them", async () => {
      const calls = await stuck("-p", String(shell.pid), "--tree");
      return calls.some((c) => c.name === "flock") && calls.some((c) => c.name === "read") && calls;
    });
    const of = (name: string) => found.filter((c) => c.name === name);
    expect(of("flock")[0]).toMatchObject({ category: "lock" });
    expect(of("flock")[0].on).toMatch(new RegExp(`^${lock}, locked by \\d+ \\(flock\\)$`));
    expect(of("read").some((c) => /^pipe:\[\d+\], also open in \d+ \(sleep\)$/.test(c.on ?? ""))).toBe(true);
    expect(of("wait4").some((c) => c.pid === shell.pid && c.category === "child")).toBe(true);
    expect(found.some((c) => /nanosleep/.test(c.name) && c.category === "sleep")).toBe(true);
    for (const c of found) expect(c.elapsed).toBe(null);
  },
);

test(
  ...needs("threads that wait for locks on several files: each its own holder", lacks("python3")),
  async () => {
    const dir = tempDir("locks");
    const [a, b, c] = ["a", "b", "c"].map((f) => join(dir, f));
    const holders = [a, b].map((f) => start(["flock", f, "sleep", "60"]));
    const ofd = start([python, "-c", setlkw("time.sleep(60)"), c]);
    await waitUntil("locks held", () => {
      const locks = readFileSync("/proc/locks", "latin1");
      return [a, b, c].every((f) => locks.includes(`:${statSync(f).ino} `));
    });
    const waits = "import fcntl,sys,threading,time\nfs=[open(f,'w') for f in sys.argv[1:]]\n";
    const threads =
      "for f in fs: threading.Thread(target=fcntl.flock,args=(f,fcntl.LOCK_EX)).start(); time.sleep(0.2)";
    const flocks = start([python, "-c", waits + threads, a, b, a]);
    const waiter = start([python, "-c", setlkw(""), c]);
    const found = await waitUntil("all of them", async () => {
      const calls = await stuck("-p", `${flocks.pid},${waiter.pid}`);
      const locks = calls.filter((call) => call.on?.includes("locked by"));
      return locks.length === 4 && locks;
    });
    expect(found.map((call) => call.on).sort()).toEqual([
      `${a}, locked by ${holders[0].pid} (flock)`,
      `${a}, locked by ${holders[0].pid} (flock)`,
      `${b}, locked by ${holders[1].pid} (flock)`,
      `${c}, locked by ${ofd.pid} (python3)`,
    ]);
  },
);

test(...needs("a mutex and the thread that holds it", lacks("gcc")), async () => {
  const dir = mkdtempSync(join(tempDir("mutex"), "m"));
  const source = join(dir, "m.c");
  writeFileSync(
    source,
    `#include <pthread.h>
#include <unistd.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void *waits(void *p) { pthread_mutex_lock(&m); return p; }
int main(void) { pthread_t t; pthread_mutex_lock(&m); pthread_create(&t, 0, waits, 0); sleep(60); return 0; }
`,
  );
  const { execFileSync } = await import("node:child_process");
  execFileSync("gcc", ["-pthread", "-o", join(dir, "m"), source]);
  const child = start([join(dir, "m")]);
  const lock = await waitUntil("a waiting thread", async () =>
    (await stuck("-p", String(child.pid))).find((c) => c.name === "futex"),
  );
  expect(lock).toMatchObject({ category: "lock", on: `a lock held by ${child.pid} (m)` });
});

test(...needs("--for: exact ages of what began meanwhile", noBpf()), async () => {
  const child = start(["sh", "-c", "while :; do sleep 30; done"]);
  await waitUntil("a sleep", async () => (await stuck("-p", String(child.pid), "--tree")).length >= 2);
  // ended meanwhile: the shell starts another, whose beginning is seen
  const watching = stuck("-p", String(child.pid), "--tree", "--for=4s");
  const [before] = (await stuck("-p", String(child.pid), "--tree")).filter((c) => /nanosleep/.test(c.name));
  await new Promise((r) => setTimeout(r, 2000));
  process.kill(before.pid, "SIGTERM");
  const now = (await watching).find((c) => /nanosleep/.test(c.name))!;
  expect(now.pid).not.toBe(before.pid);
  expect(now.elapsed).toBeGreaterThan(0);
  expect(now.elapsed).toBeLessThan(4);
});

test(...needs("of several children those that are waited for", lacks("python3")), async () => {
  const waiter = (wait: string) =>
    start([
      python,
      "-c",
      `import os,signal\ndef child(group):
    pid=os.fork()
    if pid==0:
        if group: os.setpgid(0,0)
        signal.pause()
    elif group: os.setpgid(pid,pid)
    return pid
a=child(True)\nb=child(False)\nc=child(True)\nopen("/proc/self/comm","w").write(f"{a}.{b}")\n${wait}`,
    ]).pid!;
  const on = async (pid: number) => {
    const call = await waitUntil("its wait", async () =>
      (await stuck("-p", String(pid))).find((c) => /^wait/.test(c.name)),
    );
    const [a, b] = call.comm.split(".");
    return call.on!.replace(a, "A").replace(b, "B");
  };
  expect(await on(waiter("os.waitid(os.P_PIDFD, os.pidfd_open(b), os.WEXITED)"))).toBe("child B (python3)");
  expect(await on(waiter("os.waitid(os.P_PGID, a, os.WEXITED)"))).toBe("child A (python3)");
  expect(await on(waiter("os.waitpid(-a, 0)"))).toBe("child A (python3)");
  expect(await on(waiter("os.waitpid(0, 0)"))).toBe("child B (python3)");
  expect(await on(waiter("os.waitpid(-1, 0)"))).toMatch(
    /^child A \(python3\), B \(python3\), \d+ \(python3\)$/,
  );
});

test(...needs("a thread's id stands for its process", lacks("python3")), async () => {
  const threads =
    "import threading,time\nthreading.Thread(target=time.sleep,args=(60,)).start()\ntime.sleep(60)";
  const { pid } = start([python, "-c", threads]);
  const found = await waitUntil("two threads", async () => {
    const calls = await stuck("-p", String(pid));
    return calls.filter((c) => /nanosleep/.test(c.name)).length === 2 && calls;
  });
  const { tid } = found.find((c) => c.tid !== pid)!;
  const { stdout } = await svtrace(["stuck", "-p", String(tid)]);
  expect(stdout).toMatch(new RegExp(`^${pid}/${tid} .*sleep`, "m"));
  expect(stdout).toMatch(new RegExp(`^${pid} .*sleep`, "m"));
});

test("a name as it is in JSON, escaped for people", async () => {
  const program = join(tempDir("name"), 'a<b"\n');
  copyFileSync("/bin/sleep", program);
  const { pid } = start([program, "60"]);
  await waitUntil("its sleep", async () => {
    const [call] = await stuck("-p", String(pid));
    return call?.comm === 'a<b"\n' && /sleep/.test(call.name);
  });
  expect((await svtrace(["stuck", "-p", String(pid)])).stdout).toContain(` a\\74b\\"\\n `);
});

test("a process that is not there, and no process at all", async () => {
  const gone = await svtrace(["stuck", "-p", "4194303"]);
  expect(gone).toMatchObject({ status: 1, stderr: "svtrace stuck: no process 4194303\n" });
  expect((await svtrace(["stuck"])).status).toBe(2);
});
