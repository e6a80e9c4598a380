/** A service must not notice that its tracer dies: nginx under load, the tracer killed at arbitrary moments. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  freePort,
  isAlive,
  lacks,
  needs,
  notRoot,
  processState,
  run,
  sleep,
  start,
  svtracePath,
  tempDir,
  waitUntil,
  which,
} from "../helpers.ts";

const CLIENTS = 4;
const TIMEOUT_MS = 5000;
/** Failures allowed for a death of the tracer: what is in flight just then. */
const IN_FLIGHT = CLIENTS;

function configuration(dir: string, port: number): string {
  const file = join(dir, "nginx.conf");
  writeFileSync(
    file,
    `daemon off;
worker_processes 2;
pid ${dir}/pid;
error_log ${dir}/error.log;
events { worker_connections 64; }
http {
  access_log ${dir}/access.log;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / { return 200 "fine\\n"; }
  }
}
`,
  );
  return file;
}

const request = (port: number, agent: Agent): Promise<boolean> =>
  new Promise((settle) => {
    const asked = get({ host: "127.0.0.1", port, path: "/", agent, timeout: TIMEOUT_MS }, (answer) => {
      answer.resume();
      answer.on("end", () => settle(answer.statusCode === 200));
      answer.on("error", () => settle(false));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => settle(false));
  });

/** Clients that ask one thing after the other, half of them with a connection for each request. */
function load(port: number) {
  const counts = { answered: 0, failed: 0 };
  let over = false;
  const clients = Array.from({ length: CLIENTS }, async (_, i) => {
    const agent = new Agent({ keepAlive: i % 2 === 0, maxSockets: 1 });
    while (!over) {
      if (await request(port, agent)) counts.answered++;
      else counts.failed++;
      await sleep(0.002);
    }
    agent.destroy();
  });
  return {
    counts,
    async stop() {
      over = true;
      await Promise.all(clients);
    },
  };
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

const tracerOf = (pid: number): number =>
  Number(/^TracerPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

async function serving(dir: string, port: number): Promise<number[]> {
  const agent = new Agent();
  await waitUntil("nginx answers", () => request(port, agent), 20);
  const master = Number(readFileSync(join(dir, "pid"), "utf8"));
  const workers = await waitUntil("two workers", () => {
    const found = childrenOf(master);
    return found.length === 2 && found;
  });
  return [master, ...workers];
}

const showsAnswers = (file: string): boolean =>
  /writev?\(|sendto\(|sendfile\(/.test(readFileSync(file, "latin1"));

/** Kills the tracer while requests run, and looks at who is left and what is in its file. */
async function killUnderLoad(
  port: number,
  pids: readonly number[],
  file: string,
  kill: () => void,
): Promise<void> {
  const traffic = load(port);
  try {
    await waitUntil("requests under trace", () => traffic.counts.answered > 20, 20);
    await waitUntil("answers in the trace", () => showsAnswers(file), 20);
    await sleep(Math.random() * 0.8);
    kill();
    await waitUntil("nobody traced", () => pids.every((pid) => tracerOf(pid) === 0));
    const before = traffic.counts.answered;
    await waitUntil("requests afterwards", () => traffic.counts.answered > before + 100, 20);
    expect(pids.map(processState).filter((s) => s === "T" || s === "t")).toEqual([]);
    expect(pids.every(isAlive)).toBe(true);
  } finally {
    await traffic.stop();
  }
  expect(traffic.counts.failed).toBeLessThanOrEqual(IN_FLIGHT);
  expect(showsAnswers(file)).toBe(true);
}

const reasons = [lacks("nginx"), notRoot()];

test(...needs("the tracer attached to nginx is killed three times under load", ...reasons), async () => {
  const dir = tempDir("nginx");
  const port = await freePort();
  start([which("nginx")!, "-c", configuration(dir, port), "-e", join(dir, "error.log")]);
  const pids = await serving(dir, port);
  for (let round = 0; round < 3; round++) {
    const file = join(dir, `trace${round}`);
    const options = pids.flatMap((p) => ["-p", String(p)]);
    const tracer = start([svtracePath, "strace", "-f", "-o", file, ...options]);
    await waitUntil("all attached", () => pids.every((pid) => tracerOf(pid) !== 0));
    await killUnderLoad(port, pids, file, () => process.kill(tracer.pid!, "SIGKILL"));
  }
  expect(childrenOf(pids[0]).sort()).toEqual(pids.slice(1).sort());
});

test(...needs("the tracer that started nginx's life is killed under load", ...reasons), async () => {
  const dir = tempDir("nginx");
  const port = await freePort();
  const file = join(dir, "trace");
  const nginx = [which("nginx")!, "-c", configuration(dir, port), "-e", join(dir, "error.log")];
  for (let round = 0; round < 3; round++) {
    const child = start([svtracePath, "run", "-f", "-o", file, "--", ...nginx]);
    const pids = await serving(dir, port);
    expect(pids[0]).toBe(child.pid);
    const tracer = tracerOf(pids[0]);
    expect(tracer).toBeGreaterThan(0);
    await killUnderLoad(port, pids, file, () => process.kill(tracer, "SIGKILL"));
    process.kill(pids[0], "SIGQUIT");
    await waitUntil("nginx gone", () => !pids.some(isAlive), 20);
  }
});

test(...needs("the tracer ends by TERM and lets go of everyone under load", ...reasons), async () => {
  const dir = tempDir("nginx");
  const port = await freePort();
  start([which("nginx")!, "-c", configuration(dir, port), "-e", join(dir, "error.log")]);
  const pids = await serving(dir, port);
  const file = join(dir, "trace");
  const options = pids.flatMap((p) => ["-p", String(p)]);
  const tracer = start([svtracePath, "strace", "-f", "-o", file, ...options]);
  await waitUntil("all attached", () => pids.every((pid) => tracerOf(pid) !== 0));
  await killUnderLoad(port, pids, file, () => process.kill(tracer.pid!, "SIGTERM"));
  await waitUntil("the tracer gone", () => !isAlive(tracer.pid!));
});

test(...needs("killing `strace COMMAND` leaves the command running", ...reasons), async () => {
  const dir = tempDir("nginx");
  const port = await freePort();
  const nginx = [which("nginx")!, "-c", configuration(dir, port), "-e", join(dir, "error.log")];
  const file = join(dir, "trace");
  const tracer = start([svtracePath, "strace", "-f", "-o", file, ...nginx]);
  const pids = await serving(dir, port);
  await killUnderLoad(port, pids, file, () => process.kill(tracer.pid!, "SIGKILL"));
  const { status } = await run(["kill", "-QUIT", String(pids[0])]);
  expect(status).toBe(0);
  await waitUntil("nginx gone", () => !pids.some(isAlive), 20);
});

test(
  ...needs("what happened is in the file a moment later, though there is always more", notRoot()),
  async () => {
    const file = join(tempDir("written"), "trace");
    // all on one CPU, as on a busy host: what the tracer waits for is always there when it gets to run
    const onOne = ["taskset", "-c", "0"];
    const busy = "while (1) { getppid(); my $x = 0; $x += $_ for 1 .. 24000 }";
    const traced = Array.from({ length: 16 }, () => start([...onOne, "perl", "-e", busy]));
    const pids = traced.flatMap((child) => ["-p", String(child.pid)]);
    start([...onOne, svtracePath, "strace", "-f", "-o", file, ...pids]);
    await waitUntil("a trace", () => statSync(file).size > 0, 20);
    const sizes = new Set<number>();
    for (const end = Date.now() + 3000; Date.now() < end; await sleep(0.02)) sizes.add(statSync(file).size);
    // every 50 ms; 2 or 3 where it depends on a pause
    expect(sizes.size).toBeGreaterThan(10);
  },
);
