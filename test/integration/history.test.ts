/** history and diff on a service that one time starts slowly. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { recordingName } from "../../src/record/names.ts";
import { sleep, start, svtrace, svtracePath, tempDir, waitUntil } from "../helpers.ts";

/** Listens at once, except at its sixth start: then it looks for files that are not there, and sleeps. */
const RUN = `#!/bin/sh
n=$(cat count 2>/dev/null || echo 0)
echo $((n + 1)) > count
exec perl -MIO::Socket::INET -e '
  if ($ARGV[0] == 5) { open(my $f, "<", "/no/lib$_") for 1 .. 300; select(undef, undef, undef, 2) }
  $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5);
  $SIG{TERM} = sub { exit 0 };
  $s->accept while 1' $n
`;

test("history shows the slow restart, diff what was different", async () => {
  const scan = tempDir("history");
  const dir = join(scan, "web");
  mkdirSync(join(dir, "trace"), { recursive: true });
  writeFileSync(join(dir, "run"), RUN);
  chmodSync(join(dir, "run"), 0o755);
  const up = start([svtracePath, "up", scan]);
  onTestFinished(async () => {
    up.kill("SIGTERM");
    await waitUntil("svtrace up to end", () => up.exitCode !== null || up.signalCode !== null, 40);
  });
  const ready = (restarts: number) =>
    waitUntil(
      `restart ${restarts} to be ready`,
      async () => {
        const { stdout, stderr } = await svtrace(["history", "--json", dir]);
        if (stdout === "") throw new Error(stderr);
        const rows = JSON.parse(stdout).restarts;
        return rows.length === restarts + 1 && rows.every((r: { ready: boolean }) => r.ready) && rows;
      },
      60,
    );
  await ready(0);
  for (let i = 1; i <= 5; i++) {
    expect((await svtrace(["restart", dir], { timeout: 60 })).status).toBe(0);
    await ready(i);
  }
  const rows = await ready(5);
  expect(rows.map((r: { kind: string }) => r.kind)).toEqual(["start", ...Array(5).fill("restart")]);
  // a busy machine may make an outlier of another one, but none like this
  const outliers = rows.map((r: { outlier: number | null }) => r.outlier ?? 0);
  expect(outliers[5]).toBeGreaterThan(2);
  expect(Math.max(...outliers)).toBe(outliers[5]);
  expect(rows[5].asked_by).toBe("svc -t");
  const starting = rows[5].phases.find((p: { name: string }) => p.name === "starting");
  expect(starting.seconds).toBeGreaterThan(2);
  const { stdout: shown } = await svtrace(["history", dir]);
  expect(shown).toMatch(
    /^web: 6 recorded\n\nwhen +what +total +stopping +leftovers +respawn delay +run script +starting\n/,
  );
  expect(shown).toMatch(
    /Much longer than usual \(svtrace diff tells why\):\n {2}\S+ \S+ {2}\d+\.\d times the median {2}@\S+\.duckdb\n/,
  );

  const diff = JSON.parse((await svtrace(["diff", "--json", dir])).stdout);
  expect(diff.before).toBe("the median of 4 restarts before");
  expect(diff.waits[0]).toMatchObject({ category: "sleep", phase: "starting", before_seconds: 0 });
  expect(diff.waits[0].after_seconds).toBeGreaterThan(1.9);
  const opens = diff.calls.find((c: { name: string }) => c.name === "openat");
  expect(opens.failed_after - opens.failed_before).toBe(300);
  const path = (i: number) => join(dir, "trace/recordings", rows[i].recording);
  const two = JSON.parse((await svtrace(["diff", "--json", path(2), path(3)])).stdout);
  expect(two.waits.filter((w: { category: string }) => w.category === "sleep")).toEqual([]);
  const { stdout: text } = await svtrace(["diff", path(4), path(5)]);
  expect(text).toMatch(/\n +\+2\.\d+ s {2}new: sleep, starting: /);
  expect(text).toContain("perl: openat");
  expect(readFileSync(join(dir, "count"), "utf8")).toBe("6\n");

  // a start is compared with starts
  await svtrace(["svc", "-d", dir]);
  await sleep(7);
  await svtrace(["svc", "-u", dir]);
  // the stop has a row of its own
  expect((await ready(7)).slice(6).map((r: { kind: string }) => r.kind)).toEqual(["stop", "start"]);
  const again = JSON.parse((await svtrace(["diff", "--json", dir])).stdout);
  expect(again.before).toBe("the start before");
  expect(again.phases.map((p: { name: string }) => p.name)).not.toContain("stopping");
}, 180_000);

test("which recordings are earlier does not depend on how a path is spelled", async () => {
  const dir = tempDir("history");
  const [first, second, third] = [1, 2, 3].map((i) => join(dir, recordingName(1.7e18 + i * 1e9, 1)));
  await svtrace(["record", "-o", first, "--", "true"]);
  copyFileSync(first, second);
  copyFileSync(first, third);
  const before = async (path: string) => {
    const { stdout, stderr } = await svtrace(["diff", "--json", path], { cwd: dir });
    return stdout === "" ? stderr : JSON.parse(stdout).before;
  };
  const [up, name] = [basename(dir), basename(second)];
  for (const path of [`./${name}`, `${dirname(dir)}//${up}/${name}`])
    expect([path, await before(path)]).toEqual([path, "the run before"]);
  const oldest = `../${up}/${basename(first)}`;
  expect(await before(oldest)).toBe(
    `svtrace diff: ${oldest}: no earlier run is recorded to compare it with\n`,
  );
});

test("errors are one line", async () => {
  const dir = tempDir("history");
  expect((await svtrace(["history", dir])).stderr).toBe(
    `svtrace history: ${dir}: not a recorded service (it has no trace/recordings)\n`,
  );
  expect((await svtrace(["diff"])).status).toBe(2);
  expect((await svtrace(["diff", "--last", "0", dir])).status).toBe(2);
  expect((await svtrace(["diff", join(dir, "x")])).stderr).toBe(
    `svtrace diff: ${join(dir, "x")}: file does not exist\n`,
  );
});
