/** svtrace status on our own supervisor, and svtrace logs on what multilog and svlogd write. */
import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import {
  debian,
  isAlive,
  lacks,
  needs,
  notRoot,
  run,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const multilog = lacks("multilog");

function service(parent: string, name: string, script: string, files: Record<string, string> = {}): string {
  const dir = join(parent, name);
  mkdirSync(dir, { recursive: true });
  for (const [file, text] of Object.entries({ ...files, run: `#!/bin/sh\n${script}\n` }))
    writeFileSync(join(dir, file), text);
  chmodSync(join(dir, "run"), 0o755);
  return dir;
}

test("status: readiness, restarts, last exit, who is alive during a stop", { timeout: 90_000 }, async () => {
  const scan = tempDir("status");
  const stubborn = service(
    scan,
    "stubborn",
    "trap '' TERM; echo 1 >pid; sleep 1000 & while :; do sleep 0.2; done",
    {
      "stop-timeout": "4\n",
    },
  );
  service(scan, "failing", "exit 3", { "death-tally": "2 60\n", backoff: "0.1 0.1\n" });
  service(scan, "needy", "exec sleep 1000", { needs: "stubborn2\n" });
  service(scan, "stubborn2", "exec sleep 1000", { "notification-fd": "3\n" });
  const rows = async () => {
    const all = JSON.parse((await svtrace(["status", "--json", scan])).stdout) as {
      service: string;
      state: string;
    }[];
    return Object.fromEntries(all.map((r) => [r.service.slice(scan.length + 1), r])) as Record<string, never>;
  };
  const up = start([svtracePath, "up", scan]);
  const first = await waitUntil("the tally is full", async () => {
    const now = await rows();
    return (now.failing as { state: string }).state === "failed" && now;
  });
  expect(first.failing).toMatchObject({
    supervisor: "svtrace",
    restarts: 1,
    last_exit: { code: 3, signal: null },
  });
  expect(first.stubborn).toMatchObject({
    state: "up",
    ready: true,
    restarts: 0,
    last_exit: null,
    stopping: null,
  });
  expect(first.stubborn2).toMatchObject({ state: "up", ready: false });
  expect(first.needy).toMatchObject({ state: "waiting", waits_for: ["stubborn2"] });
  await waitUntil("its trap is set", () => readFileSync(join(stubborn, "pid"), "utf8") !== "");
  await svtrace(["svc", "-d", stubborn]);
  const stopping = (await waitUntil("stopping", async () => {
    const { stubborn: r } = await rows();
    return (r as { state: string }).state === "stopping" && r;
  })) as { alive: { pid: number; comm: string; main: boolean }[] };
  expect(stopping).toMatchObject({ wanted: "down", stopping: { kill_in: expect.any(Number) } });
  expect(stopping.alive.map((p) => p.comm)).toContain("sleep");
  expect(stopping.alive.every((p) => isAlive(p.pid) || p.comm === "sleep")).toBe(true);
  const text = (await svtrace(["status", scan])).stdout;
  expect(text).toMatch(/stubborn: asked to stop \d+\.\d s ago; alive: .*sleep\[\d+\].*; KILL in \d+\.\d s\n/);
  expect(text).toMatch(/failing +failed .* code 3, \d+s ago/);
  expect(text).toMatch(/needy: waits for stubborn2\n/);
  await svtrace(["svc", "-k", stubborn]);
  await run([svtracePath, "up", "--stop", scan], { timeout: 60 });
  await waitUntil("the end", () => up.exitCode !== null, 20);
  expect((await rows()).stubborn).toMatchObject({ state: "unsupervised" });
});

test("status --json: nothing in a name can drive the terminal", async () => {
  const scan = tempDir("status");
  const dir = service(scan, "a\u009b31m\x1b[31m", "exec sleep 1");
  const { stdout } = await svtrace(["status", "--json", scan]);
  expect(stdout).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(stdout)).toMatchObject([{ service: dir }]);
});

