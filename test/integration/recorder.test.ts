/** The recorder of `svtrace up` on real services: killed, asked, out of disk, overrun. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { basename, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, onTestFinished, test } from "vitest";
import { bytesOf, textOf } from "../../src/base/bytes.ts";
import {
  isAlive,
  needs,
  notRoot,
  run,
  sleep,
  start,
  svtrace,
  svtracePath,
  tempDir,
  umaskOf,
  waitUntil,
} from "../helpers.ts";
import { up } from "../services.ts";

/** Serves nothing, but listens, so that it is ready at once; then does a few calls a second. */
const LISTENER = `exec perl -MIO::Socket::INET -e '
  my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5) or die;
  $SIG{TERM} = sub { exit 0 };
  while (1) { my $r = ""; vec($r, fileno($s), 1) = 1; select($r, undef, undef, 0.05); stat("/etc/hostname"); getppid }'`;

function service(
  scan: string,
  name: string,
  script = LISTENER,
  settings: Record<string, string> = {},
): string {
  const dir = join(scan, name);
  mkdirSync(join(dir, "trace"), { recursive: true });
  writeFileSync(join(dir, "run"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, "run"), 0o755);
  for (const [file, value] of Object.entries(settings)) writeFileSync(join(dir, "trace", file), value);
  return dir;
}

const pidOf = (dir: string): number => {
  const status = join(dir, "supervise/status");
  return existsSync(status) ? readFileSync(status).readUInt32LE(12) : 0;
};
const recordings = (dir: string): string[] => {
  const path = join(dir, "trace/recordings");
  return existsSync(path)
    ? readdirSync(path)
        .filter((n) => n.endsWith(".duckdb"))
        .sort()
    : [];
};
const file = (dir: string, name: string) => join(dir, "trace/recordings", name);

function recorderPid(parent: number): number | undefined {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ");
  return children.map(Number).find((pid) => {
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return argv.includes("recorder");
  });
}

/** Rows of a query by DuckDB itself, in a process that knows nothing of svtrace. */
async function sql(path: string, query: string): Promise<Record<string, unknown>[]> {
  const instance = await waitUntil("the file to be free", () =>
    DuckDBInstance.create(path, { access_mode: "READ_ONLY" }),
  );
  try {
    const db = await instance.connect();
    const rows = (await db.runAndReadAll(query)).getRowObjectsJS();
    db.closeSync();
    return rows as Record<string, unknown>[];
  } finally {
    instance.closeSync();
  }
}

/** A service of which every call is recorded, and some are on disk by now: its directory, its recording's name, pids. */
async function recorded() {
  const scan = tempDir("recorder");
  const dir = service(scan, "web", LISTENER, { policy: "everything" });
  const { pid: supervisor } = up(scan);
  const pid = await waitUntil("service up", () => pidOf(dir), 20);
  const name = await waitUntil("recording", () => recordings(dir)[0], 40);
  const some = "SELECT 1 FROM syscall WHERE name = 'getppid' LIMIT 1";
  await waitUntil("calls", async () => (await sql(file(dir, name), some)).length > 0, 30);
  return { dir, supervisor, pid, name };
}

test("a killed recorder harms no service, carries on, and shows the gap", async () => {
  const { dir, supervisor, pid, name } = await recorded();
  const recorder = recorderPid(supervisor)!;
  process.kill(recorder, "SIGKILL");
  await waitUntil("another recorder", () => {
    const now = recorderPid(supervisor);
    return now !== recorder && now;
  });
  expect(isAlive(pid)).toBe(true);
  const gaps = "SELECT 1 FROM event WHERE kind = 'gap'";
  await waitUntil("the recording to go on", async () => (await sql(file(dir, name), gaps)).length > 0, 30);
  const restarted = await svtrace(["restart", dir], { timeout: 40 });
  expect(restarted.status).toBe(0);
  const why = await svtrace(["why", "--json", dir]);
  const report = JSON.parse(why.stdout);
  expect(report.lifetime.kind).toBe("restart");
  expect(report.lost).toBe(1);
  expect(recordings(dir).length).toBe(2);
  const [gap] = await sql(file(dir, name), "SELECT ts, until FROM event WHERE kind = 'gap'");
  expect(Number(gap.until)).toBeGreaterThan(Number(gap.ts));
  const [{ reason }] = await sql(file(dir, name), "SELECT reason FROM loss");
  expect(reason).toMatch(/^gap of \d+\.\d s: the recorder was not running$/);
  const [{ before, after }] = await sql(
    file(dir, name),
    `SELECT count(*) FILTER (ts < ${gap.ts}) AS before, count(*) FILTER (ts > ${gap.until}) AS after FROM syscall`,
  );
  expect(Number(before)).toBeGreaterThan(10);
  expect(Number(after)).toBeGreaterThan(3);
  expect(
    (await sql(file(dir, name), "SELECT count(*) AS n FROM syscall WHERE name IS NULL OR args IS NULL"))[0].n,
  ).toBe(0n);
});

