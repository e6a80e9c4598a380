/** `svtrace trace` on the bpf engine: what it shows, counts, and says when it cannot. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  compiled,
  debian,
  lacks,
  needs,
  noBpf,
  notRoot,
  python,
  run,
  sleep,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const bpf = noBpf();
const nobody = ["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all"];

const dd = (count: number) => ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`, "status=none"];

/** Calls and errors by name from a table of -c. */
function counted(table: string): Map<string, number[]> {
  const lines = table.split("\n").filter((l) => /^ *\d/.test(l));
  return new Map(
    lines.map((l) => {
      const fields = l.trim().split(/\s+/);
      return [fields.at(-1)!, fields.slice(0, -1).map(Number)];
    }),
  );
}

test(...needs("-c counts every call, in the kernel", bpf), async () => {
  const { stderr, status } = await svtrace(["trace", "-c", ...dd(200_000)]);
  expect(status).toBe(0);
  const rows = counted(stderr);
  const before = counted((await svtrace(["trace", "-c", ...dd(0)])).stderr);
  const calls = (table: Map<string, number[]>, name: string) => table.get(name)?.[8] ?? 0;
  expect(stderr).toContain("p99 us");
  expect(calls(rows, "read") - calls(before, "read")).toBe(200_000);
  expect(calls(rows, "write") - calls(before, "write")).toBe(200_000);
  expect(calls(rows, "close")).toBe(calls(before, "close"));
});

test(
  ...needs("strace -c --engine bpf prints strace's table, with the same calls and errors as ptrace", bpf),
  async () => {
    const tables = [];
    for (const engine of ["bpf", "ptrace"]) {
      const { stderr } = await svtrace(["strace", "-f", "-c", "--engine", engine, "ls", "/nonexistent", "/"]);
      const lines = stderr.split("\n").filter((l) => /^ *\d/.test(l));
      const calls = lines.map((l) => l.trim().split(/\s+/).slice(3).join(" "));
      tables.push({ head: stderr.match(/% time.*/)?.[0], calls: calls.sort() });
    }
    expect(tables[0]).toEqual(tables[1]);
  },
);

test(...needs("-c --by tells processes and files apart", bpf, lacks("python3")), async () => {
  const dir = tempDir("by");
  const file = join(dir, "data");
  writeFileSync(file, "x".repeat(1000));
  const script = `for i in 1 2 3; do dd if=${file} of=/dev/null bs=1 status=none; done; sleep 0.6 <${file}`;
  const byComm = await svtrace(["trace", "-f", "-c", "--by=comm", "sh", "-c", script]);
  const dds = counted(byComm.stderr).get("dd");
  expect(dds?.[8]).toBeGreaterThan(6000);
  // a process that keeps its file open until it has been looked up, and then has another one of the same number
  const other = join(dir, "other");
  writeFileSync(other, "x");
  const slow = `import os,time
f=os.open('${file}',os.O_RDONLY)
for i in range(500): os.lseek(f,0,0)
time.sleep(1)
os.close(f); os.open('${other}',os.O_RDONLY)
for i in range(20): os.lseek(f,0,0)
time.sleep(1)`;
  const [byPath, ofPath] = await Promise.all([
    svtrace(["trace", "-c", "--by=path", "--interval=300ms", python, "-c", slow]),
    svtrace(["trace", "-c", "-P", file, python, "-c", slow]),
  ]);
  const tables = byPath.stderr.split(/^% time/m).map((table) => counted(table));
  const inAll = tables.pop();
  const since = (path: string) => tables.reduce((n, table) => n + (table.get(path)?.[8] ?? 0), 0);
  expect(inAll?.get(file)?.[8]).toBeGreaterThanOrEqual(500);
  expect(inAll?.get(other)?.[8]).toBeGreaterThanOrEqual(20);
  expect(inAll?.get(other)?.[8]).toBeLessThan(30);
  for (const path of [file, other]) expect(since(path)).toBe(inAll?.get(path)?.[8]);
  // with a few of earlier files of the same number, as that is looked up when a record is read
  expect(counted(ofPath.stderr).get("lseek")?.[7]).toBeGreaterThanOrEqual(500);
  expect(counted(ofPath.stderr).get("lseek")?.[7]).toBeLessThan(520);
  expect(ofPath.stderr).not.toMatch(/brk|nanosleep|execve/);
  const byPid = await svtrace(["trace", "-f", "-c", "--by=pid", "--json", "sh", "-c", "ls /; ls /"]);
  const { rows } = JSON.parse(byPid.stderr);
  expect(rows.filter((r: { pid: string }) => r.pid.endsWith(" ls"))).toHaveLength(2);
});

