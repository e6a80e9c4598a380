/** Programs that are hard to trace: the trace ends by itself, loses nobody, and the program does what it does untraced. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  compiled,
  isAlive,
  lacks,
  needs,
  notRoot,
  processState,
  run,
  sleep,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const gcc = lacks("gcc");
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

async function traced(argv: readonly string[], options: readonly string[] = ["-f"], timeout = 50) {
  const file = join(tempDir("trace"), "trace");
  const result = await svtrace(["strace", ...options, "-o", file, ...argv], { timeout });
  return { ...result, trace: readFileSync(file, "latin1") };
}

test(...needs("5,000 quick forks: every child has its exit line", gcc), async () => {
  const { trace, status, stderr } = await traced([compiled("fork-storm"), "5000"]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(count(trace, /^\d+ +\+\+\+ (exited with \d+|killed by SIGKILL) \+\+\+$/gm)).toBe(5001);
});

test(...needs("200 threads", gcc), async () => {
  const { trace, status } = await traced([compiled("threads"), "200"]);
  expect(status).toBe(0);
  expect(count(trace, /^\d+ +\+\+\+ exited with 0 \+\+\+$/gm)).toBe(201);
  expect(count(trace, /^\d+ +getppid\(/gm)).toBe(1000);
});

test(...needs("exec from a thread that is not the leader", gcc), async () => {
  const { trace, status } = await traced([compiled("thread-exec")]);
  expect(status).toBe(0);
  expect(trace).toMatch(/superseded by execve in pid \d+/);
  expect(trace.trimEnd()).toMatch(/\+\+\+ exited with 0 \+\+\+$/);
});

test(...needs("a tracee that stops itself stays stopped until it is continued", gcc), async () => {
  const file = join(tempDir("stop"), "trace");
  const child = start([svtracePath, "strace", "-f", "-o", file, compiled("job-stop")]);
  const pid = await waitUntil("the stop line", () => {
    const text = existsSync(file) ? readFileSync(file, "latin1") : "";
    return /--- stopped by SIGSTOP ---/.test(text) && Number(/^\d+/.exec(text)?.[0]);
  });
  await sleep(0.3);
  expect(processState(pid)).toMatch(/[Tt]/);
  expect(readFileSync(file, "latin1")).not.toContain('write(1, "continued');
  process.kill(pid, "SIGCONT");
  await waitUntil("the tracer ends", () => child.exitCode === 0);
  const trace = readFileSync(file, "latin1");
  expect(trace).toMatch(/write\(1, "continued\\n", 10\)/);
  expect(trace).toMatch(/--- SIGCONT \{/);
});

test(
  ...needs("as the first process of a pid namespace it has a shell's status for a signal", notRoot()),
  async () => {
    const dir = tempDir("namespace");
    for (const tracer of [["strace"], ["record", "-o", join(dir, "a.duckdb"), "--"]]) {
      const unshare = ["unshare", "-pf", "--mount-proc", svtracePath, ...tracer];
      expect((await run([...unshare, "sh", "-c", "kill -SEGV $$"])).status).toBe(128 + 11);
    }
  },
);

test("lines of several processes in a pipe say whose they are", async () => {
  const file = join(tempDir("piped"), "trace");
  const loop = ["sh", "-c", "while :; do sleep 0.05; done"];
  const pids = [start(loop), start(loop)].map((child) => String(child.pid));
  const options = ["-e", "trace=wait4", "-o", `|cat >${file}`, ...pids.flatMap((pid) => ["-p", pid])];
  const tracer = start([svtracePath, "strace", ...options]);
  const whose = () => new Set(readFileSync(file, "latin1").match(/^\d+(?= )/gm));
  await waitUntil("lines of both", () => pids.every((pid) => whose().has(pid)), 3);
  tracer.kill("SIGTERM");
});

test("a command that is stopped ends with an interrupted tracer", async () => {
  const tracer = start([svtracePath, "strace", "sh", "-c", "kill -STOP $$; sleep 60"]);
  let trace = "";
  tracer.stderr!.on("data", (d) => {
    trace += d;
  });
  await waitUntil("the stop line", () => trace.includes("--- stopped by SIGSTOP ---"));
  const pid = Number(/si_pid=(\d+)/.exec(trace)?.[1]);
  tracer.kill("SIGTERM");
  await waitUntil("the tracer ends", () => tracer.signalCode === "SIGTERM");
  await waitUntil("the command ends", () => !isAlive(pid), 2);
});

test(...needs("a tracee killed in the middle of a call", gcc), async () => {
  const file = join(tempDir("kill"), "trace");
  const child = start([svtracePath, "strace", "-f", "-o", file, "sleep", "60"]);
  const pid = await waitUntil("the sleep begins", () => {
    const text = existsSync(file) ? readFileSync(file, "latin1") : "";
    return Number(/^(\d+) +execve\(/m.exec(text)?.[1]) || undefined;
  });
  await sleep(0.5);
  process.kill(pid, "SIGKILL");
  await waitUntil("the tracer ends", () => child.exitCode !== null || child.signalCode !== null);
  // like strace, it dies of the same signal
  expect(child.signalCode).toBe("SIGKILL");
  const trace = readFileSync(file, "latin1");
  expect(trace).toMatch(/nanosleep\(.*<unfinished \.\.\.>/);
  expect(trace.trimEnd()).toMatch(/\+\+\+ killed by SIGKILL \+\+\+$/);
});

test(...needs("a daemon that forks twice is followed to its end", gcc), async () => {
  const { trace, status, seconds } = await traced([compiled("daemonize"), "0.5"]);
  expect(status).toBe(0);
  expect(seconds).toBeGreaterThan(0.5);
  expect(count(trace, /\+\+\+ exited with 0 \+\+\+/g)).toBe(3);
});

test(...needs("a service that takes its time after TERM is traced to the end", gcc), async () => {
  const file = join(tempDir("term"), "trace");
  const child = start([svtracePath, "strace", "-f", "-o", file, compiled("ignore-term"), "1"]);
  const pid = await waitUntil("it is ready", () => {
    const text = existsSync(file) ? readFileSync(file, "latin1") : "";
    return text.includes('write(1, "ready') && Number(/^\d+/.exec(text)?.[0]);
  });
  process.kill(pid, "SIGTERM");
  await waitUntil("the tracer ends", () => child.exitCode === 0);
  const trace = readFileSync(file, "latin1");
  expect(trace).toMatch(/--- SIGTERM \{.*si_code=SI_USER/);
  expect(trace).toMatch(/write\(1, "child done/);
  expect(isAlive(pid)).toBe(false);
});

for (const [seed, options] of [
  [1, ["-f"]],
  [2, ["-f", "-v", "-y", "-T"]],
  [3, ["-f", "-yy", "-s", "300", "-xx"]],
] as const) {
  test(...needs(`hostile arguments for every call, seed ${seed}, ${options.join(" ")}`, gcc), async () => {
    const { trace, status, stderr, stdout } = await traced([compiled("fuzz-args"), String(seed)], options);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^\d+ calls made/);
    expect(status).toBe(0);
    // nothing but printable characters gets out
    expect(trace).not.toMatch(/[^\x20-\x7e\n]/);
    // every call of a child is there: 3 rounds of each
    expect(count(trace, /^\d+ +syscall_0x\w+\(/gm)).toBeGreaterThan(300);
  });
}

test("terminal escapes in paths are escaped", async () => {
  const name = "\x1b]0;owned\x07\x9b2J\n--- SIGKILL ---";
  const { stderr } = await run([svtracePath, "strace", "-e", "trace=%file", "cat", `/tmp/${name}`]);
  const trace = stderr.split("\n").filter((l) => l.includes("open"));
  expect(trace.join("\n")).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  expect(trace.some((l) => l.includes('"/tmp/\\33]0;owned\\7'))).toBe(true);
});