test("a recorder that is asked to end writes what it has first", async () => {
  const { dir, supervisor, pid, name } = await recorded();
  const recorder = recorderPid(supervisor)!;
  // logs that are written ahead of a recording hold arguments, too
  expect(umaskOf(recorder)).toBe("0077");
  const asked = process.hrtime.bigint();
  process.kill(recorder, "SIGTERM");
  const gaps = "SELECT ts FROM event WHERE kind = 'gap'";
  const [gap] = await waitUntil(
    "the recording to go on",
    async () => {
      const found = await sql(file(dir, name), gaps);
      return found.length > 0 && found;
    },
    30,
  );
  expect(BigInt(Math.round(Number(gap.ts)))).toBeGreaterThan(asked);
  expect(isAlive(pid)).toBe(true);
});

test("the end of a recording that somebody reads is written when that is over", async () => {
  const { dir, supervisor, name } = await recorded();
  const reader = await waitUntil("the file to be free", () =>
    DuckDBInstance.create(file(dir, name), { access_mode: "READ_ONLY" }),
  );
  process.kill(supervisor, "SIGTERM");
  await sleep(5);
  reader.closeSync();
  const ended = await waitUntil(
    "the end",
    async () => (await sql(file(dir, name), "SELECT ended FROM lifetime"))[0].ended,
    20,
  );
  expect(ended).not.toBeNull();
}, 60_000);

test("a start is recorded from the first instruction of the run script", async () => {
  const scan = tempDir("recorder");
  const dir = service(scan, "web");
  writeFileSync(join(dir, "down"), "");
  up(scan);
  await waitUntil("the recorder", () => existsSync(join(scan, ".svtrace/recorder.sock")), 60);
  await waitUntil("the supervisor", () => existsSync(join(dir, "supervise/ok")), 20);
  expect((await svtrace(["svc", "-u", dir])).status).toBe(0);
  let attached = true;
  // on a busy machine the supervisor may have given up waiting for the recorder: then the next start will do
  for (let i = 0; attached && i < 5; i++) {
    if (i > 0) expect((await svtrace(["restart", dir], { timeout: 60 })).status).toBe(0);
    const name = await waitUntil("recording", () => recordings(dir)[i], 60);
    [{ attached }] = (await sql(file(dir, name), "SELECT attached FROM lifetime")) as [{ attached: boolean }];
  }
  expect(attached).toBe(false);
  const newest = file(dir, recordings(dir).at(-1)!);
  const calls = () =>
    sql(newest, "SELECT name, args, ret, pid, duration_ns FROM syscall ORDER BY ts LIMIT 40");
  await waitUntil("calls", async () => (await calls()).length === 40, 30);
  const found = await calls();
  expect(found[0]).toMatchObject({ name: "execve", ret: "0", pid: pidOf(dir) });
  expect(found[0].args).toMatch(/^"\.\/run", \["\.\/run"\], 0x/);
  // the loader of the shell, and nothing of what the supervisor did before
  expect(found[1].name).toBe("brk");
  await waitUntil(
    "ready",
    async () => (await sql(newest, "SELECT 1 FROM lifetime WHERE ready_by = 'listen'")).length > 0,
    40,
  );
  const [{ started, first }] = await sql(
    newest,
    "SELECT started, min(ts) AS first FROM lifetime, syscall GROUP BY 1",
  );
  expect(Number(first) - Number(started)).toBeLessThan(5e9);
});