test(...needs("calls that -c cannot tell apart are a loss", bpf, lacks("python3")), async () => {
  const many = "import os\nfor i in range(100, 9000):\n try: os.fsync(i)\n except OSError: pass";
  const command = ["-e", "trace=fsync", "-c", "--by=fd", python, "-c", many];
  const { status, stderr } = await svtrace(["trace", "--fail-on-loss", ...command]);
  expect(stderr).toMatch(/\(708 calls of further descriptors\)/);
  expect(status).toBe(2);
});

test(...needs("-c --json --interval: the whole at the end says that it is", bpf), async () => {
  const { stderr } = await svtrace(["trace", "-c", "--json", "--interval=500ms", "sh", "-c", "sleep 1.8"]);
  const lines = stderr
    .trimEnd()
    .split("\n")
    .map((l) => JSON.parse(l));
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.map((l) => l.total)).toEqual([...lines.slice(1).map(() => undefined), true]);
  const calls = lines.map((l) => l.rows.reduce((n: number, r: { calls: number }) => n + r.calls, 0));
  const total = calls.pop();
  expect(calls.reduce((a, b) => a + b)).toBeLessThanOrEqual(total);
});

test(...needs("-c --interval: a table every so often, the whole at the end", bpf), async () => {
  const { stderr } = await svtrace(["trace", "-c", "--interval=500ms", "sh", "-c", "sleep 1.8"]);
  const tables = stderr.split(/^% time/m).length - 1;
  expect(tables).toBeGreaterThanOrEqual(2);
  expect(stderr).toMatch(/^\d\d:\d\d:\d\d$/m);
});

test(...needs("--slower-than shows slow calls only", bpf), async () => {
  const { stderr } = await svtrace([
    "trace",
    "-f",
    "--slower-than=150ms",
    "sh",
    "-c",
    "ls / >/dev/null; sleep 0.4",
  ]);
  const calls = stderr.split("\n").filter((l) => /\) += /.test(l));
  expect(calls.some((l) => /nanosleep\(/.test(l))).toBe(true);
  expect(stderr).not.toMatch(/openat|mmap/);
});

test(...needs("--slower-than is woken by what is slow, and sleeps meanwhile", bpf), async () => {
  const fifo = join(tempDir("slow"), "fifo");
  execFileSync("mkfifo", [fifo]);
  const shell = start(["sh", "-c", `while read -r line <${fifo}; do sleep 0.3; done`]);
  const tracer = start([svtracePath, "trace", "--slower-than=250ms", "-f", "-p", String(shell.pid)]);
  let stderr = "";
  tracer.stderr!.on("data", (d) => {
    stderr += d;
  });
  await waitUntil("it to attach", () => stderr.includes("attached"));
  const sleeps = () => {
    const text = readFileSync(`/proc/${tracer.pid}/status`, "latin1");
    return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]);
  };
  await sleep(1);
  const before = sleeps();
  await sleep(3);
  // it looks every 0.1 s whether it is to end
  expect(sleeps() - before).toBeLessThan(60);
  writeFileSync(fifo, "\n");
  await waitUntil("a slow call", () => /nanosleep\(.* = 0/.test(stderr));
});

