/** `svtrace why -p`: what services that do not go on wait for, in calls that began before anybody looked. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compiled, lacks, needs, noBpf, run, start, svtrace, tempDir, waitUntil } from "../helpers.ts";

interface Report {
  readonly verdict: string;
  readonly hint: string;
  readonly causes: readonly {
    category: string;
    kind: string;
    seconds: number;
    text: string;
    target: string;
  }[];
  readonly unattributed_seconds: number;
  readonly notes: readonly string[];
}

async function why(pid: number, seconds: number, dir: string): Promise<Report> {
  const { stdout, stderr } = await svtrace(["why", "-p", String(pid), `--seconds=${seconds}`, "--json"], {
    timeout: 100,
    env: { ...process.env, TMPDIR: dir },
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Report;
}

/** The process sleeps in a function of the kernel. */
const sleepsIn = (pid: number, name: RegExp) =>
  waitUntil(
    `${pid} in ${name}`,
    async () => name.test((await run(["cat", `/proc/${pid}/wchan`])).stdout),
    20,
  );

/** A server that never answers, at a port that is none of those clients get. */
async function silentServer(): Promise<number> {
  for (let port = 20_000 + (process.pid % 10_000); ; port++) {
    const server = createServer(() => undefined).listen(port, "127.0.0.1");
    const free = await new Promise<boolean>((done) => {
      server.once("listening", () => done(true)).once("error", () => done(false));
    });
    if (!free) continue;
    onTestFinished(() => void server.close());
    return port;
  }
}

test(...needs("an answer that does not come", noBpf(), lacks("perl")), async () => {
  const port = await silentServer();
  const client = 'my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die; print $s "SELECT 1"; <$s>';
  const service = start(["perl", "-MIO::Socket::INET", "-e", client, String(port)]);
  await sleepsIn(service.pid!, /wait_woken|sk_wait_data/);
  const report = await why(service.pid!, 1, tempDir("why-running"));
  expect(report.causes[0]).toMatchObject({ category: "network", target: `tcp:127.0.0.1:${port}` });
  expect(report.causes[0].seconds).toBeGreaterThan(0.9);
  expect(report.unattributed_seconds).toBeLessThan(0.1);
});

test(...needs("a FIFO that nobody opens", noBpf()), async () => {
  const dir = tempDir("why-running");
  const fifo = join(dir, "control");
  execFileSync("mkfifo", [fifo]);
  const service = start(["cat", fifo]);
  await sleepsIn(service.pid!, /wait_for_partner|fifo_open/);
  const report = await why(service.pid!, 1, dir);
  expect(report.causes[0]).toMatchObject({ category: "ipc", kind: "partner", target: `fifo:${fifo}` });
});

test(...needs("a deadlock", noBpf(), lacks("gcc")), async () => {
  const dir = tempDir("why-running");
  const service = start([compiled("deadlock")]);
  const threads = async () => (await run(["sh", "-c", `cat /proc/${service.pid}/task/*/wchan`])).stdout;
  await waitUntil("the deadlock", async () => /^(futex\w+){2}$/.test((await threads()).trim()), 20);
  const report = await why(service.pid!, 1, dir);
  expect(report.causes[0]).toMatchObject({ category: "lock", kind: "futex" });
  expect(report.causes[0].text).toMatch(/^waited \d\.\d+ s for a lock held by thread \d+ \(deadlock\)/);
  const pid = service.pid!;
  expect(report.notes.some((n) => n.startsWith("a deadlock: ") && n.includes(String(pid)))).toBe(true);
});

/** Computes in calls on every CPU, and in a child waits for a lock. */
const BUSY = `
use Fcntl ":flock";
for (1 .. ${cpus().length}) {
  next if fork;
  open my $z, "<", "/dev/zero";
  for (;;) { sysread $z, my $b, 1; my $x = 0; $x++ for 1 .. 200 }
}
unless (fork) { open my $f, "<", $ARGV[0]; flock $f, LOCK_EX; sleep 1000 }
1 while wait > 0;
`;
const BUSY_SECONDS = 3;

test(
  ...needs("a lock of another, though there is no CPU to spare", noBpf(), lacks("perl", "flock")),
  async () => {
    const dir = tempDir("why-running");
    const lock = join(dir, "lock");
    writeFileSync(lock, "");
    const holder = start(["flock", lock, "sleep", "1000"]);
    await waitUntil("the lock", async () => (await run(["flock", "-n", lock, "true"])).status === 1, 20);
    const service = start(["perl", "-e", BUSY, lock]);
    const locks = () => run(["grep", "-c", "-e", "-> FLOCK", "/proc/locks"]);
    await waitUntil("who waits for it", async () => (await locks()).status === 0, 20);
    const report = await why(service.pid!, BUSY_SECONDS, dir);
    const waits = report.causes.find((c) => c.category === "lock")!;
    expect(waits.target).toBe(lock);
    // not until all had been told of
    expect(waits.seconds).toBeGreaterThan(BUSY_SECONDS - 0.3);
    expect(waits.seconds).toBeLessThan(BUSY_SECONDS + 1);
    expect(waits.text).toContain(` held by ${holder.pid} (flock ${lock}`);
  },
);
