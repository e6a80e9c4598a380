/** The same commands under Debian's strace and under ours, for a test file of each engine. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once as happens } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { long } from "../helpers.ts";
import { type Case, cases } from "./cases.ts";
import { deaths, type Known } from "./known.ts";
import { compare, type Difference, normalise, pidsOf } from "./normalise.ts";

const svtrace = resolve("bin/svtrace");
const dir = mkdtempSync(join(tmpdir(), "svtrace-differential-"));
/** In memory, where it can be: files of a directory then come in the same order each time. */
const memory = existsSync("/dev/shm") ? mkdtempSync("/dev/shm/svtrace-differential-") : dir;
const work = join(memory, "work");
const env = {
  PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
  HOME: dir,
  LANG: "C",
  TZ: "UTC",
  PERL_HASH_SEED: "0",
  PYTHONHASHSEED: "0",
  // no more than one, whatever the threads run into
  MALLOC_ARENA_MAX: "1",
};

let http: ChildProcess;
const words: Record<string, string> = {};
/** The bin directory of a PostgreSQL server and its data, while one runs for these tests. */
let postgres: { ctl: string; data: string } | undefined;

const asPostgres = (...argv: string[]) =>
  spawnSync("runuser", ["-u", "postgres", "--", ...argv], { cwd: "/", stdio: "ignore" });

function startPostgres(): void {
  const root = "/usr/lib/postgresql";
  const version = existsSync(root) ? readdirSync(root).at(-1) : undefined;
  if (!version || process.getuid?.() !== 0) return;
  const bin = join(root, version, "bin");
  const place = join(dir, "pg");
  mkdirSync(place, { mode: 0o700 });
  spawnSync("chown", ["postgres", place]);
  spawnSync("chmod", ["755", dir]);
  const data = join(place, "data");
  if (asPostgres(join(bin, "initdb"), "-N", "-A", "trust", "-D", data).status !== 0) return;
  const ctl = join(bin, "pg_ctl");
  const options = `-k ${place} -c listen_addresses=`;
  if (asPostgres(ctl, "-D", data, "-w", "-l", join(place, "log"), "-o", options, "start").status !== 0)
    return;
  postgres = { ctl, data };
  words.PGVERSION = version;
  words.PGSOCKETS = place;
  spawnSync("chmod", ["755", place]);
}

/** The same directory, freshly made, for each run. */
function furnish(): void {
  rmSync(work, { recursive: true, force: true });
  for (const d of ["tree/a", "tree/b", "logs"]) mkdirSync(join(work, d), { recursive: true });
  writeFileSync(join(work, "text"), "one\ntwo\nthree\n");
  for (const name of ["a/1", "a/2", "b/3"]) writeFileSync(join(work, "tree", name), `one ${name}\n`);
  // not of this second: git looks at files twice that may have changed since it noted them
  utimesSync(join(work, "text"), 1e9, 1e9);
  spawnSync("mkfifo", [join(work, "fifo")]);
  writeFileSync(join(work, "hello.c"), '#include <stdio.h>\nint main(void) { puts("hello"); }\n');
  writeFileSync(
    join(work, "nginx.conf"),
    `pid ${work}/nginx.pid; error_log ${work}/logs/error.log; user root; worker_processes 1;
events { worker_connections 64; }
http { access_log off; client_body_temp_path ${work}/logs/b; proxy_temp_path ${work}/logs/p;
fastcgi_temp_path ${work}/logs/f; uwsgi_temp_path ${work}/logs/u; scgi_temp_path ${work}/logs/s;
server { listen unix:${work}/n.sock; root ${work}; } }
`,
  );
}