test(
  ...needs(
    "a process goes on without its first thread, and ends as strace says",
    bpf,
    lacks("gcc", "strace"),
  ),
  async () => {
    const program = compiled("leaderless");
    // longer than from one look for ends that were lost to the next
    const exits = [program, "1300"];
    const ends = async (argv: readonly string[], text?: (file: string) => Promise<string>) => {
      const file = join(tempDir("ends"), "out");
      const { status, signal } = await run([...argv.slice(0, 2), "-o", file, ...argv.slice(2)]);
      const lines = ((await text?.(file)) ?? readFileSync(file, "latin1")).split("\n");
      const said = lines.map((l) => l.replace(/^[\d. ]+/, "").replace(/si_pid=\d+/, "si_pid"));
      return { status, signal, said: said.filter((l) => /^(\+\+\+|---)/.test(l)).sort() };
    };
    const exported = async (file: string) => (await svtrace(["export", "--format", "strace", file])).stdout;
    const theirs = debian("strace")!;
    const [followed, alone, killed, replaced, ...ours] = await Promise.all([
      ends([theirs, "-f", ...exits]),
      ends([theirs, "-q", ...exits]),
      ends([theirs, "-f", program, "100", "15"]),
      ends([theirs, "-q", compiled("thread-exec")]),
      ends([svtracePath, "trace", "-f", ...exits]),
      ends([svtracePath, "record", "--", ...exits], exported),
      ends([svtracePath, "trace", "-q", ...exits]),
      ends([svtracePath, "trace", "-f", program, "100", "15"]),
      ends([svtracePath, "trace", "-q", compiled("thread-exec")]),
    ]);
    expect(followed).toMatchObject({ status: 7, said: Array(2).fill("+++ exited with 7 +++") });
    expect(ours).toEqual([followed, followed, alone, killed, replaced]);
  },
);

test(...needs("-Z: only calls that failed", bpf), async () => {
  const { stderr } = await svtrace(["trace", "-Z", "-e", "trace=openat,close", "ls", "/nonexistent"]);
  const calls = stderr.split("\n").filter((l) => /\) += /.test(l));
  expect(calls.length).toBeGreaterThan(0);
  expect(calls.every((l) => l.includes("= -1 "))).toBe(true);
});

test(...needs("-p --tree follows what is there already and what comes", bpf), async () => {
  const shell = start(["sh", "-c", "(while :; do sleep 0.05; done) & wait"]);
  const below = () =>
    execFileSync("ps", ["--ppid", String(shell.pid), "-o", "pid="])
      .toString()
      .trim();
  const loop = await waitUntil("a child", below);
  const { stdout } = await run(
    ["timeout", "-s", "INT", "3", svtracePath, "trace", "--json", "-p", String(shell.pid), "--tree"],
    { timeout: 30 },
  );
  const events = stdout
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l));
  expect(events.some((e) => e.type === "attach" && e.pid === Number(loop))).toBe(true);
  expect(events.some((e) => e.type === "exec" && e.comm === "sleep")).toBe(true);
  expect(events.some((e) => e.type === "call" && /nanosleep/.test(e.name) && e.comm === "sleep")).toBe(true);
});

test(...needs("--all sees a process nobody named, and not svtrace itself", bpf), async () => {
  const tracer = run(
    ["timeout", "-s", "INT", "4", svtracePath, "trace", "--json", "--all", "-e", "trace=mkdir,rmdir"],
    { timeout: 30 },
  );
  const dir = tempDir("all");
  const inside = `(sleep 2; mkdir ${dir}/inside) & timeout -s INT 4 ${svtracePath} trace --json --all -e trace=mkdir`;
  const contained =
    notRoot() === "" && lacks("unshare") === ""
      ? run(["unshare", "-pf", "--mount-proc", "sh", "-c", `${inside}; wait`])
      : undefined;
  for (let i = 0; i < 20; i++) {
    await run(["sh", "-c", `mkdir ${dir}/d${i}; rmdir ${dir}/d${i}`]);
    await new Promise((r) => setTimeout(r, 100));
  }
  const events = (await tracer).stdout
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l));
  expect(events.some((e) => e.name === "mkdir" && String(e.args.pathname).startsWith(dir))).toBe(true);
  expect(events.every((e) => e.type !== "call" || /^(mk|rm)dir$/.test(e.name))).toBe(true);
  // in a pid namespace: those that have a number there
  const made = (await contained)?.stdout.split("\n").filter((l) => l.includes('"name":"mkdir"'));
  expect(made?.map((l) => JSON.parse(l).args.pathname) ?? [`${dir}/inside`]).toEqual([`${dir}/inside`]);
});