/** Runs `svtrace logs -f`, and what it has printed so far. */
function follow(dir: string, ...options: string[]) {
  const child = spawn(svtracePath, ["logs", "-f", ...options, dir], { stdio: ["ignore", "pipe", "inherit"] });
  const state = { text: "", child };
  child.stdout.on("data", (d) => {
    state.text += d;
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return state;
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i} ${"x".repeat(60)}\n`).join("");

test(
  ...needs("logs: all files in order, local times, the last N lines, nothing for the terminal", multilog),
  async () => {
    const service = tempDir("logs");
    mkdirSync(join(service, "log"));
    const log = { cwd: join(service, "log"), input: numbered(1, 300) };
    await run([debian("multilog")!, "t", "s4096", "n20", "./main"], log);
    const all = (await svtrace(["logs", service])).stdout.split("\n");
    expect(all.length).toBe(301);
    all.slice(0, -1).forEach((line, i) => {
      expect(line).toMatch(
        new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{9} line ${i + 1} x+$`),
      );
    });
    // the same as tai64nlocal on the files
    const files = readdirSync(join(service, "log/main"))
      .filter((n) => n.startsWith("@"))
      .sort();
    const text = [...files, "current"]
      .map((n) => readFileSync(join(service, "log/main", n), "utf8"))
      .join("");
    const zone = { ...process.env, TZ: "XYZ-3:30" };
    const local = await run([debian("tai64nlocal")!], { input: text, env: zone });
    expect((await svtrace(["logs", service], { env: zone })).stdout).toBe(local.stdout);
    expect((await svtrace(["logs", "--raw", service])).stdout).toBe(text);
    const last = (await svtrace(["logs", "-n", "120", join(service, "log")])).stdout.split("\n");
    expect(last.length).toBe(121);
    expect(last[0]).toMatch(/ line 181 /);
    expect((await svtrace(["logs", "-n0", service])).stdout).toBe("");
    appendFileSync(join(service, "log/main/current"), "evil \x1b]0;x\x07 \xe9\u202e\n", "latin1");
    expect((await svtrace(["logs", "-n1", service])).stdout).toMatch(/^evil \\x1b\]0;x\\x07 \\xe9.*\n$/);
    expect(await svtrace(["logs", join(service, "log/main/current")])).toMatchObject({
      status: 1,
      stdout: "",
    });
    const empty = tempDir("empty");
    expect((await svtrace(["logs", empty])).stderr).toBe(
      `svtrace logs: ${empty}: no log there (no directory with a file named current)\n`,
    );
  },
);

test("logs: a damaged file is told of, and the others are shown", async () => {
  const dir = tempDir("damaged");
  const old = (n: number, content: Buffer) =>
    writeFileSync(join(dir, `@40000000${n}${"0".repeat(15)}.s`), content);
  const packed = gzipSync(numbered(4, 6));
  old(1, gzipSync(numbered(1, 3)));
  old(2, packed.subarray(0, packed.length - 6));
  // its checksum is another
  old(3, Buffer.concat([packed.subarray(0, -8), Buffer.alloc(4), packed.subarray(-4)]));
  mkdirSync(join(dir, `@400000004${"0".repeat(15)}.s`));
  old(5, gzipSync(numbered(7, 8)));
  writeFileSync(join(dir, "current"), numbered(9, 9));
  const { status, stdout, stderr } = await svtrace(["logs", dir]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: numbered(1, 9) });
  const warnings = stderr.trimEnd().split("\n");
  expect(warnings.length).toBe(3);
  for (const [i, line] of warnings.entries()) {
    expect(line).toContain(`svtrace logs: warning: ${dir}/@40000000${i + 2}`);
  }
  expect(warnings[0]).toContain("unexpected end of file");
  expect((await svtrace(["logs", "-n", "5", dir])).stdout).toBe(numbered(5, 9));
});

