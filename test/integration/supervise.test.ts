/** The supervisor and its tools next to Debian's C daemontools and runit: each on the other's directories. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  debian,
  type Finished,
  isAlive,
  lacks,
  needs,
  processState,
  run,
  sleep,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const daemontools = lacks("svscan", "supervise", "multilog", "svc", "svstat", "svok", "tai64nlocal");
const runit = lacks("sv");

type Which = "C" | "ours";
const both: readonly Which[] = ["C", "ours"];

/** A tool of daemontools: Debian's or ours. */
const tool = (which: Which, name: string): string[] =>
  which === "C" ? [debian(name)!] : [svtracePath, name];

function service(script = "exec sleep 1000", parent = tempDir("service"), name = "s"): string {
  const dir = join(parent, name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "run"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, "run"), 0o755);
  return dir;
}

const svstat = async (which: Which, dir: string) =>
  (await run([...tool(which, "svstat"), dir])).stdout.slice(dir.length + 2).trimEnd();
const svok = async (which: Which, dir: string) => (await run([...tool(which, "svok"), dir])).status;
const svc = (which: Which, ...args: string[]) => run([...tool(which, "svc"), ...args]);
const sv = (...args: string[]) => run([debian("sv")!, ...args]);

/** The pid according to `status`, 0 when down. */
function pidOf(dir: string): number {
  return readFileSync(join(dir, "supervise/status")).readUInt32LE(12);
}

const up = (dir: string) => waitUntil(`${dir} up`, () => pidOf(dir), 20);
const supervised = (dir: string) => waitUntil("svok", async () => (await svok("C", dir)) === 0, 20);

for (const supervisor of both) {
  for (const client of both) {
    const name = `${client === "C" ? "C" : "our"} clients on ${supervisor === "C" ? "C" : "our"} supervise`;
    test(...needs(name, daemontools), async () => {
      // says which signals arrive
      const dir = service(
        `exec perl -e '$SIG{$_} = eval "sub { syswrite STDOUT, qq($_ ) }" for qw(HUP ALRM INT TERM); syswrite STDOUT, "ready "; sleep 1 while 1' > signals`,
      );
      const signals = () => readFileSync(join(dir, "signals"), "utf8");
      const heard = (text: string) => waitUntil(`signals ${text}`, () => signals().endsWith(text));
      expect(await svok(client, dir)).toBe(100);
      const child = start([...tool(supervisor, "supervise"), dir]);
      await supervised(dir);
      const pid = await up(dir);
      await heard("ready ");
      expect(await svok(client, dir)).toBe(0);
      expect(await svstat(client, dir)).toMatch(new RegExp(`^up \\(pid ${pid}\\) \\d+ seconds$`));
      for (const [option, text] of [
        ["-h", "HUP "],
        ["-a", "ALRM "],
        ["-i", "INT "],
        ["-t", "TERM "],
      ]) {
        await svc(client, option, dir);
        await heard(text);
      }
      await svc(client, "-p", dir);
      await waitUntil("stopped", () => processState(pid) === "T");
      await waitUntil("paused", async () => /seconds, paused$/.test(await svstat(client, dir)));
      await svc(client, "-c", dir);
      await waitUntil("continued", () => processState(pid) !== "T");
      await waitUntil("not paused", async () => /seconds$/.test(await svstat(client, dir)));
      // once: not started again after its end
      await svc(client, "-o", dir);
      await sleep(0.1);
      await svc(client, "-k", dir);
      await waitUntil("down", async () => /^down \d+ seconds, normally up$/.test(await svstat(client, dir)));
      await svc(client, "-u", dir);
      const second = await up(dir);
      expect(second).not.toBe(pid);
      await heard("ready ");
      await svc(client, "-d", dir);
      await heard("TERM ");
      await waitUntil("want down", async () => /, want down$/.test(await svstat(client, dir)));
      await svc(client, "-u", dir);
      await waitUntil("wanted", async () => /seconds$/.test(await svstat(client, dir)));
      await svc(client, "-k", dir);
      await waitUntil("a third process", () => ![0, second].includes(pidOf(dir)), 20);
      await heard("ready ");
      await svc(client, "-dxk", dir);
      await waitUntil("supervise's end", () => child.exitCode !== null, 20);
      expect(child.exitCode).toBe(0);
      expect(await svok(client, dir)).toBe(100);
      expect(await svstat(client, dir)).toBe("supervise not running");
    });
  }
}

