/** Exports of a real recording, read by the parsers of the programs they are for; the documentation's queries. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { Profile } from "pprof-format";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { main } from "../../src/cli/export.ts";
import { formatsTable } from "../../src/export/formats.ts";
import { lacks, needs, run, svtrace, svtracePath } from "../helpers.ts";
import { problemsOf, type Trace } from "../perfetto.ts";
import { speedscopeImport } from "../speedscope.ts";

const dir = mkdtempSync(join(tmpdir(), "svtrace-export-"));
const file = join(dir, "x.duckdb");
afterAll(() => rmSync(dir, { recursive: true }));

beforeAll(async () => {
  const command = 'sh -c "sleep 0.2" & cat /etc/hostname | wc -c; cat "/no/such;file"; kill -USR1 $$; wait';
  await svtrace(["record", "-o", file, "--", "sh", "-c", `trap : USR1; ${command}`]);
  expect(existsSync(file)).toBe(true);
}, 60_000);

async function exported(...args: string[]): Promise<string> {
  const { stdout, stderr, status } = await svtrace(["export", ...args, file]);
  expect([stderr, status]).toEqual(["", 0]);
  return stdout;
}

async function query(sql: string, path = file): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(path, path === ":memory:" ? {} : { access_mode: "READ_ONLY" });
  const db = await instance.connect();
  const rows = (await db.runAndReadAll(sql)).getRowObjectsJS() as Record<string, unknown>[];
  db.closeSync();
  instance.closeSync();
  return rows;
}

const calls = async () => Number((await query("SELECT count(*) AS n FROM syscall"))[0].n);

test("Perfetto: slices of every call on named threads, phases, signals; speedscope reads it too", async () => {
  const text = await exported("--format", "perfetto");
  const trace: Trace = JSON.parse(text);
  expect(problemsOf(trace)).toEqual([]);
  expect(trace.traceEvents.filter((e) => e.ph === "X").length).toBe(await calls());
  expect(trace.traceEvents.some((e) => e.ph === "i" && e.name === "SIGUSR1")).toBe(true);
  expect(trace.traceEvents.some((e) => e.ph === "b" && e.cat === "phase")).toBe(true);
  const names = trace.traceEvents.filter((e) => e.name === "process_name").map((e) => e.args?.name);
  expect(names).toEqual(expect.arrayContaining(["sh", "cat", "wc", "sleep"]));
  // of a trace with samples it takes nothing else
  expect((await speedscopeImport("trace.json", text)).length).toBeGreaterThan(0);
  const unsampled = JSON.stringify({ traceEvents: trace.traceEvents });
  const threads = await speedscopeImport("trace.json", unsampled);
  expect(threads.length).toBe(new Set(trace.traceEvents.filter((e) => e.ph === "X").map((e) => e.tid)).size);
});

test("folded stacks: speedscope finds the time of the sleep", async () => {
  const [profile] = await speedscopeImport(
    "calls.txt",
    await exported("--format", "folded", "--by", "calls"),
  );
  const seen = new Set<string>();
  profile.forEachCall(
    (node) => seen.add(node.frame.name),
    () => undefined,
  );
  expect([...seen]).toEqual(expect.arrayContaining(["execve", "clock_nanosleep", "openat"]));
  expect([...seen].some((n) => n.includes(";"))).toBe(false);
  const [{ us }] = await query("SELECT sum(duration_ns) / 1e3 AS us FROM syscall");
  expect(profile.getTotalWeight() / Number(us)).toBeCloseTo(1, 2);
  // a short program is hardly ever seen on a CPU
  for (const line of (await exported("--format", "folded", "--by", "cpu")).split("\n"))
    expect(line).toMatch(/^([^;\s][^;]*(;[^;]+)* \d+)?$/);
});

test("pprof: the sums are the recording's", async () => {
  const out = join(dir, "x.pb.gz");
  await exported("--format", "pprof", "-o", out);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const profile = Profile.decode(gunzipSync(readFileSync(out)));
  const name = (id: unknown) => profile.stringTable.strings[Number(id)];
  expect(profile.sampleType.map((t) => `${name(t.type)}/${name(t.unit)}`)).toEqual([
    "samples/count",
    "calls/count",
    "time/nanoseconds",
  ]);
  const sum = (i: number) => profile.sample.reduce((n, s) => n + Number(s.value[i]), 0);
  const [{ n, ns }] = await query("SELECT count(*) AS n, sum(duration_ns) AS ns FROM syscall");
  expect(sum(1)).toBe(Number(n));
  expect(sum(2)).toBe(Number(ns));
  const known = new Set(profile.location.map((l) => Number(l.id)));
  for (const s of profile.sample) for (const id of s.locationId) expect(known.has(Number(id))).toBe(true);
  for (const l of profile.location)
    expect(profile.function.some((f) => f.id === l.line[0].functionId)).toBe(true);
});

test("Parquet: DuckDB reads back what was in the table", async () => {
  const out = join(dir, "it's.parquet");
  await exported("--format", "parquet", "-o", out);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const rows = await query(
    `SELECT count(*) AS n, min(name) AS name FROM '${out.replaceAll("'", "''")}' WHERE comm = 'cat'`,
    ":memory:",
  );
  const [same] = await query("SELECT count(*) AS n, min(name) AS name FROM calls WHERE comm = 'cat'");
  expect(rows).toEqual([same]);
  const processes = join(dir, "p.parquet");
  await exported("--format", "parquet", "--table", "process", "-o", processes);
  expect((await query(`FROM '${processes}'`, ":memory:")).length).toBeGreaterThan(3);
  const wrong = await svtrace(["export", "--format", "parquet", "--table", "nothing", "-o", processes, file]);
  expect(wrong.stderr).toMatch(/^svtrace export: no table nothing; there are: call, calls, .*\n$/);
});

test("a file is replaced by the whole of an export, or stays as it is; what is no file stays what it is", async () => {
  const out = join(dir, "kept");
  writeFileSync(out, "kept", { mode: 0o644 });
  const refused = await svtrace(["export", "-f", "parquet", "--table", "nothing", "-o", out, file]);
  expect([refused.status, readFileSync(out, "utf8")]).toEqual([1, "kept"]);
  symlinkSync(out, join(dir, "link"));
  await exported("-o", join(dir, "link"));
  expect(statSync(out).mode & 0o777).toBe(0o600);
  expect(readFileSync(out, "utf8")).toMatch(/ execve\(.*\n/);
  expect(readdirSync(dir).filter((n) => n.startsWith("."))).toEqual([]);
  const pipe = join(dir, "pipe");
  const piped = `mkfifo -m 644 "$1"; head -c 4 "$1" & timeout 5 "$0" export -f parquet -o "$1" "$2"; wait`;
  expect((await run(["sh", "-c", piped, svtracePath, pipe, file])).stdout).toBe("PAR1");
  expect(statSync(pipe).mode & 0o777).toBe(0o644);
});

test("a recording is not exported over itself", async () => {
  const copy = join(dir, "copy.duckdb");
  copyFileSync(file, copy);
  symlinkSync(copy, join(dir, "itself"));
  for (const format of ["strace", "parquet"]) {
    const { status, stderr } = await svtrace(["export", "-f", format, "-o", join(dir, "itself"), copy]);
    expect([status, stderr]).toEqual([
      2,
      `svtrace export: -o ${join(dir, "itself")}: this is the recording itself; svtrace export --help says more\n`,
    ]);
  }
  expect(readFileSync(copy).equals(readFileSync(file))).toBe(true);
});

/** A copy of the recording in which `sql` has been run. */
async function changed(name: string, sql: string): Promise<string> {
  const copy = join(dir, name);
  copyFileSync(file, copy);
  const instance = await DuckDBInstance.create(copy);
  const db = await instance.connect();
  await db.run(sql);
  db.closeSync();
  instance.closeSync();
  return copy;
}