test(...needs("logs -f: every line once, through many rotations", multilog), async () => {
  const dir = tempDir("follow");
  const writer = spawn(debian("multilog")!, ["s4096", "n1000", "./main"], {
    cwd: dir,
    stdio: ["pipe", "inherit", "inherit"],
  });
  onTestFinished(() => void writer.kill("SIGKILL"));
  writer.stdin.write(numbered(1, 20));
  await waitUntil("the first lines", () =>
    /line 20 /.test(readFileSync(join(dir, "main/current"), "latin1")),
  );
  const shown = follow(dir, "-n", "5");
  await waitUntil("the last five", () => shown.text === numbered(16, 20));
  for (let at = 21; at < 3021; at += 100) writer.stdin.write(numbered(at, at + 99));
  await waitUntil("the rest", () => shown.text.length >= numbered(16, 3020).length, 30);
  expect(shown.text).toBe(numbered(16, 3020));
  writer.stdin.end(numbered(3021, 3022));
  await waitUntil("what was written at the end", () => shown.text.endsWith(numbered(3021, 3022)));
  shown.child.kill("SIGINT");
  await waitUntil("its end", () => shown.child.exitCode !== null);
  expect(shown.child.exitCode).toBe(0);
});

test(...needs("logs -f: stopped meanwhile, it reads what a processor has compressed", multilog), async () => {
  const dir = tempDir("follow");
  const writer = spawn(debian("multilog")!, ["s4096", "n1000", "!gzip", "./main"], {
    cwd: dir,
    stdio: ["pipe", "inherit", "inherit"],
  });
  onTestFinished(() => void writer.kill("SIGKILL"));
  const written = (n: number) =>
    waitUntil("what was written", () =>
      readFileSync(join(dir, "main/current"), "latin1").includes(`line ${n} `),
    );
  writer.stdin.write(numbered(1, 5));
  await written(5);
  const shown = follow(dir);
  await waitUntil("the first lines", () => shown.text === numbered(1, 5));
  shown.child.kill("SIGSTOP");
  writer.stdin.write(numbered(6, 402));
  await written(402);
  shown.child.kill("SIGCONT");
  await waitUntil("the others", () => shown.text.length >= numbered(1, 402).length, 30);
  expect(shown.text).toBe(numbered(1, 402));
  writer.stdin.write(numbered(403, 600));
  await waitUntil("what follows", () => shown.text.length >= numbered(1, 600).length, 30);
  expect(shown.text).toBe(numbered(1, 600));
});

test("logs -f: a current that is renamed and made anew, as svlogd does", async () => {
  const dir = tempDir("follow");
  writeFileSync(join(dir, "current"), "one\n");
  const shown = follow(dir);
  await waitUntil("one", () => shown.text === "one\n");
  appendFileSync(join(dir, "current"), "two\n");
  renameSync(join(dir, "current"), join(dir, "@400000006553f1000000000a.s"));
  appendFileSync(join(dir, "@400000006553f1000000000a.s"), "three\n");
  writeFileSync(join(dir, "@400000006553f1010000000a.s"), "four\n");
  writeFileSync(join(dir, "current"), "five\n");
  await waitUntil("all", () => shown.text === "one\ntwo\nthree\nfour\nfive\n");
});

test(
  ...needs("logs -f: without a free inotify instance it looks by the clock", lacks("unshare"), notRoot()),
  async () => {
    const dir = tempDir("follow");
    writeFileSync(join(dir, "current"), "one\n");
    const none = 'echo 0 > /proc/sys/user/max_inotify_instances; exec "$0" logs -f "$1"';
    const child = start(["unshare", "-Ur", "sh", "-c", none, svtracePath, dir]);
    let shown = "";
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (d) => {
        shown += d;
      });
    await waitUntil("one", () => shown === "one\n");
    appendFileSync(join(dir, "current"), "two\n");
    await waitUntil("both", () => shown === "one\ntwo\n", 3);
    child.kill("SIGTERM");
    await waitUntil("its end", () => child.exitCode !== null, 3);
    expect(child.exitCode).toBe(0);
  },
);
