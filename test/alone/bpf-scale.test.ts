/**
 * The bpf engine when much happens: all of it is reported, or its loss is, and nothing stays behind in the kernel.
 * SVTRACE_LONG=1 runs with the numbers the engine promises; otherwise they are a fraction, to be quick.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { buildRecorder, Recorder, record, removeRecorder, ticker } from "../engine.ts";
import {
  compiled,
  lacks,
  long,
  needs,
  noBpf,
  processState,
  start,
  svtrace,
  tempDir,
  waitUntil,
  which,
} from "../helpers.ts";

const bpf = { engine: "bpf" };
const MINUTES = 60_000;

beforeAll(buildRecorder);
afterAll(removeRecorder);

/** Ids of BPF objects a process holds, by kind. */
function held(pid: number): Record<"prog" | "map" | "link", number[]> {
  const ids = { prog: [] as number[], map: [] as number[], link: [] as number[] };
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    let text = "";
    try {
      text = readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1");
    } catch {
      // closed meanwhile
    }
    const link = /^link_id:\s*(\d+)/m.exec(text);
    if (link) ids.link.push(Number(link[1]));
    for (const kind of ["prog", "map"] as const) {
      const id = !link && new RegExp(`^${kind}_id:\\s*(\\d+)`, "m").exec(text);
      if (id) ids[kind].push(Number(id[1]));
    }
  }
  return ids;
}

/** Ids of all BPF objects of a kind in the kernel. */
function inKernel(kind: "prog" | "map" | "link"): Set<number> {
  const r = spawnSync(which("bpftool")!, ["-j", kind, "list"], { encoding: "utf8", maxBuffer: 1 << 26 });
  return new Set((JSON.parse(r.stdout || "[]") as { id: number }[]).map((o) => o.id));
}