const cgroups = (): string => {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "latin1"))?.[1];
  return mount ?? "";
};

test(
  ...needs(
    "--cgroup sees the processes of a cgroup only",
    bpf,
    notRoot(),
    cgroups() === "" ? "no cgroup v2" : "",
  ),
  async () => {
    const above = join(cgroups(), `svtrace-test-${process.pid}`);
    const cgroup = join(above, "inner");
    mkdirSync(cgroup, { recursive: true });
    const inside = start([
      "sh",
      "-c",
      `echo $$ >${cgroup}/cgroup.procs; while :; do mkdir /tmp/x.$$; rmdir /tmp/x.$$; sleep 0.05; done`,
    ]);
    onTestFinished(async () => {
      await waitUntil("an empty cgroup", () => {
        process.kill(-inside.pid!, "SIGKILL");
        return readFileSync(join(cgroup, "cgroup.procs"), "latin1") === "";
      }).catch(() => {});
      rmdirSync(cgroup);
      rmdirSync(above);
    });
    await waitUntil("a process in the cgroup", () =>
      readFileSync(join(cgroup, "cgroup.procs"), "latin1").trim(),
    );
    const trace = (path: string) =>
      `timeout -s INT 3 ${svtracePath} trace --json --cgroup ${path} -e trace=mkdir,rmdir`;
    // where the group above is the root of all that is seen
    const dir = tempDir("cgroup");
    const mount = `mount -t cgroup2 none ${dir} || { echo unmountable; exit; }`;
    const apart = `echo $$ >${above}/cgroup.procs; exec unshare -Cm sh -c '${mount}; ${trace(`${dir}/inner`)}'`;
    const traces = await Promise.all([trace(cgroup), apart].map((script) => run(["sh", "-c", script])));
    for (const { stdout } of traces.filter((t) => t.stdout !== "unmountable\n")) {
      const calls = stdout
        .trim()
        .split("\n")
        .map((l) => JSON.parse(l))
        .filter((e) => e.type === "call");
      expect(calls.length).toBeGreaterThan(2);
      expect(calls.every((e) => String(e.args.pathname).includes("/tmp/x."))).toBe(true);
    }
  },
);

test(
  ...needs("without privileges ptrace is used, and one line says why", notRoot(), lacks("setpriv")),
  async () => {
    const { stderr, status } = await run([...nobody, svtracePath, "trace", "-e", "trace=close", "true"]);
    expect(status).toBe(0);
    expect(stderr.match(/^svtrace trace: using ptrace.*EPERM.*$/gm)).toHaveLength(1);
    expect(stderr).toMatch(/^close\(3\) += 0$/m);
    const quiet = await run([...nobody, svtracePath, "trace", "-q", "-e", "trace=close", "true"]);
    expect(quiet.stderr).not.toContain("using ptrace");
  },
);

test(
  ...needs(
    "without privileges --engine bpf, and what only it can do, is refused with the remedy",
    notRoot(),
    lacks("setpriv"),
  ),
  async () => {
    for (const options of [
      ["--engine", "bpf"],
      ["--slower-than=1ms"],
      ["--by=fd", "-c"],
      ["--scheduling", "--json"],
    ]) {
      const { stderr, status } = await run([...nobody, svtracePath, "trace", ...options, "true"]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^svtrace trace: .*EPERM.*run as root.*\n$/);
    }
  },
);

