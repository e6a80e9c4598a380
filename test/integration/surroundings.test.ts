/** A traced command finds its surroundings as without a tracer: descriptors and their modes, limits, masks, environment. */
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lacks, needs, python, svtracePath, tempDir } from "../helpers.ts";

const LOOK = `
import fcntl, os, json, time
# what else the tracer starts of its own must not show either
time.sleep(0.3)
fds = {}
for fd in sorted(int(f) for f in os.listdir("/proc/self/fd")):
    try: fds[fd] = (hex(fcntl.fcntl(fd, fcntl.F_GETFL)), os.readlink("/proc/self/fd/%d" % fd).split(":")[0])
    except OSError: pass
status = [l for l in open("/proc/self/status") if l.startswith(("Umask", "SigBlk", "SigIgn", "SigCgt", "NoNewPrivs", "Groups", "Seccomp:", "Cpus_allowed:"))]
limits = open("/proc/self/limits").read()
nice = open("/proc/self/stat").read().rsplit(")", 1)[1].split()[15:17]
env = {k: v for k, v in os.environ.items()}
print(json.dumps([fds, status, limits, nice, env, os.getcwd(), open("/proc/self/timerslack_ns").read()]))
`;

/** What a program finds, and how it leaves its standard output (a pipe or socket of ours) behind. */
function look(prefix: readonly string[], extra: number): Promise<unknown> {
  const argv = [...prefix, python, "-I", "-c", LOOK];
  const after = `import fcntl; open(3, "w").write(hex(fcntl.fcntl(1, fcntl.F_GETFL)))`;
  const script = `"$@"; exec "$PYTHON" -I -c '${after}'`;
  const child = spawn("/bin/sh", ["-c", script, "sh", ...argv], {
    stdio: ["ignore", "pipe", "pipe", "pipe", "ignore", extra],
    env: { PATH: process.env.PATH, A: "1", B: "two words", PYTHON: python },
  });
  const texts = ["", ""];
  child.stderr!.resume();
  child.stdout!.on("data", (d) => {
    texts[0] += d;
  });
  child.stdio[3]!.on("data", (d) => {
    texts[1] += d;
  });
  return new Promise((settle, reject) => {
    child.on("error", reject);
    child.on("close", () => settle([JSON.parse(texts[0]), texts[1]]));
  });
}

const tracers: readonly (readonly [string, (dir: string) => string[]])[] = [
  ["strace -o", (dir) => ["strace", "-f", "-o", join(dir, "trace")]],
  ["strace to stderr", () => ["strace"]],
  ["strace -D", (dir) => ["strace", "-D", "-f", "-o", join(dir, "trace")]],
  ["run -o", (dir) => ["run", "-f", "-o", join(dir, "trace"), "--"]],
  ["run to stderr", () => ["run", "-f", "--"]],
  ["record", (dir) => ["record", "-o", join(dir, "r.duckdb"), "--"]],
];

test.for(tracers)(...needs("the same surroundings under $0", lacks("python3")), async ([, args]) => {
  const dir = tempDir("surroundings");
  const extra = openSync("/dev/null", "r");
  const alone = await look([], extra);
  expect(await look([svtracePath, ...args(dir)], extra)).toEqual(alone);
});