test(...needs("a service with `down` stays down under both; svstat says so", daemontools), async () => {
  for (const supervisor of both) {
    const dir = service();
    writeFileSync(join(dir, "down"), "");
    start([...tool(supervisor, "supervise"), dir]);
    await supervised(dir);
    for (const client of both) expect(await svstat(client, dir)).toMatch(/^down \d+ seconds$/);
    await svc("ours", "-u", dir);
    await up(dir);
    for (const client of both)
      expect(await svstat(client, dir)).toMatch(/^up \(pid \d+\) \d+ seconds, normally down$/);
    await svc("C", "-dx", dir);
    await waitUntil("end", async () => (await svok("C", dir)) === 100, 20);
  }
});

test(...needs("the lock keeps each supervise out of the other's service", daemontools), async () => {
  for (const [first, second] of [
    ["C", "ours"],
    ["ours", "C"],
    ["ours", "ours"],
  ] as [Which, Which][]) {
    const dir = service();
    start([...tool(first, "supervise"), dir]);
    await supervised(dir);
    const pid = await up(dir);
    const refused = await run([...tool(second, "supervise"), dir]);
    expect(refused).toMatchObject({
      status: 111,
      stderr: `supervise: fatal: unable to acquire ${dir}/supervise/lock: temporary failure\n`,
    });
    expect(pidOf(dir)).toBe(pid);
  }
});

test(...needs("runit's sv on our supervise", daemontools, runit), async () => {
  const dir = service();
  // sv's restart and exit are those of runsv, of which daemontools' x is another
  writeFileSync(join(dir, "runit"), "");
  start([svtracePath, "supervise", dir]);
  await supervised(dir);
  const pid = await up(dir);
  expect((await sv("status", dir)).stdout).toMatch(new RegExp(`^run: ${dir}: \\(pid ${pid}\\) \\d+s\\n$`));
  const down = await sv("-w", "10", "down", dir);
  expect(down).toMatchObject({ status: 0 });
  expect(down.stdout).toMatch(/^ok: down: /);
  expect((await sv("status", dir)).stdout).toMatch(/^down: .*normally up\n$/);
  expect((await sv("-w", "10", "up", dir)).stdout).toMatch(/^ok: run: /);
  const again = await sv("-w", "10", "restart", dir);
  expect(again.stdout).toMatch(/^ok: run: /);
  const third = await waitUntil("running again", () => pidOf(dir), 20);
  expect(await sv("-w", "20", "exit", dir)).toMatchObject({
    status: 0,
    stdout: `ok: ${dir}: runsv not running\n`,
  });
  expect(isAlive(third)).toBe(false);
  expect(await svok("C", dir)).toBe(100);
});

test(
  ...needs("sv exit in a daemontools directory: waits for the service, as x does", daemontools, runit),
  async () => {
    const dir = service();
    start([svtracePath, "supervise", dir]);
    await supervised(dir);
    const pid = await up(dir);
    expect((await sv("exit", dir)).status).toBe(0);
    await sleep(0.3);
    expect(isAlive(pid)).toBe(true);
    await svc("C", "-d", dir);
    await waitUntil("end", async () => (await svok("C", dir)) === 100, 20);
  },
);

test(...needs("usage and errors of the clients are those of C", daemontools), async () => {
  const dir = tempDir("empty");
  const lines: string[][] = [
    ["svc"],
    ["svc", "-z", "x"],
    ["svc", "-u", "nodir", "."],
    ["svc", "-", "."],
    ["svc", "--", "-x"],
    ["svok"],
    ["svok", "nodir"],
    ["svok", "."],
    ["svok", "file"],
    ["svstat"],
    ["svstat", "nodir", ".", "file"],
    ["supervise"],
    ["supervise", "nodir"],
    ["supervise", "a", "b"],
    ["svscan", "nodir"],
    ["multilog", "./no/such"],
    ["multilog", "q"],
  ];
  writeFileSync(join(dir, "file"), "");
  const pick = ({ status, stdout, stderr }: Finished) => ({ status, stdout, stderr });
  for (const [name, ...args] of lines) {
    const [c, ours] = [
      await run([...tool("C", name), ...args], { cwd: dir }),
      await run([...tool("ours", name), ...args], { cwd: dir }),
    ];
    expect({ line: [name, ...args], ...pick(ours) }).toEqual({ line: [name, ...args], ...pick(c) });
    expect(readdirSync(dir)).toEqual(["file"]);
  }
});

