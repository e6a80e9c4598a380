/** `--slower-than` where the kernel calls back: returns of fast calls are not seen, and nothing of the slow ones is missing. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  compiled,
  lacks,
  needs,
  no32Bit,
  noBpf,
  sleep,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const bpf = noBpf();
/** Below half a millisecond every return is seen, as on older kernels. */
const EVERY_RETURN = "400us";
const MS = 1e-3;

interface Call {
  readonly type: string;
  readonly ts: number;
  readonly tid: number;
  readonly name: string;
  readonly ret?: number;
  readonly duration: number;
}

const callsIn = (file: string): Call[] =>
  readFileSync(file, "latin1")
    .split("\n")
    .filter((l) => l.startsWith('{"type":"call"') && /"duration":[\d.]+/.test(l))
    .map((l) => JSON.parse(l) as Call);

/** Whether both are of one call: two tracers look at their clocks one after the other, and may lose their CPU in between. */
const same = (a: Call, b: Call): boolean =>
  Math.abs(a.ts - b.ts) + Math.abs(a.duration - b.duration) < 0.25 * MS;

/** Those of `some` that are not among `others`. */
function missing(some: readonly Call[], others: readonly Call[]): Call[] {
  const known = new Map<string, Call[]>();
  const key = (c: Call) => `${c.tid} ${c.name}`;
  for (const c of others) known.set(key(c), [...(known.get(key(c)) ?? []), c]);
  return some.filter((c) => !known.get(key(c))?.some((other) => same(c, other) && c.ret === other.ret));
}

/** Traces a process and its threads and children in two ways at once, for three seconds in which both do. */
async function both(pid: number): Promise<{ all: Call[]; slow: Call[] }> {
  const dir = tempDir("slow");
  const trace = (name: string, ...more: string[]) =>
    start([
      svtracePath,
      "trace",
      "--json",
      "-f",
      "--tree",
      ...more,
      "-o",
      join(dir, name),
      "-p",
      String(pid),
    ]);
  const tracers = [trace("all", "--backlog=0"), trace("slow", "--slower-than=1ms")];
  const told = (name: string) => callsIn(join(dir, name));
  await waitUntil("both to tell of calls", () => told("all").length > 0 && told("slow").length > 0, 20);
  const from = Date.now() / 1000 + 0.5;
  await sleep(4);
  for (const tracer of tracers) {
    const ended = new Promise((settle) => tracer.once("exit", settle));
    tracer.kill("SIGINT");
    await ended;
  }
  const inside = (c: Call) => c.ts > from && c.ts + c.duration < from + 3;
  return { all: told("all").filter(inside), slow: told("slow").filter(inside) };
}

test(
  ...needs("the calls it shows are those that a trace of everything says are slow", bpf, lacks("gcc")),
  async () => {
    const { all, slow } = await both(start([compiled("slow-calls")]).pid!);
    const missed = missing(
      all.filter((c) => c.duration > 1.3 * MS),
      slow,
    );
    const wrong = missing(
      slow,
      all.filter((c) => c.duration > 0.7 * MS),
    );
    console.log(`${all.length} calls, ${slow.length} slow; ${missed.length} missed, ${wrong.length} wrong`);
    expect(slow.length).toBeGreaterThan(1000);
    expect(new Set(slow.map((c) => c.name)).size).toBeGreaterThan(3);
    // a call that began or returned between the two tracers' programs
    expect(missed.length).toBeLessThan(slow.length / 200);
    expect(wrong.length).toBeLessThan(slow.length / 200);
  },
);

