/** Mistakes in options: what Debian's strace says of them, and what we do. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../../src/base/errors.ts";
import { parseSettings } from "../../src/cli/strace/settings.ts";
import { missing, same } from "../differential/same.ts";
import { usages } from "../differential/usages.ts";
import { usagesOfSets } from "../differential/usages-of-sets.ts";
import { usagesOfWords } from "../differential/usages-of-words.ts";
import { compiled, debian, needs, svtrace } from "../helpers.ts";

const strace = debian("strace");

// an -o among the options goes before ours, and makes its file where we are
beforeAll(() => {
  const before = process.cwd();
  const directory = mkdtempSync(join(tmpdir(), "svtrace-usage-"));
  process.chdir(directory);
  return () => {
    process.chdir(before);
    rmSync(directory, { recursive: true });
  };
});

const wrongCalls = [
  ...["", ":", ":bogus=1", ":error", ":error=FOO", ":error=0", ":error=5000", ":error=1:retval=1"],
  ...[":when=1", ":error=1:error=2", ":syscall=getpid", ":syscall=open:error=1", ":syscall=nosuch:error=1"],
  ...[":retval=", ":retval=abc", ":retval=0x1ffffffffffffffff", ":signal=FOO", ":signal=0", ":signal=65"],
  ...[":delay_enter=abc", ":delay_enter=-1", ":delay_exit=1h", ":delay_exit="],
  ...[
    ":poke_enter=@arg1",
    ":poke_enter=@arg8=00",
    ":poke_enter=@arg1=0",
    ":poke_exit=@arg1=zz",
    ":poke_exit=",
  ],
  ...[":poke_enter=arg1=00", ":poke_exit=@arg1=0A,@arg1=0B"],
  ...["0", "1+0", "2..1", "1..", "..2", "a", "1+a", "1..a", "70000", "1..70000", "1+70000", ""].map(
    (when) => `:error=1:when=${when}`,
  ),
].map((rest) => `inject=chdir${rest}`);
const wrongRules = [
  ...["fault=chdir:retval=1", "fault=chdir:error=1:delay_enter=1", "fault=chdir:when=0", "fault=nosuch"],
  ...["inject=nosuch:error=1", "inject=:error=1", "inject=nosuch:bogus=1", "fault=", "inject="],
];

const bad: readonly string[] = [
  ...wrongCalls,
  ...wrongRules,
  "inject=",
  "inject=:error=1",
  "inject=chdir",
  "inject=chdir:",
  "inject=chdir,:retval",
  "inject=nosuchcall:error=1",
  "inject=%nosuchclass:error=1",
  ...["FOO", "0", "-1", "4096", "", "ENOENT:error=EPERM", "1:retval=1", "0x1"].map(
    (e) => `inject=chdir:error=${e}`,
  ),
  ...["", "1x", "99999999999999999999", "1:retval=2", "08"].map((e) => `inject=chdir:retval=${e}`),
  ...["FOO", "0", "65", "-1", "", "0x1", "1:signal=2"].map((e) => `inject=chdir:signal=${e}`),
  ...["getpid", "write:error=1", "39:error=1", "nosuch:error=1", ":error=1"].map(
    (e) => `inject=chdir:syscall=${e}`,
  ),
  ...["", "x", "-1", "1m", "1S", "0x10", "inf", "1:delay_enter=2"].map(
    (e) => `inject=chdir:delay_enter=${e}`,
  ),
  ...["x", "1 ms"].map((e) => `inject=chdir:delay_exit=${e}`),
  ...[
    "",
    "x",
    "@arg1",
    "@arg1=",
    "@arg1=4",
    "@arg1=zz",
    "@arg0=00",
    "@arg8=00",
    "@arg1=00,@arg1=01",
    "arg1=00",
  ].map((e) => `inject=chdir:poke_enter=${e}`),
  ...["0", "", "x", "1..", "..1", "2..1", "1+0", "65536", "1..65535", "1+65536", "1+2+3", "1.2", "-1"].map(
    (e) => `inject=chdir:error=1:when=${e}`,
  ),
  "inject=chdir:when=1",
  "inject=chdir:bogus=1",
  "inject=chdir:toString=1",
  "fault=chdir:retval=1",
  "fault=chdir:signal=USR1",
  "fault=chdir:delay_enter=1",
  "fault=chdir:bogus",
  "fault=nosuchcall",
];

/** What strace says before it does anything, without its name. */
function theirs(options: readonly string[]): string[] {
  const r = spawnSync(strace!, ["-o", "/dev/null", ...options, "true"], {
    encoding: "utf8",
    argv0: "strace",
  });
  return [...r.stderr.split("\n").filter((l) => l !== ""), `status ${r.status}`];
}

/** What we say. */
function ours(options: readonly string[]): string[] {
  const lines = (text: string) => text.split("\n").filter((l) => l !== "");
  try {
    const s = parseSettings("strace", ["-o", "/dev/null", ...options, "true"]);
    return [...s.warnings.map((w) => `strace: ${w}`), "status 0"];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [...lines(`strace: ${error.message}`), "status 1"];
  }
}

describe("mistakes", () => {
  it.each([...new Set(bad)])(...needs("-e %s", strace ? "" : "no strace"), (rule) => {
    expect(ours(["-e", rule as string])).toEqual(theirs(["-e", rule as string]));
  });

  it.each([
    ["in all other options", usages],
    ["in qualifying expressions", usagesOfSets],
    ["in words, numbers and abbreviations", usagesOfWords],
  ] as const)(...needs("%s", strace ? "" : "no strace"), (_, lines) => {
    const differ = lines.filter((line) => {
      const options = line.split(" ");
      return ours(options).join("\n") !== theirs(options).join("\n");
    });
    expect(differ).toEqual([]);
  });
});

/** Options as -h shows them, each with how it names its argument. */
function helped(text: string): string[] {
  return [...text.matchAll(/(?:^ +|, |; )(--?[A-Za-z][\w-]*)/gm)].map((m) => m[1]);
}

it(
  ...needs("-h names every option that Debian's strace names there", strace ? "" : "no strace"),
  async () => {
    const own = await svtrace(["strace", "-h"]);
    expect([own.status, own.stderr]).toEqual([0, ""]);
    const theirs = spawnSync(strace!, ["-h"], { encoding: "utf8" }).stdout;
    expect(own.stdout.split("\n\n")[0]).toBe(theirs.split("\n\n")[0].replaceAll(strace!, "strace"));
    const ours = new Set(helped(own.stdout));
    expect(helped(theirs).filter((o) => !ours.has(o) && !ours.has(`${o}s`))).toEqual([]);
    for (const line of own.stdout.split("\n").slice(8))
      if (/^ {17}/.test(line)) expect(line.length).toBeLessThan(140);
  },
);

describe("what is read and written", () => {
  it.each([
    ["-e", "read=all", "-e", "write=all"],
    ["-f", "-T", "--read=!3", "--write=4,5"],
    ["-e", "trace=read,write", "-e", "raw=write", "-e", "w=all"],
    ["-z", "-e", "reads=3,7", "-e", "inject=pread64:retval=5"],
  ])(...needs("%s %s %s %s", ...missing), async (...options) => {
    await same(["-e", "signal=none", ...options], [compiled("transfers")]);
  });
});