test(...needs("our svscan: loggers, new and removed services, C clients", daemontools), async () => {
  const scan = tempDir("scan");
  const dir = service("exec 2>&1\necho started\nexec sleep 1000");
  service(`exec ${debian("multilog")} ./main`, dir, "log");
  symlinkSync(dir, join(scan, "one"));
  start([svtracePath, "svscan", scan]);
  await waitUntil("one", () => pidOf(dir), 20);
  await waitUntil("its log", () => readFileSync(join(dir, "log/main/current"), "utf8") === "started\n");
  const other = service();
  symlinkSync(other, join(scan, "two"));
  await waitUntil("two", () => pidOf(other), 20);
  for (const d of [dir, join(dir, "log"), other]) expect(await svok("C", d)).toBe(0);
  const pid = pidOf(dir);
  await svc("C", "-t", dir);
  await waitUntil("restarted", () => ![0, pid].includes(pidOf(dir)), 20);
  await waitUntil("both in the log", () =>
    readFileSync(join(dir, "log/main/current"), "utf8").startsWith("started\nstarted\n"),
  );
  unlinkSync(join(scan, "two"));
  await sleep(0.2);
  expect(await svok("C", other)).toBe(0);
  await svc("C", "-dx", other);
  await waitUntil("two gone", async () => (await svok("C", other)) === 100);
});

test(...needs("svtrace up: status, restart, TERM ends everything", daemontools), async () => {
  const scan = tempDir("up");
  const dir = service("exec 2>&1\necho started\nexec sleep 1000", scan, "web");
  service(`exec ${svtracePath} multilog t ./main`, dir, "log");
  const other = service("exec sleep 1000", scan, "db");
  const child = start([svtracePath, "up", scan]);
  const pid = await waitUntil("web", () => pidOf(dir), 20);
  await waitUntil("db", () => pidOf(other), 20);
  const rows = JSON.parse((await svtrace(["status", scan, "--json"])).stdout);
  expect(rows).toMatchObject([
    { service: other, state: "up", pid: pidOf(other), wanted: "up", traced: false },
    { service: dir, state: "up", pid },
  ]);
  const restarted = await svtrace(["restart", dir]);
  expect(restarted).toMatchObject({ status: 0, stderr: "" });
  expect(restarted.stdout).toContain(`up (pid ${pidOf(dir)})`);
  expect(pidOf(dir)).not.toBe(pid);
  const pids = [pidOf(dir), pidOf(other), await waitUntil("the logger", () => pidOf(join(dir, "log")))];
  await waitUntil("two starts in the log", () =>
    /started\n.*started\n/.test(readFileSync(join(dir, "log/main/current"), "utf8")),
  );
  process.kill(child.pid!, "SIGTERM");
  await waitUntil("the end", () => child.exitCode !== null, 20);
  expect(child.exitCode).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(statSync(join(dir, "log/main/current")).mode & 0o777).toBe(0o744);
});

/** What a log directory holds: contents in order of age, stamps and rotation times apart. */
function contents(dir: string, stamped: boolean): Record<string, unknown>[] {
  return readdirSync(dir)
    .sort()
    .map((name) => ({
      name: name.replace(/^@\w{24}/, "@"),
      mode: statSync(join(dir, name)).mode & 0o777,
      text: readFileSync(join(dir, name), "latin1").replace(stamped ? /^@\w{24} /gm : /(?!)/, "@ "),
    }));
}

const lines = (n: number): string =>
  Array.from(
    { length: n },
    (_, i) => `line ${i} ${["error", "warning", "fine"][i % 3]} ${"x".repeat((i * 37) % 90)}`,
  ).join("\n");
const mixed = `${lines(60)}\n\n*\n+\nfatal: a b\nfatal: c\nlong ${"y".repeat(1500)}\n${"z".repeat(999)}\n${"z".repeat(1000)}\n${"z".repeat(1001)}\n\x01\xff\nlast without end`;

const scripts: readonly { script: string[]; input?: string }[] = [
  { script: ["./main"] },
  { script: ["t", "./main"] },
  { script: ["-*", "+fatal: *", "./main"] },
  { script: ["-* error *", "./a", "+*", "-*warning*", "./b"] },
  { script: ["t", "-*", "+@* line 1*", "./main", "+*", "./all"] },
  { script: ["-*", "+long*", "e", "./main"] },
  { script: ["t", "-*", "+@* fatal: *", "=status", "./main"] },
  { script: ["-*", "+line 5 *", "=status"] },
  { script: ["-", "./main"] },
  { script: ["-z*", "./main"] },
  { script: ["q", "zzz", "./main"] },
  { script: ["./main"], input: "" },
];