test(...needs("threads attached to at once are one line", lacks("gcc")), async () => {
  const threads = start([compiled("ticker"), "4"]);
  await waitUntil("its threads", () => readdirSync(`/proc/${threads.pid}/task`).length === 5);
  for (const engine of bpf === "" ? ["ptrace", "bpf"] : ["ptrace"]) {
    const options = ["-f", "-o", "/dev/null", "-p", String(threads.pid)];
    const tracer = start([svtracePath, "trace", "--engine", engine, ...options]);
    let said = "";
    tracer.stderr!.on("data", (d) => {
      said += d;
    });
    await waitUntil("a message", () => said.includes("attached"));
    tracer.kill("SIGTERM");
    await waitUntil(`the end of the ${engine} engine`, () => tracer.signalCode);
    expect(said.match(/.*attached.*/g)).toEqual([
      `svtrace trace: Process ${threads.pid} attached with 5 threads`,
    ]);
  }
});

test("an exec of the command that fails is told, whatever is traced", async () => {
  for (const engine of bpf === "" ? ["ptrace", "bpf"] : ["ptrace"]) {
    for (const options of [[], ["-e", "trace=openat"], ["-c"]]) {
      const { status, stderr } = await svtrace(["trace", "--engine", engine, ...options, "/etc/passwd"]);
      expect(status).toBe(1);
      expect(stderr.match(/^svtrace trace: .*/gm)).toEqual(["svtrace trace: exec: Permission denied"]);
    }
  }
});

test("a signal that ends it is what it dies of, with -p, too", async () => {
  const sleeper = start(["sleep", "60"]);
  for (const engine of bpf === "" ? ["ptrace", "bpf"] : ["ptrace"]) {
    const tracer = start([svtracePath, "trace", "--engine", engine, "-p", String(sleeper.pid)]);
    await new Promise((resolve) => tracer.stderr!.once("data", resolve));
    tracer.kill("SIGTERM");
    await waitUntil(`the end of the ${engine} engine`, () => tracer.exitCode ?? tracer.signalCode);
    expect(tracer.signalCode).toBe("SIGTERM");
  }
});

test("options that exclude each other are refused in one line", async () => {
  for (const [options, what] of [
    [["--engine", "ptrace", "--slower-than=1ms", "true"], /--slower-than needs the bpf engine/],
    [["-fk", "--slower-than=1ms", "true"], /--slower-than needs the bpf engine: leave out -k, which/],
    [["--all", "-e", "inject=read:error=EIO"], /--all needs the bpf engine: leave out -e inject, which/],
    [["--slower-than=soon", "true"], /'soon' is no duration/],
    [["--slower-than=1ms", "--order=strace", "true"], /leave out --order=strace/],
    [["--scheduling", "true"], /--scheduling needs --json/],
    [["-c", "--by=path", "-P", "/", "true"], /--by=path and -P.* exclude each other/],
    [["--all", "true"], /exclude each other/],
    [["--tree", "true"], /--tree needs -p/],
    [["--by=pid", "true"], /need -c/],
    [
      ["--cgroup=/tmp"],
      bpf === "" ? /ENOENT: (cgroup v2 is not mounted|no cgroup)/ : /--cgroup needs the bpf/,
    ],
    [["-c", "--by=colour", "true"], /invalid --by/],
  ] as const) {
    const { stderr, status } = await svtrace(["trace", ...options]);
    expect(status).toBe(1);
    expect(stderr).toMatch(what);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  }
});

test("trace on and off are still the recorder's switch", async () => {
  const dir = tempDir("switch");
  expect((await svtrace(["trace", "on", dir])).status).toBe(0);
  expect(existsSync(join(dir, "trace"))).toBe(true);
  await svtrace(["trace", "off", dir]);
  expect(existsSync(join(dir, "trace/down"))).toBe(true);
});
