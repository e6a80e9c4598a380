/** `svtrace run --record` under supervisors that know nothing of it: `svtrace why` explains the restart. */
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { debian, lacks, needs, run, start, svtrace, svtracePath, tempDir, waitUntil } from "../helpers.ts";

const SERVER = `
use IO::Socket::INET;
$SIG{TERM} = sub { select undef, undef, undef, 1.5; exit 0 };
my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1") or die;
while (1) { my $c = $s->accept or next; close $c }
`;

/** Patience for one step (s): lifetimes are written every two seconds, and machines are busy. */
const PATIENCE = 100;

interface Report {
  lifetime: {
    kind: string;
    pid: number;
    ready: number | null;
    ended: number | null;
    asked_by: string | null;
  };
  total_seconds: number;
  unattributed_seconds: number;
  phases: { name: string; seconds: number }[];
  causes: { category: string; seconds: number; phase: string; comm: string; evidence: string[] }[];
}

/** A service directory whose run script records into `recordings` beside it. */
function serviceDirectory(): { service: string; recordings: string } {
  const service = tempDir("why-run");
  const recordings = join(service, "recordings");
  writeFileSync(join(service, "server.pl"), SERVER);
  writeFileSync(
    join(service, "run"),
    `#!/bin/sh\nexec 2>&1\nexec ${svtracePath} run --record ${recordings} -- perl server.pl\n`,
    { mode: 0o755 },
  );
  return { service, recordings };
}

/** The report once the newest lifetime is ready. */
const reportOf = (recordings: string, kind: string, patience = PATIENCE): Promise<Report> =>
  waitUntil(
    `a report of a ${kind}`,
    async () => {
      const { stdout, stderr } = await svtrace(["why", "--json", recordings]);
      if (stdout === "") throw new Error(stderr);
      const report = JSON.parse(stdout) as Report;
      if (report.lifetime.kind === kind && report.lifetime.ready !== null) return report;
      throw new Error(`it explains a ${report.lifetime.kind}, ready ${report.lifetime.ready}`);
    },
    patience,
  );

/** The newest lifetime is over and written: nobody writes there any more. */
const isOver = (recordings: string) =>
  waitUntil(
    "the end of the last lifetime",
    async () => {
      const { stdout } = await svtrace(["why", "--json", recordings]);
      return (JSON.parse(stdout) as Report).lifetime.ended !== null;
    },
    PATIENCE,
  );

function expectSleepExplained(report: Report): void {
  expect(report.lifetime.asked_by).toMatch(/^SIGTERM from \d+ \(.*(supervise|runsv)/);
  expect(report.phases.map((p) => p.name)).toContain("stopping");
  // what svtrace itself took to begin counts too, and can be more on a busy machine
  const [first] = report.causes.filter((c) => c.category !== "supervisor");
  expect(first).toMatchObject({ category: "sleep", phase: "stopping", comm: "perl" });
  const [delay] = report.phases.filter((p) => p.name === "respawn delay");
  expect(delay?.seconds ?? 0).toBeLessThan(first.seconds);
  expect(first.seconds).toBeGreaterThan(1.45);
  expect(first.evidence.join("\n")).toMatch(/select/);
  const sum = report.causes.reduce((s, c) => s + c.seconds, report.unattributed_seconds);
  expect(sum).toBeCloseTo(report.total_seconds, 3);
}

const daemontools = needs(
  "C daemontools: why explains a restart",
  lacks("svscan", "supervise", "svc", "perl"),
);

test(daemontools[0], { ...daemontools[1], timeout: 240_000 }, async () => {
  const { service, recordings } = serviceDirectory();
  const scan = tempDir("scan");
  mkdirSync(scan, { recursive: true });
  symlinkSync(service, join(scan, "s"));
  start([debian("svscan")!, scan]);
  const first = await reportOf(recordings, "start");
  onTestFinished(async () => {
    unlinkSync(join(scan, "s"));
    await run([debian("svc")!, "-dx", service]);
    await isOver(recordings);
  });
  await run([debian("svc")!, "-t", service]);
  const second = await reportOf(recordings, "restart");
  expect(second.lifetime.pid).not.toBe(first.lifetime.pid);
  expectSleepExplained(second);
});

const runit = needs("runit: why explains a restart", lacks("runsv", "sv", "perl"));

test(runit[0], { ...runit[1], timeout: 240_000 }, async () => {
  const { service, recordings } = serviceDirectory();
  start([debian("runsv")!, service]);
  await reportOf(recordings, "start");
  onTestFinished(async () => {
    await run([debian("sv")!, "exit", service]);
    await isOver(recordings);
  });
  await run([debian("sv")!, "term", service]);
  expectSleepExplained(await reportOf(recordings, "restart"));
});
