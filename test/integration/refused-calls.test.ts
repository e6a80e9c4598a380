/** What the kernel's tracepoints tell half of: calls that are refused before they begin, and other things only a tracer is shown. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compiled, debian, lacks, needs, noBpf, run, svtracePath, tempDir } from "../helpers.ts";

const ours = (...options: string[]) => [svtracePath, "strace", "--engine", "bpf", ...options];

/** What a tracer writes, without pids. */
async function lines(tracer: readonly string[], command: readonly string[]): Promise<string[]> {
  const out = join(tempDir("refused"), "out");
  await run([...tracer, "-o", out, ...command], { timeout: 60 });
  return readFileSync(out, "latin1")
    .trimEnd()
    .split("\n")
    .map((l) => l.replace(/^\d+ +/, "").replace(/ +=/, " ="));
}

describe(...needs("bpf engine", noBpf(), lacks("gcc"), lacks("strace")), () => {
  const strace = debian("strace")!;

  it("shows calls that a seccomp filter refuses", async () => {
    const options = ["-f", "-e", "trace=mkdir,access", "-e", "signal=none", "--quiet=all"];
    const program = compiled("refused");
    const theirs = await lines([strace, ...options], [program]);
    expect(theirs.filter((l) => / = -1 EPERM /.test(l))).toHaveLength(6);
    for (const order of [[], ["--order=strace"]])
      expect(await lines(ours(...options, ...order), [program])).toEqual(theirs);
    const failed = await lines(ours("-f", "-Z", "-e", "trace=mkdir"), [program]);
    expect(failed.filter((l) => l.startsWith("mkdir("))).toHaveLength(6);
    expect(await lines(ours("-f", "-e", "trace=access"), [program])).not.toContainEqual(
      expect.stringContaining("mkdir"),
    );
  });

  it("shows calls that a seccomp supervisor answers", async () => {
    const options = ["-f", "-e", "trace=mkdir"];
    const answered = (all: string[]) => all.filter((l) => l === 'mkdir("/nonexistent/dir", 0700) = 42');
    expect(answered(await lines([strace, ...options], [compiled("answered")]))).toHaveLength(20);
    expect(answered(await lines(ours(...options), [compiled("answered")]))).toHaveLength(20);
  });

  for (const by of [[], ["--by=pid"]])
    it(`counts them with -c ${by.join("")}`, async () => {
      const tracer = [svtracePath, "trace", "--engine", "bpf", "-f", "-c", ...by, "-e", "trace=mkdir"];
      const table = await lines(tracer, [compiled("refused")]);
      expect(table.at(-1)).toMatch(/ 6 +6 total$/);
    });

  it("shows nothing of how a command that cannot be executed ends", async () => {
    const file = join(tempDir("refused"), "x");
    writeFileSync(file, "x", { mode: 0o755 });
    const r = await run([...ours("-e", "trace=!execve"), file], { timeout: 60 });
    expect(r.stderr).toMatch(/^\S*strace: exec: Exec format error\n/);
    expect(r.stderr).not.toContain("exit(");
  });

  it("shows the signal a process sends itself again, with its default action restored", async () => {
    const script = 'trap "trap - TERM; kill -TERM \\$\\$" TERM; kill -TERM $$; :';
    const of = async (tracer: readonly string[]) =>
      (await lines([...tracer, "-e", "trace=none"], ["/bin/bash", "-c", script]))
        // those of children tell how long they took
        .filter((l) => !l.includes("SIGCHLD"))
        .map((l) => l.replace(/si_pid=\d+/, "si_pid=PID"));
    const theirs = await of([strace]);
    expect(theirs.filter((l) => l.startsWith("--- SIGTERM"))).toHaveLength(2);
    expect(await of(ours())).toEqual(theirs);
  });
});
