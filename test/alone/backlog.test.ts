/** Events that wait while the traced need the CPU: none is lost, and nobody has to wait for them against his will. */
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { needs, noBpf, start, svtrace, svtracePath, tempDir, waitUntil } from "../helpers.ts";

const CALLS = 1_000_000;
const dd = (count: number) => ["/usr/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`];

/** Leaves no CPU idle. */
function load(): void {
  for (const _ of cpus()) start(["/bin/sh", "-c", "while :; do :; done"]);
}

test(...needs("on a busy machine every call comes, later", noBpf()), async () => {
  load();
  const dir = tempDir("backlog");
  const out = join(dir, "trace");
  const { status, stderr } = await svtrace(
    ["trace", "--engine", "bpf", "-e", "trace=read,write", "-o", out, ...dd(CALLS)],
    { timeout: 55, env: { ...process.env, TMPDIR: dir } },
  );
  expect(status).toBe(0);
  expect(stderr).not.toContain("lost");
  const lines = readFileSync(out, "latin1").split("\n");
  for (const call of ["read(0", "write(1"])
    expect(lines.filter((l) => l.startsWith(`${call}, "\\0", 1)`) && l.endsWith(" = 1")).length).toBe(CALLS);
  expect(readdirSync(dir)).toEqual(["trace"]);
});

test(...needs("an interrupted trace shows what waits, or tells how much it gives up", noBpf()), async () => {
  const dir = tempDir("given-up");
  const busy = start(dd(1e9).concat("status=none"));
  const other = start(dd(1e9).concat("status=none"));
  const tracer = start(
    [svtracePath, "trace", "--engine", "bpf", "-p", `${busy.pid},${other.pid}`, "-o", join(dir, "trace")],
    { env: { ...process.env, TMPDIR: dir } },
  );
  let said = "";
  tracer.stderr!.on("data", (text) => (said += text));
  // events wait there in twice the space of their lines, and come faster than those are written
  const written = () => Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${tracer.pid}/io`, "latin1"))?.[1]);
  await waitUntil("a backlog", () => written() > 8e8, 50);
  tracer.kill("SIGINT");
  await waitUntil("what is said of it", () => said.includes("interrupt again to give them up"), 20);
  tracer.kill("SIGINT");
  const lost = await waitUntil("its end", () => /(\d+) events lost in all/.exec(said)?.[1], 50);
  expect(said).toContain("given up before they were written");
  expect(Number(lost)).toBeGreaterThan(0);
  expect(() => process.kill(busy.pid!, 0)).not.toThrow();
});
