/** What takes time between two lifetimes that is not the service's doing, and what of a service that dies by itself. */
import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordingName } from "../../src/record/names.ts";
import { readExtended } from "../../src/supervise/extended.ts";
import { sleep, svtrace, tempDir, waitUntil } from "../helpers.ts";
import { service, up, upPid } from "../services.ts";

interface Cause {
  readonly kind: string;
  readonly text: string;
  readonly seconds: number;
  readonly target: string;
}
interface Report {
  readonly lifetime: { kind: string; asked_by: string | null };
  readonly phases: { name: string; seconds: number }[];
  readonly causes: Cause[];
  readonly deaths: { status: number; signal: string | null; seconds: number; again: boolean }[];
  readonly verdict: string;
  readonly hint: string;
}

const RUN = "#!/bin/sh\nexec sleep 1000\n";
const traced = { "trace/policy": "everything\n" };
const recordings = (dir: string) =>
  readdirSync(join(dir, "trace/recordings")).filter((n) => n.endsWith(".duckdb"));

async function why(dir: string): Promise<Report> {
  const { stdout, stderr } = await svtrace(["why", "--json", dir], { timeout: 60 });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

/** What is said of a restart, once one is recorded of which `holds` is true. */
const restart = (dir: string, holds: (report: Report) => boolean = () => true): Promise<Report> =>
  waitUntil(
    "the restart",
    async () => {
      const found = await why(dir);
      return found.lifetime.kind === "restart" && holds(found) && found;
    },
    90,
  );

/** Up, and recorded in a first lifetime. */
async function recorded(dir: string): Promise<number> {
  const pid = await waitUntil(`${dir} up`, () => upPid(dir), 60);
  await waitUntil(`recording of ${dir}`, () => recordings(dir).length === 1, 60);
  return pid;
}

const restarted = (dir: string, pid: number) =>
  waitUntil(`${dir} restarted`, () => ![0, pid].includes(upPid(dir)), 60);

test("finish is part of the restart, and no lifetime of its own", async () => {
  const scan = tempDir("finish");
  // longer than between two looks for services that run
  const dir = service(scan, "web", { run: RUN, finish: "#!/bin/sh\nsleep 4\n", ...traced });
  up(scan);
  const pid = await recorded(dir);
  await svtrace(["svc", "-t", dir]);
  await restarted(dir, pid);
  const report = await restart(dir);
  expect(recordings(dir)).toHaveLength(2);
  expect(report.lifetime.asked_by).toBe("svc -t");
  expect(report.phases.slice(0, 2).map((p) => p.name)).toEqual(["stopping", "finish"]);
  expect(report.phases[1].seconds).toBeGreaterThan(3.9);
  expect(report.causes[0]).toMatchObject({ kind: "finish", target: "./finish" });
  expect(report.verdict).toContain("./finish ran for 4.");
  expect(report.hint).toContain("finish-timeout");
  const { stdout } = await svtrace(["history", dir]);
  expect(stdout).toMatch(/ stopping +finish +leftovers /);
});

test("a restart that waits for another service names it", async () => {
  const scan = tempDir("needs");
  const db = service(scan, "db", { run: RUN });
  const app = service(scan, "app", { run: RUN, needs: "db\n", ...traced });
  up(scan);
  const pid = await recorded(app);
  await svtrace(["svc", "-d", db]);
  await waitUntil("db down", () => readExtended(db)?.state === "down", 20);
  await svtrace(["svc", "-t", app]);
  await waitUntil("app to wait", () => readExtended(app)?.state === "waiting", 20);
  await sleep(2.5);
  await svtrace(["svc", "-u", db]);
  await restarted(app, pid);
  const report = await restart(app);
  expect(report.causes[0]).toMatchObject({ kind: "needs", target: "db" });
  expect(report.causes[0].seconds).toBeGreaterThan(2.4);
  expect(report.verdict).toMatch(/waited [2-9]\.\d+ s for db to be ready/);
  expect(report.hint).toContain("db");
});

test("a service that dies again and again: how, and the restart that its last life began with", async () => {
  const scan = tempDir("crash");
  const dir = service(scan, "crash", {
    run: "#!/bin/sh\nsleep .2\nexit 3\n",
    backoff: "4 4\n",
    ...traced,
  });
  up(scan);
  const report = await restart(dir, ({ deaths }) => deaths.length === 2);
  for (const [i, death] of report.deaths.entries())
    expect(death).toEqual({ status: 3, signal: null, seconds: expect.any(Number), again: i === 1 });
  expect(report.phases.map((p) => p.name)).toContain("respawn delay");
  expect(report.causes.map((c) => c.kind)).toContain("delay");
  expect(report.verdict).toMatch(
    /Nobody had asked for it: the service exited 3 after .* s\. Then it exited 3 after .* s, and the supervisor starts it again\.$/,
  );

  await svtrace(["svc", "-d", dir]);
  const stopped = await waitUntil(
    "its end",
    async () => {
      const found = await why(dir);
      return found.lifetime.kind === "stop" && found;
    },
    60,
  );
  expect(stopped.verdict).toContain("exited 3 after");
  // an old one expired after it was listed, another is damaged
  symlinkSync("gone", join(dir, "trace/recordings", recordingName(1.6e18, 1)));
  expect((await svtrace(["history", dir])).stdout).not.toContain("cannot be read");
  writeFileSync(join(dir, "trace/recordings", recordingName(1.6e18, 2)), "");
  expect((await svtrace(["history", dir])).stdout).toContain(
    "\n1 recording cannot be read (--json says why).",
  );
}, 180_000);