test("a service whose name is no UTF-8 is recorded, and no other is made", async () => {
  const scan = tempDir("bytes");
  const dir = join(scan, textOf(Buffer.from("w\xff", "latin1")));
  mkdirSync(bytesOf(join(dir, "trace")), { recursive: true });
  writeFileSync(bytesOf(join(dir, "run")), "#!/bin/sh\nexec sleep 1000\n", { mode: 0o755 });
  const { said } = up(scan);
  // without what stands beside them while they are written
  const found = () =>
    readdirSync(bytesOf(join(dir, "trace/recordings"))).filter((n) => n.endsWith(".duckdb"));
  await waitUntil("recording", () => found().length > 0, 40);
  // not even by the one that looks for services that run
  await sleep(4);
  expect(readdirSync(bytesOf(scan), "buffer").map(textOf).sort()).toEqual([".svtrace", basename(dir)]);
  expect(found().length).toBe(1);
  expect(said()).not.toContain("not recorded");
}, 60_000);

test("a service that is renamed while it is recorded keeps its recording, and its next one follows it", async () => {
  const { dir, pid, name } = await recorded();
  const renamed = `${dir}2`;
  renameSync(dir, renamed);
  // the recorder sees the new name by itself, too
  await sleep(4);
  expect((await svtrace(["svc", "-t", renamed])).status).toBe(0);
  const next = await waitUntil("the next recording", () => recordings(renamed)[1], 30);
  const ends = "SELECT died, asked_by, next, (SELECT count(*) FROM loss)::INT AS lost FROM lifetime";
  const end = await waitUntil(
    "the end",
    async () => {
      const [row] = await sql(file(renamed, name), ends);
      return row.next !== null && row.died !== null && row;
    },
    30,
  );
  expect(end).toMatchObject({ asked_by: "svc -t", next, lost: 0 });
  const [{ n }] = await sql(
    file(renamed, name),
    `SELECT count(*)::INT AS n FROM event WHERE kind = 'gap' OR kind = 'death' AND pid <> ${pid}`,
  );
  expect(n).toBe(0);
  expect(existsSync(dir)).toBe(false);
}, 90_000);

test("the flight recorder is saved on command and on death", async () => {
  const scan = tempDir("recorder");
  // running from the start: only what is slow is kept
  const dir = service(scan, "web", LISTENER, { policy: "slow" });
  up(scan);
  const pid = await waitUntil("service up", () => pidOf(dir), 20);
  const name = await waitUntil("recording", () => recordings(dir)[0], 40);
  const refused = await svtrace(["record", "--save", scan]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/^svtrace record: [^:]+: not a recorded service.*\n$/);
  await waitUntil(
    "it to be running",
    async () => Number.parseInt((await svtrace(["record", "--save", dir])).stdout, 10) > 8,
    60,
  );
  const kept = "SELECT count(*) AS n FROM syscall WHERE name = 'getppid'";
  const saved = Number((await sql(file(dir, name), kept))[0].n);
  expect(saved).toBeGreaterThan(2);
  const [{ args }] = await sql(
    file(dir, name),
    "SELECT args FROM syscall WHERE name LIKE '%stat%' AND duration_ns < 10e6 ORDER BY ts DESC LIMIT 1",
  );
  // numbers, unless the engine stops the process and can read its memory at the time
  expect(args).toMatch(/^AT_FDCWD, (0x[0-9a-f]+, 0x[0-9a-f]+, \.\.\.|"\/etc\/hostname", .*)$/);
  await waitUntil(
    "counts",
    async () => {
      await svtrace(["record", "--save", dir]);
      return (
        (await sql(file(dir, name), "SELECT 1 FROM rate WHERE name = 'getppid' AND calls > 1")).length > 0
      );
    },
    40,
  );
  process.kill(pid, "SIGKILL");
  await waitUntil(
    "death written",
    async () => (await sql(file(dir, name), "SELECT died FROM lifetime"))[0].died !== null,
    40,
  );
  const flights = await sql(file(dir, name), "SELECT text FROM event WHERE kind = 'flight' ORDER BY ts");
  expect(flights[0].text).toMatch(/^asked by svtrace record --save: \d+ calls of before$/);
  expect(flights.at(-1)!.text).toMatch(/^death: \d+ calls of before$/);
  expect(Number((await sql(file(dir, name), kept))[0].n)).toBeGreaterThan(saved);
  expect(
    (await sql(file(dir, name), "SELECT sum(calls) AS n FROM histogram WHERE name = 'getppid'"))[0].n,
  ).not.toBeNull();
});