test("somebody else's recording may have columns of other types", async () => {
  const views = ["calls", "profile", "syscall"].map((view) => `DROP VIEW IF EXISTS ${view};`).join("");
  const types = [
    ["tid", "BIGINT"],
    ["pid", "VARCHAR"],
    ["fd", "SMALLINT"],
  ].map(([column, type]) => `ALTER TABLE call ALTER ${column} TYPE ${type};`);
  const foreign = await changed("types.duckdb", views + types.join(""));
  const exported = async (from: string) => (await svtrace(["export", from])).stdout;
  expect(await exported(foreign)).toBe(await exported(file));
});

test("Parquet: somebody else's recording cannot read what is beside the output", async () => {
  writeFileSync(join(dir, "secret"), "secret");
  const read = `SELECT content FROM read_text('${join(dir, "secret")}')`;
  const foreign = await changed("foreign.duckdb", `CREATE OR REPLACE VIEW calls AS ${read}`);
  const out = join(dir, "foreign.parquet");
  const { stderr } = await svtrace(["export", "-f", "parquet", "-o", out, foreign]);
  expect(stderr).toMatch(/^svtrace export: .*: it wants to read other files\n$/);
  expect(existsSync(out)).toBe(false);
});

test(
  ...needs(
    "where no file can be made beside it, one that is there is written to; a link stays one",
    lacks("setpriv"),
  ),
  async () => {
    const place = mkdtempSync(join(dir, "closed-"));
    const [out, absent, link] = ["out", "absent", "link"].map((n) => join(place, n));
    writeFileSync(out, "longer than nothing");
    symlinkSync("made", link);
    await exported("-o", link);
    expect(readFileSync(join(place, "made"), "utf8")).toMatch(/ execve\(.*\n/);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    const owned = [dir, file, out].map((p) => [p, statSync(p)] as const);
    // the kernel asks root for no permission
    const nobody =
      process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all"] : [];
    if (nobody.length > 0) for (const [path] of owned) chmodSync(path, 0o777);
    onTestFinished(() => {
      for (const [path, { mode }] of owned) chmodSync(path, mode);
      chmodSync(place, 0o700);
    });
    chmodSync(place, 0o555);
    const as = (...args: string[]) => run([...nobody, svtracePath, "export", ...args, file]);
    for (const [format, begin] of [
      ["strace", /^\d/],
      ["parquet", /^PAR1/],
    ] as const) {
      expect(await as("-f", format, "-o", out)).toMatchObject({ stderr: "", status: 0 });
      expect(readFileSync(out, "latin1")).toMatch(begin);
      const refused = await as("-f", format, "-o", absent);
      expect([refused.status, refused.stderr]).toEqual([
        1,
        `svtrace export: ${absent}: unable to create: access denied\n`,
      ]);
    }
  },
);

test("names that are no UTF-8", async () => {
  const place = mkdtempSync(join(dir, "names-"));
  const script = `cd "$1"; for f in strace parquet; do "$0" export -f $f -o "$f$(printf '\\377')" "$2" || exit; done`;
  expect(await run(["sh", "-c", script, svtracePath, place, file])).toMatchObject({ stderr: "", status: 0 });
  expect(readdirSync(place, { encoding: "latin1" }).sort()).toEqual(["parquet\xff", "strace\xff"]);
});

test("a signal that ends it leaves nothing behind", async () => {
  const more = "INSERT INTO call SELECT c.* FROM (FROM call LIMIT 100) c, range(1000)";
  const large = await changed("endless.duckdb", more);
  const tmp = mkdtempSync(join(dir, "tmp-"));
  // nobody reads what it writes
  const child = spawn(svtracePath, ["export", large], {
    env: { ...process.env, TMPDIR: tmp },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((begun) => child.stdout.once("readable", begun));
  expect(readdirSync(tmp)).toHaveLength(1);
  child.kill("SIGTERM");
  const ended = await new Promise((done) => child.once("exit", (_, signal) => done(signal)));
  expect([ended, readdirSync(tmp)]).toEqual(["SIGTERM", []]);
});

test("nothing more is made when nobody reads any more", async () => {
  const more = "INSERT INTO call SELECT c.* FROM (FROM call LIMIT 100) c, range(50)";
  const large = await changed("large.duckdb", more);
  const gone = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
  const write = vi.spyOn(process.stdout, "write").mockImplementation((_, done) => {
    (done as unknown as (error: Error) => void)(gone);
    return false;
  });
  onTestFinished(() => write.mockRestore());
  expect(await main(["-f", "json", large])).toBe(0);
  expect(write).toHaveBeenCalledTimes(1);
});

test("JSON lines: every line has the documented fields, in order of time", async () => {
  const lines = (await exported("--format", "json"))
    .trimEnd()
    .split("\n")
    .map((l) => JSON.parse(l));
  expect(lines[0]).toMatchObject({ type: "lifetime", schema: "svtrace-lines/1", service: "sh" });
  const documented = new Map<string, Set<string>>();
  const text = readFileSync("docs/EXPORT.md", "utf8");
  for (const m of text.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)) {
    documented.set(m[1], new Set([...m[2].matchAll(/`(\w+)`/g)].map((f) => f[1])));
  }
  for (const line of lines) {
    const fields = documented.get(line.type);
    expect([line.type, fields !== undefined]).toEqual([line.type, true]);
    for (const key of Object.keys(line))
      if (key !== "type") expect([line.type, key, fields!.has(key)]).toEqual([line.type, key, true]);
  }
  const times = lines
    .filter((l) => l.type !== "lifetime" && l.type !== "phase" && l.type !== "loss")
    .map((l) => l.time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(lines.filter((l) => l.type === "syscall").length).toBe(await calls());
  expect(lines.find((l) => l.name === "clock_nanosleep").duration).toBeGreaterThan(0.19);
});

test("OTLP: spans within spans, times in nanoseconds", async () => {
  const { resourceSpans } = JSON.parse(await exported("--format", "otlp"));
  const { spans } = resourceSpans[0].scopeSpans[0];
  const byId = new Map(spans.map((s: { spanId: string }) => [s.spanId, s]));
  expect(byId.size).toBe(spans.length);
  for (const s of spans) {
    expect(s.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(s.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(BigInt(s.endTimeUnixNano) >= BigInt(s.startTimeUnixNano)).toBe(true);
    expect(s === spans[0] ? s.parentSpanId === "" : byId.has(s.parentSpanId)).toBe(true);
    expect(Number(BigInt(s.startTimeUnixNano) / 1_000_000_000n)).toBeGreaterThan(1.6e9);
  }
  expect(spans.some((s: { name: string }) => s.name === "clock_nanosleep")).toBe(true);
});

test("unknown formats and missing files are one line", async () => {
  const unknown = await svtrace(["export", "--format", "gif", file]);
  expect([unknown.status, unknown.stderr.split("\n")[0]]).toEqual([
    2,
    "svtrace export: unknown format gif; svtrace export --help says more",
  ]);
  expect((await svtrace(["export", "--format", "parquet", file])).stderr).toBe(
    "svtrace export: parquet needs -o FILE; svtrace export --help says more\n",
  );
});

test("the documentation's queries run", async () => {
  const text = readFileSync("docs/RECORDING.md", "utf8");
  const examples = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map((m) => m[1]);
  expect(examples.length).toBeGreaterThan(6);
  const wrong: string[] = [];
  for (const sql of examples) {
    const here = sql.replace(/ATTACH '[^']*'/, `ATTACH '${file}'`);
    await query(here).catch((error) => wrong.push(`${sql}${error.message}`));
  }
  expect(wrong).toEqual([]);
  expect(readFileSync("docs/EXPORT.md", "utf8")).toContain(formatsTable());
});
