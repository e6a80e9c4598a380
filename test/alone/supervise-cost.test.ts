/** What supervision costs, as numbers that do not depend on the machine: system calls of a restart, growth over cycles. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sendControl } from "../../src/supervise/control.ts";
import { readExtended } from "../../src/supervise/extended.ts";
import {
  debian,
  lacks,
  long,
  needs,
  processState,
  sleep,
  start,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";
import { upPid } from "../services.ts";

/** From the moment it knows of the death to the clone, and from the command's byte to TERM. */
const CALLS_TO_CLONE = 18;
const CALLS_TO_TERM = 3;
const CYCLES = Number(process.env.SVTRACE_CYCLES ?? (long ? 1000 : 300));
/** By then V8 has compiled what runs all the time: from 64 MiB after 500 starts to 75 after 1,500, and 76 after 12,000. */
const WARM = 2000;

function service(files: Readonly<Record<string, string>>): string {
  const dir = join(tempDir("cost"), "s");
  mkdirSync(dir);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), `${text}\n`);
  chmodSync(join(dir, "run"), 0o755);
  return dir;
}

/** strace on the main thread of a process, once it is attached. */
async function traced(pid: number, out: string): Promise<ChildProcess> {
  const tracer = spawn(debian("strace")!, ["-y", "-o", out, "-p", String(pid)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  tracer.stderr.on("data", (d) => {
    said += d;
  });
  onTestFinished(() => void tracer.kill("SIGKILL"));
  await waitUntil("strace", () => said.includes("attached"), 20);
  return tracer;
}

/** Node and V8 wake and wait for their own threads at any moment, to compile or to collect garbage: no part of a restart. */
const OF_THREADS = /^futex\(|<anon_inode:\[eventfd\]>/;

/** System calls between a line that matches `from` and the next that matches `to`. */
function between(lines: readonly string[], from: RegExp, to: RegExp): readonly string[] {
  const begin = lines.findIndex((l) => from.test(l));
  const end = lines.findIndex((l, i) => i > begin && to.test(l));
  expect({ from, begin: begin >= 0, to, end: end > begin }).toEqual({ from, begin: true, to, end: true });
  return lines.slice(begin + 1, end).filter((l) => !OF_THREADS.test(l));
}

test(
  ...needs("few system calls between a death and the next start, and before TERM", lacks("strace")),
  async () => {
    const dir = service({ run: "#!/bin/sh\nexec sleep 1000" });
    const supervisor = start([svtracePath, "supervise", dir]);
    const pid = await waitUntil("up", () => upPid(dir), 20);
    await sleep(1.2);
    const out = join(tempDir("cost"), "trace");
    const tracer = await traced(supervisor.pid!, out);
    sendControl(dir, "t");
    await waitUntil("the next", () => ![0, pid].includes(upPid(dir)), 30);
    const lines = await waitUntil("the trace", () => {
      const all = readFileSync(out, "utf8").split("\n");
      return all.some((l) => l.startsWith("rename(")) && all;
    });
    tracer.kill("SIGTERM");
    const toTerm = between(lines, /^read\(\d+<.*>, "t"/, /^kill\(\d+, SIGTERM\)/);
    const toClone = between(lines, /^wait4\(-1, \[.*= \d+$/, /^clone3?\(/);
    console.log(`${toTerm.length} system calls before TERM, ${toClone.length} from the death to the clone`);
    expect(toTerm.length, toTerm.join("\n")).toBeLessThanOrEqual(CALLS_TO_TERM);
    expect(toClone.length, toClone.join("\n")).toBeLessThanOrEqual(CALLS_TO_CLONE);
    expect(toClone.filter((l) => /fsync|fdatasync|rename|mkdir|^write\(/.test(l))).toEqual([]);
  },
);

test(
  `${CYCLES} starts and ends: no descriptor, zombie or memory more`,
  async () => {
    const dir = service({ run: "#!/bin/true", backoff: "0 0", "notification-fd": "3", "stop-timeout": "5" });
    const supervisor = start([svtracePath, "supervise", dir]);
    const pid = supervisor.pid!;
    const starts = () => readExtended(dir)?.starts ?? 0;
    const status = (field: string) =>
      Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
    const still = async (least: number) => {
      await waitUntil(`${least} starts`, () => starts() >= least, 60 + least / 10);
      sendControl(dir, "d");
      await waitUntil("down", () => readExtended(dir)?.state === "down", 20);
      // children still to be forgotten
      await sleep(0.3);
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
        .trim()
        .split(" ")
        .filter(Boolean);
      const found = {
        fds: readdirSync(`/proc/${pid}/fd`).length,
        threads: status("Threads"),
        zombies: children.filter((c) => processState(Number(c)) === "Z").length,
        mib: status("VmRSS") / 1024,
      };
      sendControl(dir, "u");
      return found;
    };
    const before = await still(Math.max(CYCLES / 2, WARM));
    const after = await still(starts() + CYCLES);
    console.log(
      `resident ${before.mib.toFixed(1)} MiB, after ${CYCLES} more starts ${after.mib.toFixed(1)} MiB`,
    );
    expect(after).toMatchObject({ fds: before.fds, threads: before.threads, zombies: 0 });
    // the heap's size varies by a few MiB between two collections
    expect(after.mib - before.mib).toBeLessThan(12);
  },
  120_000 + (WARM + CYCLES) * 100,
);
