/** record, why and export on the built program. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { sleep, umaskOf, waitUntil } from "../helpers.ts";

const dir = mkdtempSync(join(tmpdir(), "svtrace-record-"));
afterAll(() => rmSync(dir, { recursive: true }));

const svtrace = (...args: string[]) => spawnSync("bin/svtrace", args, { encoding: "utf8" });
const record = (file: string, ...command: string[]) => svtrace("record", "-o", file, "--", ...command);
const why = (file: string) => JSON.parse(svtrace("why", "--json", file).stdout);

test("a recorded command is explained, and its status passed on", () => {
  const file = join(dir, "sleep.duckdb");
  const run = record(file, "sh", "-c", "sleep 1; true; exit 7");
  expect(run.stderr).toBe("");
  expect(run.status).toBe(7);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const report = why(file);
  expect(Object.keys(report)).toEqual(
    expect.arrayContaining(["lifetime", "total_seconds", "phases", "verdict", "causes", "lost"]),
  );
  expect(report.lost).toBe(0);
  const [first] = report.causes;
  expect(first).toMatchObject({ rank: 1, category: "sleep", comm: "sleep" });
  expect(first.seconds).toBeGreaterThan(0.95);
  expect(first.seconds).toBeLessThan(1.1);
  expect(first.evidence.join("\n")).toMatch(/nanosleep\(/);
  const sum = report.causes.reduce((s: number, c: { seconds: number }) => s + c.seconds, 0);
  expect(sum + report.unattributed_seconds).toBeCloseTo(report.total_seconds, 3);
});

test("the report fits 100 columns and lets no escape through", () => {
  const file = join(dir, "hostile.duckdb");
  record(file, "sh", "-c", "cat $'/tmp/\\033]0;x\\007'; printf '\\033[2J' > /dev/null; sleep 0.3");
  const { stdout } = svtrace("why", file);
  expect(stdout).toContain("Causes, longest first");
  for (const line of stdout.split("\n"))
    if (!line.startsWith("Recording")) expect(line.length).toBeLessThanOrEqual(100);
  expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
});

test("export writes strace's lines", () => {
  const { stdout } = svtrace("export", "--format", "strace", join(dir, "sleep.duckdb"));
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^\d+ \d{10}\.\d{6} execve\("\/\S+sh", \["sh", "-c", .*\) = 0 <\d+\.\d{6}>$/);
  expect(lines.some((l) => /^\d+ \d+\.\d{6} \+\+\+ exited with 7 \+\+\+$/.test(l))).toBe(true);
});

test("after SIGKILL of the recorder the command lives and the file is readable", async () => {
  const file = join(dir, "killed.duckdb");
  // long enough that what a sleep takes to start, on a busy machine, is no twentieth of its life (analyse/running.ts)
  const target = spawn("sh", ["-c", "while :; do sleep 0.5; done"], { stdio: "ignore" });
  const recorder = spawn("bin/svtrace", ["record", "-o", file, "-p", String(target.pid)], {
    stdio: "ignore",
  });
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  for (let i = 0; i < 100 && svtrace("export", file).stdout === ""; i++) await pause(100);
  recorder.kill("SIGKILL");
  await pause(300);
  expect(target.exitCode).toBeNull();
  expect(() => process.kill(target.pid!, 0)).not.toThrow();
  expect(svtrace("export", file).stdout).toContain("clock_nanosleep(");
  // a loop that sleeps is idle
  expect(why(file).verdict).toMatch(/^Nothing was slow/);
  target.kill("SIGKILL");
});

test("what is written beside a recording is nobody else's, and the command's umask its own", async () => {
  const said = join(dir, "umask");
  const recorder = spawn(
    "sh",
    [
      ...["-c", 'umask 022; exec "$0" "$@"', "bin/svtrace", "record", "-o", join(dir, "private.duckdb")],
      ...["--", "sh", "-c", `umask > "${said}"; read x`],
    ],
    { stdio: ["pipe", "ignore", "ignore"] },
  );
  await waitUntil("the command", () => existsSync(said) && readFileSync(said, "utf8") !== "", 20);
  expect(readFileSync(said, "utf8")).toBe("0022\n");
  expect(umaskOf(recorder.pid!)).toBe("0077");
  recorder.stdin!.end();
  await once(recorder, "close");
});

test("a reader is waited for until it is done or an interrupt; the command's status is passed on", async () => {
  const recorded = async (
    name: string,
    endWaiting: (recorder: ChildProcess, reader: ChildProcess) => void,
  ) => {
    const file = join(dir, name);
    const command = `getppid for 1 .. 12000; select undef, undef, undef, 0.05 until -e "${file}.read"; mkdir "/proc/rest"; exit 7`;
    const recorder = spawn("bin/svtrace", ["record", "-o", file, "--", "perl", "-e", command]);
    await waitUntil("the first batch", () => existsSync(file), 20);
    // as if into a pager: more than a pipe holds, and nobody takes it
    const reader = spawn("bin/svtrace", ["export", file]);
    await once(reader.stdout, "readable");
    writeFileSync(`${file}.read`, "");
    let said = "";
    recorder.stderr.on("data", (text) => {
      if (said === "") endWaiting(recorder, reader);
      said += text;
    });
    const [status] = await once(recorder, "close");
    reader.kill("SIGKILL");
    return { status, said, rest: svtrace("export", file).stdout.includes("/proc/rest") };
  };
  const [waited, givenUp] = await Promise.all([
    recorded("waited.duckdb", (_, reader) => reader.kill("SIGKILL")),
    recorded("given-up.duckdb", (recorder) => recorder.kill("SIGINT")),
  ]);
  const waits = "svtrace: \\S+: being read by \\S+ \\(PID \\d+\\): .*\\n";
  expect(waited).toEqual({ status: 7, said: expect.stringMatching(new RegExp(`^${waits}$`)), rest: true });
  const lost = "svtrace record: \\S+: [1-9]\\d* events lost in all\\nsvtrace record: \\S+: IO Error: .*\\n";
  expect(givenUp).toEqual({
    status: 7,
    said: expect.stringMatching(new RegExp(`^${waits}${lost}$`)),
    rest: false,
  });
}, 60_000);

test("only a recording is replaced, and not before there is another", () => {
  const [file, foreign, device] = ["again.duckdb", "foreign.duckdb", "null"].map((name) => join(dir, name));
  expect(record(file, "true").status).toBe(0);
  expect(record(file, "no-such-program").status).toBe(1);
  expect(why(file).lifetime.service).toBe("true");
  expect(record(file, "sh", "-c", ":").status).toBe(0);
  expect(why(file).lifetime.service).toBe("sh");
  writeFileSync(foreign, "mine\n");
  expect(record(foreign, "true")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^svtrace record: .*foreign.duckdb.*; not overwritten\n$/),
  });
  expect(readFileSync(foreign, "utf8")).toBe("mine\n");
  symlinkSync("/dev/null", device);
  expect(record(device, "true")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("not a regular file"),
  });
  expect(lstatSync(device).isSymbolicLink() && statSync(device).isCharacterDevice()).toBe(true);
});

test("the end of the terminal ends the command, and its recording is whole; not under nohup", async () => {
  const hungUp = async (name: string, ...before: string[]) => {
    const file = join(dir, name);
    const argv = [
      ...before,
      "bin/svtrace",
      "record",
      "-o",
      file,
      "--",
      "sh",
      "-c",
      ": > $0.up; exec sleep 9",
      file,
    ];
    const recorder = spawn(argv[0], argv.slice(1), { stdio: "ignore" });
    const ended = once(recorder, "close");
    await waitUntil("the command", () => existsSync(`${file}.up`), 20);
    recorder.kill("SIGHUP");
    // of two that are pending the kernel lets the later one be handled first
    await sleep(0.1);
    recorder.kill("SIGTERM");
    const [, signal] = await ended;
    return [signal, svtrace("export", file).stdout.includes("+++ killed by SIG")];
  };
  const ends = await Promise.all([hungUp("hup.duckdb"), hungUp("nohup.duckdb", "nohup")]);
  expect(ends).toEqual([
    ["SIGHUP", true],
    ["SIGTERM", true],
  ]);
});

test("errors are one line", () => {
  const missing = svtrace("why", join(dir, "nothing"));
  expect(missing.stderr.trim().split("\n").length).toBe(1);
  expect(missing.status).toBe(1);
  expect(record(join(dir, "x.duckdb"), "no-such-program").status).toBe(1);
  expect(svtrace("why", "--no-such").status).toBe(2);
  const failing = [
    ["auto", "./nosuch", "Can't stat './nosuch': No such file or directory"],
    ["auto", "/etc/passwd", "execve(/etc/passwd): EACCES: Permission denied"],
    ["ptrace", "/etc/passwd", "execve(/etc/passwd): EACCES: Permission denied"],
  ];
  for (const [engine, command, why] of failing) {
    const { stderr, status } = svtrace(
      "record",
      "--engine",
      engine,
      "-o",
      join(dir, "x.duckdb"),
      "--",
      command,
    );
    expect([stderr, status]).toEqual([`svtrace record: ${why}\n`, 1]);
  }
});
