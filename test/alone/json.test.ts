// biome-ignore-all lint/suspicious/noExplicitAny: what JSON holds is what is being tested
/** JSON lines: every line valid, the values the calls had, both engines alike. */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lacks, needs, noBpf, python, run, start, svtrace, svtracePath, tempDir } from "../helpers.ts";

const bpf = noBpf();

interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

async function events(
  engine: string,
  options: readonly string[],
  command: readonly string[],
): Promise<Event[]> {
  const file = join(tempDir("json"), "out");
  await svtrace(["trace", "--engine", engine, "--json", ...options, "-o", file, ...command]);
  const text = readFileSync(file, "latin1");
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  return text
    .trimEnd()
    .split("\n")
    .map((l) => JSON.parse(l));
}

const script = `import os,socket,time
os.write(1, b'plain'); os.write(1, b'\\xff\\x00bytes'); os.write(1, 'h\\u00e9'.encode())
os.stat('/etc/passwd')
s=socket.socket()
try: s.connect(('127.0.0.1', 1))
except OSError: pass
time.sleep(0.05)
os.kill(os.getpid(), 18)
os._exit(3)`;

for (const [engine, why] of [
  ["bpf", bpf],
  ["ptrace", ""],
] as const) {
  test(...needs(`values as JSON (${engine})`, why, lacks("python3")), async () => {
    const all = await events(engine, [], [python, "-c", script]);
    const calls = all.filter((e) => e.type === "call");
    const of = (name: string) => calls.filter((e) => e.name === name) as Record<string, any>[];
    for (const e of all) {
      expect(e).toMatchObject({
        v: 1,
        ts: expect.any(Number),
        pid: expect.any(Number),
        tid: expect.any(Number),
      });
      expect(Math.abs((e.ts as number) - Date.now() / 1000)).toBeLessThan(600);
    }
    expect(of("write").map((w) => w.args.buf)).toEqual(["plain", { base64: "/wBieXRlcw==" }, "h\u00e9"]);
    expect(of("write")[0]).toMatchObject({ args: { fd: 1, count: 5 }, ret: 5 });
    expect(of("connect")[0]).toMatchObject({
      args: { addr: { sa_family: "AF_INET", sin_port: 1, sin_addr: "127.0.0.1" }, addrlen: 16 },
      ret: -1,
      errno: "ECONNREFUSED",
    });
    const sleep = calls.find(
      (e) => /nanosleep/.test(String(e.name)) || (e.name === "select" && e.duration),
    ) as any;
    expect(sleep.duration).toBeGreaterThan(0.049);
    expect(all.find((e) => e.type === "signal")).toMatchObject({
      signal: "SIGCONT",
      info: { si_signo: "SIGCONT" },
    });
    expect(all.find((e) => e.type === "exit")).toMatchObject({ status: 3 });
    const last = calls.at(-1)!;
    expect(last).toMatchObject({ name: "exit_group", args: { status: 3 } });
    expect("ret" in last).toBe(false);
  });
}

test(...needs("calls and their arguments are the same with both engines", bpf), async () => {
  const shape = (all: Event[]) => {
    // the summary of -C is JSON, too
    expect(all.at(-1)).toMatchObject({ type: "counts", by: "syscall" });
    return all
      .filter((e) => e.type === "call" && /^(openat|read|close|access|write)$/.test(String(e.name)))
      .map(({ name, args, ret, errno }) =>
        JSON.stringify({ name, args, ret, errno }).replace(/0x[0-9a-f]{6,}/g, "0x"),
      );
  };
  const command = ["cat", "/etc/hostname"];
  expect(shape(await events("bpf", ["-C"], command))).toEqual(shape(await events("ptrace", ["-C"], command)));
});