function trace(tracer: readonly string[], c: Case, file: string): string {
  furnish();
  rmSync(file, { force: true });
  const beside =
    c.beside && spawn("/bin/sh", ["-c", c.beside], { cwd: work, env, stdio: "ignore", detached: true });
  const argv = c.argv.map((a) => a.replace(/PGVERSION|PGSOCKETS|HTTP/g, (w) => words[w] ?? w));
  // Without random addresses: how often a heap grows depends on where it starts.
  // On one CPU, processes that run side by side take turns much the same way each time.
  const pinned = c.varies ? ["taskset", "1"] : [];
  const r = spawnSync("setarch", ["-R", ...pinned, ...tracer, ...(c.options ?? []), "-o", file, ...argv], {
    cwd: work,
    env,
    encoding: "utf8",
    timeout: 50_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (beside) end(beside);
  if (r.error) throw r.error;
  // whoever installs a library meanwhile changes it
  const cache = new RegExp(`\\b${statSync("/etc/ld.so.cache").size}\\b`, "g");
  return readFileSync(file, "utf8").replace(cache, "LDCACHE");
}

function end(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // it has ended by itself
  }
}

/** Whether a pid of one trace is a number that the other holds as something else. */
function clash(a: string, b: string, withPids: boolean): boolean {
  const [ours, theirs] = [a, b].map((text) => pidsOf(text.split("\n"), withPids));
  return [...ours].some((pid) => pid.length > 1 && !theirs.has(pid) && new RegExp(`\\b${pid}\\b`).test(b));
}

const LAST_PID = "/proc/sys/kernel/ns_last_pid";
/** From here on pids have five digits, which few other numbers have, and as many before and after. */
const FIRST_PID = 10_000;
const PIDS = 500;

/** Has the kernel number the next processes with five digits each: with fewer, texts with pids in them vary in length. */
function numberPids(): void {
  try {
    const last = Number(readFileSync(LAST_PID, "latin1"));
    const max = Number(readFileSync("/proc/sys/kernel/pid_max", "latin1"));
    if (last < FIRST_PID || last + PIDS > Math.min(max, 100_000)) writeFileSync(LAST_PID, `${FIRST_PID}`);
  } catch {
    // only root may; then it is as it comes
  }
}

/** Scheduling decides it, and decides it the same way in one of a few runs. */
const byChance = ({ theirs, ours }: Difference): boolean => {
  const lines = [...theirs, ...ours];
  return lines.length > 0 && lines.every((l) => deaths.line.test(l));
};

const TRIES = 3;

function once(c: Case, options: readonly string[]): Difference {
  const withPids = c.options?.includes("-f") ?? false;
  const split = (text: string) => normalise(text, withPids, c.masks);
  for (let i = 0; ; i++) {
    numberPids();
    const theirs = trace(["/usr/bin/strace"], c, join(dir, "theirs"));
    const ours = trace([svtrace, "strace", ...options], c, join(dir, "ours"));
    // a pid such as 4096 cannot be told from a length
    if (i < TRIES && (clash(theirs, ours, withPids) || clash(ours, theirs, withPids))) continue;
    const found = compare(split(theirs), split(ours), c.varies === undefined);
    if (i >= TRIES || c.differs?.includes(deaths) || !byChance(found)) return found;
    console.log(`${c.name}: run again, as children died at other moments`);
  }
}

const onPath = (program: string) =>
  program === "root"
    ? process.getuid?.() === 0
    : program === "PG"
      ? postgres !== undefined
      : program.startsWith("/")
        ? existsSync(program.replace("PGVERSION", words.PGVERSION ?? ""))
        : env.PATH.split(":").some((d) => existsSync(join(d, program)));

const unexplained = (d: Difference, c: Case, more: readonly Known[]) => {
  const known = (line: string) => [...(c.differs ?? []), ...more].some((k) => k.line.test(line));
  return [...d.theirs.map((l) => `- ${l}`), ...d.ours.map((l) => `+ ${l}`)].filter((l) => !known(l.slice(2)));
};

export interface Suite {
  /** Options of ours that strace does not get. */
  readonly options: readonly string[];
  /** Share of lines that must be equal, of all, and of each command that has none that may differ. */
  readonly all: number;
  readonly each: number;
  /** Lines that may differ, besides those of the cases. */
  readonly differs: readonly Known[];
  /** Why nothing can run, or "". */
  readonly lacks: string;
  /** Where not all is run that can be: of so many commands one. */
  readonly oneOf: number;
  /** Commands of which nothing can be compared, and why. */
  readonly leavesOut?: { readonly names: RegExp; readonly why: string };
}

/** Defines the tests of one engine. */
export function differential({ options, all, each, differs, lacks, oneOf, leavesOut }: Suite): void {
  beforeAll(async () => {
    // A process of its own: this one stands still while a command runs.
    const serve =
      'const s = require("http").createServer((_, r) => r.end("hello\\n")).listen(0, "127.0.0.1", () => console.log(s.address().port))';
    http = spawn(process.execPath, ["-e", serve], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = await happens(http.stdout!, "data");
    words.HTTP = String(port).trim();
    startPostgres();
  });

  afterAll(() => {
    if (postgres) asPostgres(postgres.ctl, "-D", postgres.data, "-m", "immediate", "stop");
    http.kill();
    for (const d of [dir, memory]) rmSync(d, { recursive: true, force: true });
  });

  const results: { name: string; equal: number; total: number }[] = [];
  const why = lacks || (existsSync("/usr/bin/strace") ? "" : "/usr/bin/strace is not installed");
  if (why) console.log(`skipped: differential: ${why}`);

  const tried = long ? cases : cases.filter((_, i) => i % oneOf === 0);
  test.skipIf(why !== "").for(tried)("$name", (c, { skip }) => {
    const missing = [c.argv[0], ...(c.needs ?? [])].filter((p) => !onPath(p));
    const absent = missing.length > 0 ? `not installed: ${missing.join(", ")}` : "";
    const reason = leavesOut?.names.test(c.name) ? leavesOut.why : absent;
    if (reason !== "") {
      console.log(`skipped: ${c.name}: ${reason}`);
      skip(reason);
    }
    const d = once(c, options);
    const share = ((d.equal / d.total) * 100).toFixed(2);
    console.log(`${c.name.padEnd(20)} ${share.padStart(6)} %  ${d.equal} of ${d.total} lines`);
    if (process.env.SHOW_DIFFERENCES)
      console.log(
        [...d.theirs.map((l) => `- ${l}`), ...d.ours.map((l) => `+ ${l}`)].slice(0, 400).join("\n"),
      );
    results.push({ name: c.name, equal: d.equal, total: d.total });
    expect(unexplained(d, c, differs)).toEqual([]);
    expect(d.equal / d.total).toBeGreaterThan(c.differs ? Math.min(each, 0.9) : each);
  });

  test.skipIf(why !== "")(`at least ${all * 100} % of all lines are equal`, () => {
    const equal = results.reduce((s, r) => s + r.equal, 0);
    const total = results.reduce((s, r) => s + r.total, 0);
    console.log(
      `all: ${((equal / total) * 100).toFixed(2)} %, ${equal} of ${total} lines, ${results.length} commands`,
    );
    expect(equal / total).toBeGreaterThanOrEqual(all);
  });
}