for (const { script, input = mixed } of scripts) {
  test(...needs(`multilog ${script.join(" ")}: as C's`, daemontools), async () => {
    const results = await Promise.all(
      both.map(async (which) => {
        const dir = tempDir("log");
        const stamped = script[0] === "t";
        const result = await run([...tool(which, "multilog"), ...script], {
          cwd: dir,
          input: Buffer.from(input, "latin1"),
        });
        const strip = (text: string) => (stamped ? text.replace(/^@\w{24} /gm, "@ ") : text);
        const logs = readdirSync(dir)
          .sort()
          .map((name) =>
            statSync(join(dir, name)).isDirectory()
              ? { name, files: contents(join(dir, name), stamped) }
              : { name, text: strip(readFileSync(join(dir, name), "latin1")) },
          );
        return { status: result.status, stdout: result.stdout, stderr: strip(result.stderr), logs };
      }),
    );
    expect(results[1]).toEqual(results[0]);
  });
}

test(...needs("multilog's rotation: nothing lost, whole lines, sizes as C's", daemontools), async () => {
  const input = `${lines(600)}\n`;
  for (const which of both) {
    const dir = tempDir("log");
    await run([...tool(which, "multilog"), "s4096", "n100", "./main", "n3", "./few"], { cwd: dir, input });
    const logs = (name: string) =>
      contents(join(dir, name), false).filter((f) => /^@|current/.test(String(f.name)));
    const texts = logs("main").map((f) => String(f.text));
    expect(texts.join("")).toBe(input);
    for (const text of texts.slice(0, -1)) {
      expect(text.at(-1)).toBe("\n");
      expect(text.length).toBeGreaterThanOrEqual(4096 - 2000);
      expect(text.length).toBeLessThanOrEqual(4096);
    }
    expect(logs("few").map((f) => f.name)).toEqual(["@.s", "@.s", "current"]);
  }
});

test(
  ...needs("multilog after a crash or a clean end: takes up current as C's does", daemontools),
  async () => {
    const results = [];
    for (const which of both) {
      const dir = tempDir("log");
      const main = join(dir, "main");
      mkdirSync(main);
      for (const [name, mode] of [
        ["current", 0o644],
        ["previous", 0o644],
        ["processed", 0o744],
      ] as const) {
        writeFileSync(join(main, name), `${name}\n`);
        chmodSync(join(main, name), mode);
      }
      for (const input of ["a\n", "b\n"])
        await run([...tool(which, "multilog"), "./main"], { cwd: dir, input });
      results.push(contents(main, false));
    }
    expect(results[1]).toEqual(results[0]);
  },
);

test(...needs("multilog on TERM ends with the line; on ALRM rotates", daemontools), async () => {
  const results = [];
  for (const which of both) {
    const dir = tempDir("log");
    const [program, ...args] = [...tool(which, "multilog"), "./main"];
    const child = spawn(program, args, { cwd: dir, stdio: ["pipe", "inherit", "inherit"] });
    const current = join(dir, "main/current");
    await waitUntil("the log", () => existsSync(current));
    await sleep(0.3);
    child.stdin.write("one\n");
    await waitUntil("a line", () => readFileSync(current, "utf8") === "one\n");
    child.kill("SIGALRM");
    await waitUntil("rotated", () => readFileSync(current, "utf8") === "");
    child.stdin.write("two, beg");
    await sleep(0.5);
    child.kill("SIGTERM");
    await sleep(0.5);
    expect(child.exitCode).toBe(null);
    child.stdin.write("un\nthree\n");
    await waitUntil("its end", () => child.exitCode !== null);
    results.push({ code: child.exitCode, files: contents(join(dir, "main"), false) });
  }
  expect(results[1]).toEqual(results[0]);
});

test(...needs("tai64n and tai64nlocal as C's", daemontools), async () => {
  const now = (await run(["/usr/bin/tai64n"], { input: "a\n" })).stdout;
  const input = `${now}@400000005f5e0ffe00000000 x\nplain\n\n@400000004a32392b2aa21dac two @400000004a32392b2aa21dac\n@4000000037c219bf2ef02e94 ends here\n @400000004a32392b2aa21dac x\n`;
  const env = { ...process.env, TZ: "Europe/Berlin" };
  const c = await run(["/usr/bin/tai64nlocal"], { input, env });
  const ours = await run([svtracePath, "tai64nlocal"], { input, env });
  expect(ours.stdout).toBe(c.stdout);
  expect(ours.status).toBe(c.status);
  const stamped = await svtrace(["tai64n"], { input: "a\n\nb" });
  expect(stamped.stdout).toMatch(/^@4\w{23} a\n@4\w{23} \n@4\w{23} b$/);
  expect((await run(["/usr/bin/tai64n"], { input: "a\n\nb" })).stdout).toMatch(
    /^@4\w{23} a\n@4\w{23} \n@4\w{23} b$/,
  );
});