test(...needs("execs are told of whatever calls are shown", bpf), async () => {
  const command = ["sh", "-c", "/bin/true; /bin/ls >/dev/null"];
  const [calls, slow] = await Promise.all([
    events("bpf", ["-f", "-e", "trace=unlink"], command),
    events("bpf", ["-f", "--slower-than=100s"], command),
  ]);
  for (const all of [calls, slow]) {
    const told = all.filter((e) => e.type === "exec" || e.type === "exit");
    expect(told.map((e) => `${e.type} ${e.comm}`)).toEqual([
      "exec sh",
      "exec true",
      "exit true",
      "exec ls",
      "exit ls",
      "exit sh",
    ]);
  }
});

test(...needs("a repeated call has its own times", bpf), async () => {
  const dd = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=2000", "status=none"];
  const all = await events("bpf", [], dd);
  const reads = all.filter((e) => e.name === "read" && (e.args as any).count === 1) as any[];
  expect(reads).toHaveLength(2000);
  for (let i = 1; i < reads.length; i++) {
    expect(reads[i].ts).toBeGreaterThanOrEqual(reads[i - 1].ts + reads[i - 1].duration - 1e-6);
  }
  expect(new Set(reads.map((r) => r.ts)).size).toBeGreaterThan(1000);
});

test(...needs("--scheduling splits a wait, and names who ended it", bpf, lacks("python3")), async () => {
  const pipe =
    "import os,time\nr,w=os.pipe()\nif os.fork()==0:\n time.sleep(0.2); os.write(w,b'x'); os._exit(0)\nos.read(r,1)";
  const all = await events("bpf", ["-f", "--scheduling"], [python, "-c", pipe]);
  const read = all.find((e) => e.name === "read" && (e.duration as number) > 0.1) as any;
  const writer = all.find((e) => e.name === "write") as any;
  expect(read.blocked).toBeGreaterThan(0.1);
  expect(read.cpu + read.queued + read.blocked).toBeCloseTo(read.duration, 5);
  expect(read.waker).toBe(writer.tid);
});

test(...needs("no sleep is told as time on the CPU, on any CPU, idle or not", bpf), async () => {
  const naps = "select(undef, undef, undef, 0.001) for 1 .. 400";
  for (const cpu of cpus().keys()) {
    for (const busy of [false, true]) {
      if (busy) start(["taskset", "-c", String(cpu), "perl", "-e", "while (1) {}"]);
      const pinned = ["taskset", "-c", String(cpu), "perl", "-e", naps];
      const all = await events("bpf", ["--scheduling", "-e", "trace=pselect6"], pinned);
      const slept = all.filter((e) => e.name === "pselect6") as any[];
      expect(slept).toHaveLength(400);
      // one that lost its CPU before it could sleep was woken while it waited
      expect(slept.filter((e) => e.blocked + e.queued < 0.0009)).toEqual([]);
    }
  }
});

test(
  ...needs("losses are lines where they happened, a total, and exit status 2 when asked", bpf),
  async () => {
    const file = join(tempDir("lost"), "out");
    // a reader that does not read: the tracer is stopped while the ring fills
    const many = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=900000", "status=none"];
    const stop = `${svtracePath} trace --json --fail-on-loss -o ${file} ${many.join(" ")} & p=$!
    until [ -s ${file} ]; do sleep 0.02; done; kill -STOP $p; sleep 4; kill -CONT $p; wait $p`;
    const { status, stderr } = await run(["bash", "-c", stop], { timeout: 60 });
    const lines = readFileSync(file, "latin1")
      .trimEnd()
      .split("\n")
      .map((l) => JSON.parse(l) as any);
    const lost = lines.filter((e) => e.type === "lost").reduce((n, e) => n + e.count, 0);
    const seen = lines.filter(
      (e) => e.type === "call" && (e.name === "read" || e.name === "write") && e.args.count === 1,
    ).length;
    expect(lost).toBeGreaterThan(0);
    expect(status).toBe(2);
    expect(stderr).toContain(`${lost} events lost in all`);
    expect(seen + lost).toBeGreaterThanOrEqual(1_800_000);
    expect(seen).toBeLessThan(1_800_000);
  },
);