describe(...needs("bpf engine under load", noBpf(), lacks("gcc")), () => {
  const storm = long ? 20_000 : 5000;
  it(`follows ${storm} forks, many killed at birth`, { timeout: 5 * MINUTES }, async () => {
    const r = await record({ ...bpf, argv: [compiled("fork-storm"), String(storm)] });
    expect(r.end.lost).toBe(0);
    expect(r.of("new")).toHaveLength(storm + 1);
    expect(r.of("exited")).toHaveLength(storm + 1);
    expect(new Set(r.of("exited").map((t) => t.tid)).size).toBeGreaterThan(1);
    const { attempted, delivered, lost } = r.end as unknown as Record<string, number>;
    expect(attempted).toBe(delivered + lost);
  });

  const execs = long ? 20_000 : 1000;
  it(`sees the exec and the end of each of ${execs} commands`, { timeout: 10 * MINUTES }, async () => {
    const script = `i=0; while [ $i -lt ${execs} ]; do /bin/true & /bin/true; i=$((i+2)); done; wait`;
    const r = await record({ ...bpf, argv: ["/bin/dash", "-c", script] });
    expect(r.end.lost).toBe(0);
    expect(r.of("exec")).toHaveLength(execs + 1);
    expect(r.of("exited")).toHaveLength(execs + 1);
    const counts = r.end.counts as Record<string, number>;
    expect(counts.execve).toBe(execs + 1);
    expect(counts.exit_group).toBe(execs + 1);
  });

  it("attaches to a tree while it forks, and then misses nothing of it", {
    timeout: 2 * MINUTES,
  }, async () => {
    const loop = "while :; do /bin/true; /bin/sleep 0.02; done";
    const shell = start(["/bin/dash", "-c", `(${loop}) & (${loop}) & ${loop}`]);
    await waitUntil("two more shells", () => childrenOf(shell.pid!).length >= 2, 60);
    const r = new Recorder({ ...bpf, attachTree: shell.pid, quiet: false });
    await waitUntil(
      "commands of all",
      () => {
        const parents = new Set(r.of("new").map((n) => n.parent));
        return parents.size >= 4 && r.of("exited").length > 50;
      },
      60,
    );
    r.child.kill("SIGTERM");
    await r.done;
    // whoever was born after we attached is seen from its first call to its last
    const born = r.of("new").filter((n) => !n.attached);
    const ended = new Set(r.of("exited").map((l) => l.tid));
    const whole = born.filter((n) => ended.has(n.tid));
    expect(whole.length).toBeGreaterThan(40);
    const execs = new Set(r.of("exec").map((l) => l.tid));
    expect(whole.filter((n) => !execs.has(n.tid))).toEqual([]);
    expect(r.end.lost).toBe(0);
  });

  const many = long ? 100_000 : 5000;
  const memory = memoryGroup();
  it(`leaves nothing of ${many} processes in its maps${memory ? "" : " (skipped: no memory cgroup to count by)"}`, {
    skip: !memory,
    timeout: 10 * MINUTES,
  }, async () => {
    const group = memory!;
    onTestFinished(() => waitUntil("group removed", () => removed(group.dir)).then(() => undefined));
    const shell = start([
      "/bin/sh",
      "-c",
      `read x < "$0"; exec "$1" ${many}`,
      group.fifo,
      compiled("fork-storm"),
    ]);
    const through = ["/bin/sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', group.dir];
    const r = new Recorder({ ...bpf, attach: shell.pid }, { through });
    await r.until("new");
    const before = held(r.child.pid!);
    const used = group.usage();
    writeFileSync(group.fifo, "go\n");
    const ended = (n: number) => r.of("exited").length >= n || r.of("lost").length > 0;
    // the recorder ends with the last of them
    await waitUntil("half of them ended", () => ended(many / 2), 300);
    const ids = held(r.child.pid!);
    await waitUntil("all ended", () => ended(many), 300);
    expect(r.of("lost")).toEqual([]);
    expect(ids).toEqual(before);
    // the state of each task is some 16 KiB; they go a grace period after their tasks
    await waitUntil("states freed", () => group.usage() - used < (many * 16384) / 20, 60);
    await r.done;
  });

  it.for<[string, object]>([
    ["all calls", { followForks: true }],
    // with timers, and tasks that are to call back
    ["slow calls", { followForks: true, slowerThan: 1e6 }],
  ])(
    ...needs("leaves nothing in the kernel when it is killed, tracing %s", lacks("bpftool")),
    async ([, options]) => {
      const t = await ticker(3);
      const r = new Recorder({ ...bpf, options, attach: t.pid, quiet: false });
      await r.until("exit");
      const ids = held(r.child.pid!);
      expect(ids.prog.length).toBeGreaterThan(5);
      expect(ids.link.length).toBeGreaterThan(5);
      expect(ids.prog.every((id) => inKernel("prog").has(id))).toBe(true);
      r.child.kill("SIGKILL");
      for (const kind of ["link", "prog", "map"] as const)
        await waitUntil(`no ${kind} left`, () => {
          const there = inKernel(kind);
          return !ids[kind].some((id) => there.has(id));
        });
      expect(processState(t.pid)).toMatch(/[RS]/);
      t.child.kill("SIGUSR1");
      expect(await t.ended).toBe(7);
    },
  );

  it("keeps records of all sizes whole, many times around the rings", { timeout: MINUTES }, async () => {
    // each write says its number; it rests now and then, as nobody keeps pace with a gigabyte a second
    const write = 'syswrite STDOUT, sprintf("%08d", $n) . "x" x ($n * 7919 % 4000)';
    const writer = `for my $n (1..15000) { ${write}; select(undef, undef, undef, 0.01) if $n % 100 == 0 }`;
    const one = `perl -e '${writer}' > /dev/null`;
    const out = join(tempDir(), "trace");
    const options = ["trace", "--engine", "bpf", "-f", "-e", "trace=write", "-s", "8000", "-o", out];
    const traced = await svtrace([...options, "/bin/sh", "-c", `${one} & ${one} & ${one}; wait`]);
    expect(traced.stderr).toBe("");
    expect(traced.status).toBe(0);
    const next = new Map<string, number>();
    for (const line of readFileSync(out, "latin1").split("\n")) {
      const [, tid, text, length] = /^(\d+) +write\(1, "(\d{8}x*)", (\d+)\) += \3$/.exec(line) ?? [];
      if (tid === undefined) {
        expect(line).toMatch(/^$|^\d+ +\+\+\+ exited with 0 \+\+\+$|SIGCHLD/);
        continue;
      }
      const n = (next.get(tid) ?? 0) + 1;
      next.set(tid, n);
      if (
        Number(text.slice(0, 8)) !== n ||
        text.length !== Number(length) ||
        text.length !== 8 + ((n * 7919) % 4000)
      )
        expect.fail(`write ${n} of ${tid}: ${line.slice(0, 100)} (${text.length} bytes)`);
    }
    expect([...next.values()]).toEqual([15_000, 15_000, 15_000]);
  });

  const seconds = long ? 60 : 3;
  it(`accounts for every event in ${seconds} s of two dd at full rate`, {
    timeout: 5 * MINUTES,
  }, async () => {
    const dd = "dd if=/dev/zero of=/dev/null bs=1 status=none";
    const script = `${dd} & a=$!; ${dd} & b=$!; sleep ${seconds}; kill $a $b; wait`;
    const r = await record({ ...bpf, argv: ["/bin/dash", "-c", script] });
    const end = r.end as unknown as Record<string, number>;
    console.log(
      `${end.attempted} events tried, ${end.delivered} delivered, ${end.lost} lost; peak ${Math.round(end.peak / 1024)} MB`,
    );
    expect(end.attempted).toBe(end.delivered + end.lost);
    expect(end.attempted).toBeGreaterThan(100_000);
    expect(end.peak).toBeLessThan(400 * 1024);
  });
});

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
}

interface MemoryGroup {
  readonly dir: string;
  readonly fifo: string;
  /** Bytes of kernel memory charged to it. */
  usage(): number;
}

/** A cgroup whose memory is counted, so that maps' is. */
function memoryGroup(): MemoryGroup | undefined {
  for (const [root, file] of [
    ["/sys/fs/cgroup/memory", "memory.kmem.usage_in_bytes"],
    ["/sys/fs/cgroup", "memory.current"],
  ]) {
    const dir = join(root, `svtrace-test-${process.pid}`);
    try {
      if (!existsSync(root)) continue;
      mkdirSync(dir);
      const path = join(dir, file);
      if (existsSync(path)) {
        const fifo = `/tmp/svtrace-test-${process.pid}.fifo`;
        spawnSync("mkfifo", [fifo]);
        return { dir, fifo, usage: () => Number(readFileSync(path, "latin1")) };
      }
      rmdirSync(dir);
    } catch {
      // not ours to write
    }
  }
  return undefined;
}

function removed(dir: string): boolean {
  try {
    rmdirSync(dir);
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === "ENOENT";
  }
  return true;
}
