/**
 * Numbered lines from services to their logs, while loggers and supervisors are killed and disks are full: every line
 * once. SVTRACE_LOG_MB says how much each service writes (default 12), SVTRACE_LOG_SECONDS how long there is killing
 * at least meanwhile (default 8).
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import {
  debian,
  isAlive,
  lacks,
  needs,
  notRoot,
  root,
  sleep,
  start,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const MEGABYTES = Number(process.env.SVTRACE_LOG_MB ?? 12);
const KILLING = Number(process.env.SVTRACE_LOG_SECONDS ?? 8);
/** Kills of the shared logger, at least. */
const KILLS = 5;
/** Mean length of the writer's lines, bytes. */
const LINE = 85;
const PATIENCE = 120 + KILLING + MEGABYTES;

interface Count {
  /** Lines that are not there. */
  lost: number;
  /** Lines that are there again, or not in order. */
  again: number;
  /** Lines that are not what was written. */
  broken: number;
}

/** As test/programs/numbered-lines.pl has it. */
const lengthOf = (i: number): number => (i % 1009 === 0 ? 9000 : i % 101 === 0 ? 960 + (i % 50) : i % 120);

/** Looks at all files of a log in order. */
async function count(dir: string, total: number): Promise<Count> {
  const found: Count = { lost: 0, again: 0, broken: 0 };
  let next = 1;
  /** What is still to come of a line that was longer than its file. */
  let rest = 0;
  const names = readdirSync(dir).filter((n) => n.startsWith("@"));
  for (const name of [...names.sort(), "current"]) {
    const lines = createInterface({ input: createReadStream(join(dir, name), "latin1") });
    for await (const line of lines) {
      const m = /^(?:@[0-9a-f]{24} )?(\d+) (x*)$/.exec(line);
      if (!m) {
        if (!/^x*$/.test(line) || line.length > rest) found.broken++;
        rest -= line.length;
        continue;
      }
      if (rest !== 0) found.broken++;
      const number = Number(m[1]);
      rest = lengthOf(number) - m[2].length;
      if (number < next) found.again++;
      else {
        found.lost += number - next;
        next = number + 1;
      }
    }
  }
  found.lost += total + 1 - next;
  return found;
}

function service(scan: string, name: string, lines: number, log: Readonly<Record<string, string>>): string {
  const dir = join(scan, name);
  mkdirSync(join(dir, "log"), { recursive: true });
  const perl = `exec perl ${join(root, "test/programs/numbered-lines.pl")} ${lines}`;
  writeFileSync(join(dir, "run"), `#!/bin/sh\n${perl}\n`, { mode: 0o755 });
  for (const [file, text] of Object.entries(log)) {
    writeFileSync(join(dir, "log", file), text);
    chmodSync(join(dir, "log", file), 0o755);
  }
  return dir;
}

function kill(pid: number | undefined): boolean {
  if (pid === undefined || pid < 2 || !isAlive(pid)) return false;
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

const loggerPid = (scan: string): number | undefined => {
  try {
    return JSON.parse(readFileSync(join(scan, ".svtrace/logger.json"), "utf8")).pid;
  } catch {
    return undefined;
  }
};

const statusPid = (dir: string): number | undefined => {
  try {
    return readFileSync(join(dir, "supervise/status")).readUInt32LE(12);
  } catch {
    return undefined;
  }
};

function small(dir: string): void {
  mkdirSync(dir);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=6m", "svtrace-test", dir]);
  if (mounted.status !== 0) throw new Error(`mount: ${mounted.stderr}`);
  onTestFinished(() => {
    spawnSync("umount", ["-l", dir]);
  });
}

const [name, options] = needs(
  "every line once, whoever is killed and whatever is full",
  lacks("perl", "multilog", "mount"),
  notRoot(),
);

test(name, { ...options, timeout: (PATIENCE + 60) * 1000 }, async () => {
  const scan = tempDir("integrity");
  const total = Math.round((MEGABYTES * 1e6) / LINE);
  const few = Math.round(3e6 / LINE);
  const a = service(scan, "plain", total, { multilog: "s300000 n100000 ./main" });
  const b = service(scan, "stamped", total, {
    multilog: "# two logs, one of them through a processor\nt s1000000 n100000 ./main\n!cat s500000 ./copy\n",
  });
  const c = service(scan, "full", few, { multilog: "t s16384 n100000\n./main" });
  // what the original loses when it is killed is not ours to prevent: it is counted
  const d = service(scan, "original", total, {
    run: `#!/bin/sh\nexec ${debian("multilog")} t s1000000 n100000 ./main\n`,
  });
  small(join(c, "log/main"));
  const ballast = join(c, "log/main/ballast");
  const up = () => start([svtracePath, "up", scan]);
  let supervisor = up();
  onTestFinished(() => {
    kill(loggerPid(scan));
  });
  const kills = { logger: 0, original: 0, supervisor: 0, full: 0 };
  const written = () => [a, b, c, d].every((dir) => existsSync(join(dir, "written")));
  const began = performance.now();
  while (!written() || kills.logger < KILLS) {
    if (performance.now() - began > PATIENCE * 1000) throw new Error(`not written after ${PATIENCE} s`);
    await sleep(0.05 + Math.random() * 0.4);
    if (performance.now() - began > KILLING * 1000 && kills.logger >= KILLS) {
      rmSync(ballast, { force: true });
      continue;
    }
    if (kill(loggerPid(scan))) kills.logger++;
    if (Math.random() < 0.3 && kill(statusPid(join(d, "log")))) kills.original++;
    if (Math.random() < 0.12) {
      if (existsSync(ballast)) rmSync(ballast);
      else {
        spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=64k"]);
        kills.full++;
      }
    }
    if (Math.random() < 0.08) {
      kill(supervisor.pid);
      if (Math.random() < 0.5) kill(loggerPid(scan));
      kills.supervisor++;
      supervisor = up();
    }
    // progress, even with the slowest machine
    if (Math.random() < 0.3) await sleep(0.6);
    if (Math.random() < 0.2) rmSync(ballast, { force: true });
  }
  rmSync(ballast, { force: true });
  const idle = async (dir: string) => {
    const size = () => readdirSync(dir).length + readFileSync(join(dir, "current")).length;
    await waitUntil(
      `${dir} is written`,
      async () => {
        const before = size();
        await sleep(0.5);
        return before === size();
      },
      60,
    );
  };
  for (const dir of [a, b, c, d]) await idle(join(dir, "log/main"));
  process.kill(supervisor.pid!, "SIGTERM");
  await waitUntil("the end", () => supervisor.exitCode !== null, 30);
  const original = await count(join(d, "log/main"), total);
  console.log(
    `log integrity: ${total} lines a service in ${((performance.now() - began) / 1000).toFixed(0)} s; killed: shared logger ` +
      `${kills.logger}, original multilog ${kills.original}, supervisor ${kills.supervisor}; disk filled ${kills.full} times; ` +
      `the original lost ${original.lost} lines and broke ${original.broken}`,
  );
  const none: Count = { lost: 0, again: 0, broken: 0 };
  expect({ plain: await count(join(a, "log/main"), total) }).toEqual({ plain: none });
  expect({ stamped: await count(join(b, "log/main"), total) }).toEqual({ stamped: none });
  expect({ copy: await count(join(b, "log/copy"), total) }).toEqual({ copy: none });
  expect({ full: await count(join(c, "log/main"), few) }).toEqual({ full: none });
});
