/** The same commands under -c: strace and svtrace count the same calls and errors. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { noBpf, svtrace } from "../helpers.ts";

const dir = mkdtempSync(join(tmpdir(), "svtrace-counts-"));
afterAll(() => rmSync(dir, { recursive: true }));
const have = existsSync("/usr/bin/strace");
if (!have) console.log("skipped: counts: /usr/bin/strace is not installed");

const env = { PATH: "/usr/bin:/bin", LANG: "C", PERL_HASH_SEED: "0" };
const commands = [
  ["ls", "-la", "/etc"],
  ["find", "/usr/share/perl", "-name", "*.pm"],
  ["-f", "/bin/bash", "-c", "for i in 1 2 3; do /bin/true; done; cat /etc/passwd absent > /dev/null"],
  ["dd", "if=/dev/zero", "of=/dev/null", "bs=1k", "count=5000"],
];

/** Calls and errors by name. */
function table(tracer: readonly string[], argv: readonly string[]): Record<string, string> {
  const file = join(dir, "counts");
  spawnSync("setarch", ["-R", ...tracer, "-c", "-o", file, ...argv], { env, stdio: "ignore" });
  const rows: Record<string, string> = {};
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const m = /^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:(\d+) +)?(\w+)$/.exec(line);
    if (m) rows[m[3]] = `${m[1]} calls, ${m[2] ?? 0} errors`;
  }
  rmSync(file);
  return rows;
}

test.skipIf(!have).for(commands)("%s %s %s", (argv) => {
  const theirs = table(["/usr/bin/strace"], argv);
  expect(Object.keys(theirs).length).toBeGreaterThan(8);
  const ours = table(["bin/svtrace", "strace"], argv);
  // Whether a shell finds its child dead already or waits for it is a race.
  for (const racing of argv[0] === "-f" ? ["wait4", "rt_sigreturn", "rt_sigprocmask", "total"] : []) {
    delete theirs[racing];
    delete ours[racing];
  }
  expect(ours).toEqual(theirs);
});

test.skipIf(noBpf() !== "")(
  "of calls that go untimed none is missing, nor their errors and their time",
  async () => {
    // between 200,000 fast calls that fail some are slow: they leave their CPU, or keep it for longer than ticks of the timer take
    const script = `for (1 .. 200000) { -e "/absent/file"; select undef, undef, undef, 0.02 if $_ % 50000 == 0 }
    open my $f, "<", "/dev/zero"; binmode $f; sysread $f, my $b, 400 << 20; getppid for 1 .. 100000`;
    const out = join(dir, "untimed");
    const argv = ["trace", "--engine", "bpf", "-c", "--json", "-o", out, "/usr/bin/perl", "-e", script];
    expect((await svtrace(argv, { timeout: 60 })).stderr).toBe("");
    const { rows } = JSON.parse(readFileSync(out, "utf8").trim().split("\n").at(-1)!);
    const row = (name: RegExp) => rows.find((r: { syscall: string }) => name.test(r.syscall));
    const stats = row(/^(newfstatat|stat)$/);
    expect(stats.errors).toBeGreaterThanOrEqual(200_000);
    expect(stats.calls - stats.errors).toBeLessThan(30);
    expect(row(/^getppid$/).calls).toBe(100_000);
    const sleeps = row(/^(p?select6?)$/);
    expect([sleeps.calls, sleeps.total > 0.08, sleeps.cpu < 0.02]).toEqual([4, true, true]);
    expect(row(/^read$/).max).toBeGreaterThan(0.02);
    // what was timed stands for the rest: a call that fails takes a microsecond, and no more than a hundred even where a CPU is emulated
    expect(stats.total / stats.calls).toBeGreaterThan(1e-7);
    expect(stats.total / stats.calls).toBeLessThan(1e-4);
  },
  90_000,
);