test(...needs("no sleep is missing on any CPU, idle or not", bpf), async () => {
  const naps = "select(undef, undef, undef, 0.002) for 1 .. 200";
  for (const cpu of cpus().keys()) {
    for (const busy of [false, true]) {
      if (busy) start(["taskset", "-c", String(cpu), "perl", "-e", "while (1) {}"]);
      const pinned = ["taskset", "-c", String(cpu), "perl", "-e", naps];
      const { stderr } = await svtrace(["trace", "--slower-than=1ms", "-e", "trace=pselect6", ...pinned]);
      expect(stderr.match(/^pselect6\(.* = 0 /gm)).toHaveLength(200);
    }
  }
});

test(...needs("calls that stay on their CPU are shown, with what they return and read", bpf), async () => {
  const read = "open F, '<', '/dev/urandom' or die; sysread F, $b, 8_000_000 for 1 .. 20";
  const { stderr } = await svtrace([
    "trace",
    "-T",
    "--slower-than=1ms",
    "-e",
    "trace=read",
    "perl",
    "-e",
    read,
  ]);
  const lines = stderr.split("\n").filter((l) => l.includes(", 8000000)"));
  expect(lines).toHaveLength(20);
  for (const line of lines) expect(line).toMatch(/^read\(\d, ".+"\.\.\., 8000000\) = 8000000 <0\.\d+>$/);
});

/** From run to run: pids, addresses, times. */
const DIFFERS = /0x[0-9a-f]+|<[\d.]+>|\d{3,}|[us]time=\d+( \/\* [\d.]+ s \*\/)?|(?<=tv_sec=)[12]\b/g;

const SCRIPT = `sleep 0.02
sleep 9 & p=$!; sleep 0.05; kill -KILL $p; wait $p
sleep 9 & p=$!; sleep 0.05; kill -TERM $p; wait $p
perl -e 'while (1) {}' & p=$!; sleep 0.1; kill -KILL $p; wait $p
perl -e '$SIG{ALRM} = sub {}; alarm 1; sleep 3'
/nonexistent/command
exec sleep 0.02`;

test(
  ...needs("signals, deaths in a call and outside of one, execs: as where every return is seen", bpf),
  async () => {
    const traced = async (threshold: string) => {
      const out = join(tempDir("deaths"), "out");
      await svtrace(["trace", "-f", "-T", "-o", out, `--slower-than=${threshold}`, "sh", "-c", SCRIPT]);
      return (
        readFileSync(out, "latin1")
          .split("\n")
          // what takes about as long as is asked for is there or not
          .filter((l) => !/<0\.00\d+>$/.test(l) && !/ v?fork\(| clone3?\(/.test(l))
          .map((l) => l.replace(DIFFERS, "N"))
          .sort()
      );
    };
    const lines = await traced("1ms");
    expect(lines).toEqual(await traced(EVERY_RETURN));
    const text = lines.join("\n");
    expect(text).toMatch(/clock_nanosleep\(.*<unfinished \.\.\.>\) = \?/);
    expect(text).toMatch(/clock_nanosleep\(.*ERESTART_RESTARTBLOCK/);
    expect(text).toMatch(/killed by SIGKILL/);
  },
);

test(...needs("32-bit programs have theirs shown, too", bpf, lacks("gcc"), no32Bit()), async () => {
  const { stderr } = await svtrace([
    "trace",
    "--slower-than=1ms",
    "-f",
    "sh",
    "-c",
    `${compiled("pause", "-m32")} 400 900 30; sleep 0.01`,
  ]);
  expect(stderr.match(/clock_nanosleep\(.*\) = 0/g)).toHaveLength(4);
  // what reads the memory of 32-bit calls is loaded when the first of them has been told of
  expect(stderr).toMatch(/clock_nanosleep\(.*tv_nsec=30000000.*\) = 0/);
  expect(stderr).toMatch(/clock_nanosleep\(.*10000000.*\) = 0/);
});

test(
  ...needs("what a call does before it returns is not taken for its return", bpf, lacks("gcc")),
  async () => {
    const out = join(tempDir("uring"), "out");
    const many = 60;
    const traced = await svtrace(["trace", "--slower-than=1ms", "-o", out, compiled("uring"), String(many)]);
    expect(traced.status).toBe(0);
    const text = readFileSync(out, "latin1");
    const seen = text.match(/^io_uring_enter\(.*\) = 1$/gm) ?? [];
    const lost = text.match(/1 events lost: a slow call's return may have been missed/g) ?? [];
    expect(text).not.toContain("ENOSYS");
    expect(seen.length).toBeGreaterThan(many / 2);
    // what may have been missed may have been seen, too
    expect(seen.length + lost.length).toBeGreaterThanOrEqual(many);
    expect(lost.length).toBeLessThan(many / 2);
  },
);

test(...needs("a call that never began is not taken for the one before", bpf, lacks("gcc")), async () => {
  const run = ["trace", "--slower-than=1ms", "-e", "trace=access,mkdir", compiled("answered")];
  const { stderr, status } = await svtrace(run);
  expect(stderr).toBe("+++ exited with 0 +++\n");
  expect(status).toBe(0);
});

test(
  ...needs("a fast call that the kernel does not know is not slow where its task loses the CPU", bpf),
  async () => {
    const loop = "$end = time + 3; while (time < $end) { syscall(1000) for 1 .. 10000 }";
    const onOne = ["taskset", "-c", "0"];
    for (let i = 0; i < 2; i++) start([...onOne, "perl", "-e", "while (1) {}"]);
    const { stderr } = await svtrace(["trace", "--slower-than=1ms", ...onOne, "perl", "-e", loop], {
      timeout: 60,
    });
    // one that is interrupted inside
    expect((stderr.match(/^syscall_0x3e8\(/gm) ?? []).length).toBeLessThan(10);
  },
);

test(...needs("nothing of tasks that have ended stays in the kernel", bpf, lacks("bpftool")), async () => {
  const many = "i=0; while [ $i -lt 100 ]; do sleep 0.003; i=$((i+1)); done; exec sleep 20";
  const tracer = start([svtracePath, "trace", "-f", "--slower-than=1ms", "sh", "-c", many]);
  let stderr = "";
  tracer.stderr!.on("data", (d) => {
    stderr += d;
  });
  await waitUntil("all to end", () => (stderr.match(/exited with 0/g) ?? []).length === 100, 20);
  const asked = ["-j", "map", "dump", "name", "svtrace_returns"];
  const { stdout } = spawnSync("bpftool", asked, { encoding: "utf8" });
  expect(JSON.parse(stdout)).toEqual([]);
});