test(...needs("a full disk stops recording with one warning, and nothing else", notRoot()), async () => {
  const scan = tempDir("recorder");
  const busy = LISTENER.replace("0.05", "0.001").replace("getppid", 'open(my $f, "<", "/tmp/" . rand())');
  const dir = service(scan, "web", busy, { policy: "everything" });
  const disk = join(dir, "trace/recordings");
  mkdirSync(disk);
  expect((await run(["mount", "-t", "tmpfs", "-o", "size=600k,mode=700", "tmpfs", disk])).status).toBe(0);
  onTestFinished(() => void spawnSync("umount", [disk]));
  const { said } = up(scan);
  const pid = await waitUntil("service up", () => pidOf(dir), 20);
  await waitUntil("the warning", () => /unable to write the recording/.test(said()), 60);
  const first = said();
  expect(first).toMatch(/web: unable to write the recording, trying again every 10 s: .*(space|full|write)/i);
  expect(isAlive(pid)).toBe(true);
  // the same service's next lifetime has no space either
  expect((await svtrace(["restart", dir], { timeout: 40 })).status).toBe(0);
  expect(pidOf(dir)).not.toBe(pid);
  await new Promise((r) => setTimeout(r, 3000));
  expect(said().match(/unable to write/g)?.length).toBe(1);
  expect((await run(["mount", "-o", "remount,size=60m", disk])).status).toBe(0);
  await waitUntil("recording again", () => /recording again/.test(said()), 40);
  const newest = await waitUntil("the second recording", () => recordings(dir)[1], 30);
  await waitUntil(
    "its calls",
    async () => Number((await sql(file(dir, newest), "SELECT count(*) AS n FROM syscall"))[0].n) > 100,
    30,
  );
  expect(isAlive(pidOf(dir))).toBe(true);
});

test("a file is readable whenever its writer is killed", async () => {
  const dir = tempDir("killed");
  for (let i = 0; i < 2; i++) {
    const path = join(dir, `${i}.duckdb`);
    const child = start([
      svtracePath,
      "record",
      "-o",
      path,
      "--",
      "perl",
      "-e",
      'while (1) { open(my $f, "<", "/no/" . $n++); select(undef, undef, undef, 0.002) }',
    ]);
    await waitUntil(
      "a first write",
      async () => existsSync(path) && (await sql(path, "FROM lifetime")).length > 0,
      30,
    );
    await new Promise((r) => setTimeout(r, 150 + 400 * i));
    process.kill(child.pid!, "SIGKILL");
    const [{ n, bad }] = await sql(
      path,
      "SELECT count(*) AS n, count(*) FILTER (name IS NULL OR ret IS NULL) AS bad FROM syscall",
    );
    expect(Number(n)).toBeGreaterThan(100);
    expect(bad).toBe(0n);
    if (i === 1) {
      const why = await svtrace(["why", "--json", path], { timeout: 60 });
      expect(JSON.parse(why.stdout).lifetime.ended).toBeNull();
    }
  }
}, 180_000);

const SERVICES = Number(process.env.SVTRACE_STORM ?? 20);
/** MB of the ring that events come through: it is mapped twice in a row, and so counted twice. */
const RING = 16;

test(`${SERVICES} services restarted at once: each lifetime has its recording`, async () => {
  const scan = tempDir("storm");
  const script = "exec sleep 1000";
  const dirs = Array.from({ length: SERVICES }, (_, i) => service(scan, `s${i}`, script));
  const { pid: supervisor } = up(scan);
  const before = new Map<string, number>();
  for (const dir of dirs) before.set(dir, await waitUntil(`${dir} up`, () => pidOf(dir), 120));
  const peak = () =>
    Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${recorderPid(supervisor)}/status`, "utf8"))?.[1]) /
      1024 -
    RING;
  for (const dir of dirs)
    await waitUntil(`first recording of ${dir}`, () => recordings(dir).length === 1, 120);
  await run([svtracePath, "svc", "-t", ...dirs]);
  for (const dir of dirs) {
    await waitUntil(`${dir} restarted`, () => pidOf(dir) !== before.get(dir) && pidOf(dir) > 0, 120);
    await waitUntil(`second recording of ${dir}`, () => recordings(dir).length === 2, 120);
  }
  const megabytes = peak();
  const attached: number[] = [];
  for (const dir of dirs) {
    const [first] = recordings(dir);
    const ended = () =>
      sql(
        file(dir, first),
        "SELECT ended, asked_by, (SELECT string_agg(reason, '; ') FROM loss) AS lost FROM lifetime",
      );
    // the signal may be heard of, and written, before the command that it came from
    await waitUntil(
      `the end of ${first}`,
      async () => {
        const [{ ended: at, asked_by: by }] = await ended();
        return at !== null && by === "svc -t";
      },
      60,
    );
    expect((await ended())[0].lost).toBeNull();
    const [{ late }] = await sql(file(dir, recordings(dir)[1]), "SELECT attached::INT AS late FROM lifetime");
    attached.push(Number(late));
  }
  const late = attached.reduce((sum, n) => sum + n, 0);
  console.log(
    `recorder of ${SERVICES} services: ${megabytes.toFixed(0)} MB at most; ${late} restarts not from the first instruction`,
  );
  expect(megabytes).toBeLessThan(400 + 2 * SERVICES);
}, 600_000);

const [told, options] = needs("a service told of before it has stopped itself goes on", notRoot());
test(told, { ...options, timeout: 60_000 }, async () => {
  for (const engine of ["ptrace", "bpf"]) {
    const scan = tempDir("late");
    const home = join(scan, ".svtrace");
    mkdirSync(home, { mode: 0o700 });
    const dir = service(scan, "slow", "", { engine });
    const recorder = start([svtracePath, "recorder", home]);
    onTestFinished(() => void recorder.kill("SIGTERM"));
    const socket = join(home, "recorder.sock");
    await waitUntil("recorder's socket", () => existsSync(socket));
    // stopped long after the recorder has attached to it, as on a machine with no time for either
    const child = start(["/bin/sh", "-c", "sleep 1; kill -STOP $$; exec sleep 100"]);
    onTestFinished(() => void child.kill("SIGKILL"));
    const message = { event: "start", service: "slow", dir, pid: child.pid, time: Date.now() / 1000 };
    await say(socket, message);
    await waitUntil(
      `${engine}: the service to have gone on`,
      () => readFileSync(`/proc/${child.pid}/cmdline`, "latin1").startsWith("sleep"),
      20,
    );
  }
});

/** Says one thing to a recorder and waits for its answer. */
function say(socket: string, message: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket, () => connection.write(`${JSON.stringify(message)}\n`));
    connection.on("error", reject);
    connection.on("data", () => {
      connection.destroy();
      resolve();
    });
  });
}

test("trace on has the supervisor start its recorder at once", async () => {
  const scan = tempDir("switch");
  const dir = service(scan, "web");
  rmSync(join(dir, "trace"), { recursive: true });
  const { pid: supervisor } = up(scan);
  await waitUntil("service up", () => pidOf(dir), 20);
  expect(recorderPid(supervisor)).toBeUndefined();
  expect((await svtrace(["trace", "on", dir])).status).toBe(0);
  await waitUntil("recorder", () => recorderPid(supervisor), 30);
}, 60_000);

test("a service goes on though its recorder answers and does nothing", async () => {
  const scan = tempDir("idle-recorder");
  const dir = service(scan, "web", "exec sleep 1000");
  const home = join(scan, ".svtrace");
  mkdirSync(home, { mode: 0o700 });
  // a process of its own: the supervisor ends its recorder
  const fake = start([
    process.execPath,
    "-e",
    `require("net").createServer((socket) => socket.on("data", (data) => {
      for (const line of data.toString().trim().split("\\n")) {
        const { event, pid } = JSON.parse(line);
        if (event === "start") socket.write(JSON.stringify({ ack: pid }) + "\\n", () => console.log(pid));
      }
    })).listen(process.argv[1])`,
    join(home, "recorder.sock"),
  ]);
  onTestFinished(() => void fake.kill("SIGKILL"));
  let told = 0;
  fake.stdout!.on("data", (data) => {
    told ||= Number.parseInt(String(data), 10);
  });
  await waitUntil("the socket", () => existsSync(join(home, "recorder.sock")));
  up(scan);
  const pid = await waitUntil("the start to be told of", () => told, 20);
  await waitUntil("service to run", () => readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("sleep"));
  await waitUntil("its state to be told", () => pidOf(dir) === pid);
}, 60_000);
