/** Where in the program calls are made: strace -k compared with Debian's, and what that cannot see. */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  compiled,
  debian,
  lacks,
  needs,
  no32Bit,
  notRoot,
  processState,
  run,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
  which,
} from "../helpers.ts";

const strace = debian("strace") ?? "";
const why = [strace ? "" : "no strace", lacks("gcc", "setarch")];

interface Call {
  readonly line: string;
  readonly frames: string[];
}

/** Calls of a trace, each with the frames below it. */
function calls(text: string): Call[] {
  const found: Call[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith(" > ")) found.at(-1)?.frames.push(line);
    else if (line !== "") found.push({ line, frames: [] });
  }
  return found;
}

async function traced(
  tracer: readonly string[],
  options: readonly string[],
  command: readonly string[],
): Promise<Call[]> {
  const file = join(tempDir("stacks"), "trace");
  await run(["setarch", "-R", ...tracer, "-k", "-o", file, ...options, ...command], { timeout: 60 });
  return calls(readFileSync(file, "utf8"));
}
const ours = (...args: [options: readonly string[], command: readonly string[]]) =>
  traced([svtracePath, "strace"], ...args);
const theirs = (...args: [options: readonly string[], command: readonly string[]]) =>
  traced([strace], ...args);

/**
 * The program's own frames whole; of libraries' the place, as we read symbols of debug packages, too. strace shows an
 * empty name in two ways.
 */
const comparable = (program: string) => (frame: string) =>
  frame.includes(program) ? frame.replace("(+0x0)", "()") : frame.replace(/\(.*\)(?= \[)/, "");
const names = (c: Call) => c.line.replace(/^\d+ +/, "").replace(/[( ].*/, "");

async function same(
  options: readonly string[],
  command: readonly string[],
  program = command[0],
): Promise<Call[]> {
  const [a, b] = await Promise.all([theirs(options, command), ours(options, command)]);
  const shown = (c: Call) => [names(c), ...c.frames.map(comparable(program))];
  expect(b.map(shown)).toEqual(a.map(shown));
  expect(a.flatMap((c) => c.frames).length).toBeGreaterThan(5);
  return b;
}

test(...needs("recursion, signal handlers, callbacks, alloca", ...why), async () => {
  const program = compiled("stacks");
  const found = await same([], [program]);
  const inHandler = found.filter((c) => c.line.startsWith("getppid"));
  expect(inHandler).toHaveLength(2);
  for (const { frames } of inHandler)
    expect(frames.filter((f) => f.includes("(deep+")).length).toBeGreaterThan(2);
  expect(found.at(-1)!.line).toBe("+++ exited with 0 +++");
  expect(found.at(-1)!.frames.length).toBeGreaterThan(3);
});

test(...needs("with frame pointers and without call frame information", ...why), async () => {
  const flags = ["-fno-omit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"];
  const program = compiled("stacks", ...flags);
  const found = await ours([], [program]);
  const { frames } = found.find((c) => c.line.startsWith("getsid"))!;
  expect(frames.map((f) => /\((\w*)/.exec(f)![1])).toEqual(
    expect.arrayContaining(["getsid", "varying", "main"]),
  );
});

test(...needs("children, filters, statuses, files of their own", ...why), async () => {
  const shell = which("dash") ?? "/bin/sh";
  await same(
    ["-f", "-e", "trace=execve,chdir,exit_group"],
    [shell, "-c", "/bin/true; cd /; exec /bin/true"],
    "dash",
  );
  await same(["-e", "trace=execve"], [shell, "-c", "exec /bin/true"], "dash");
  const failed = await same(
    ["-Z", "-e", "trace=kill,chdir,openat"],
    [shell, "-c", "cd /nonexistent"],
    "dash",
  );
  expect(failed.some((c) => c.line.includes("ENOENT"))).toBe(true);
  await same(["-e", "trace=none", "-e", "signal=chld"], [shell, "-c", "kill -CHLD $$"], "dash");
});

test(...needs("a process whose main thread has ended", ...why), async () => {
  const program = compiled("leaderless");
  const found = await same(["-f", "-e", "trace=read,write"], [program]);
  expect(found.find((c) => c.line.includes(" read(0"))!.frames.join()).toContain("(rest+");
});

test(...needs("--seccomp-bpf sees mappings that come and go", ...why), async () => {
  const dir = tempDir("library");
  const libraries = ["a", "b"].map((name) => {
    const source = join(dir, `${name}.c`);
    // functions of different length, so that one's frames read as the other's would be wrong
    const more = name === "b" ? "volatile char x[300]; x[0] = 1;" : "";
    writeFileSync(
      source,
      `#include <unistd.h>\nint helper_${name}(void) { ${more} return getpgrp(); }\nint in_library(void) { return helper_${name}() + 1; }\n`,
    );
    const library = join(dir, `lib${name}.so`);
    execFileSync("gcc", ["-shared", "-fPIC", "-O1", "-o", library, source]);
    return library;
  });
  const program = compiled("stacks");
  for (const options of [
    ["-e", "trace=getpgrp"],
    ["-f", "--seccomp-bpf", "-e", "trace=getpgrp"],
  ]) {
    const found = (await ours(options, [program, ...libraries, ...libraries])).filter((c) =>
      c.line.includes("getpgrp"),
    );
    expect(found.map((c) => /lib([ab])\.so\(helper_\1\+/.exec(c.frames[1])?.[1])).toEqual([
      "a",
      "b",
      "a",
      "b",
    ]);
    for (const { frames } of found) expect(frames[3]).toContain("(main+");
  }
});

test(
  ...needs("static and 32-bit programs, which Debian's strace shows nothing of", ...why, no32Bit()),
  async () => {
    for (const flag of ["-static", "-m32"]) {
      const found = await ours(["-e", "trace=getpgid"], [compiled("stacks", flag)]);
      const { frames } = found.find((c) => c.line.startsWith("getpgid"))!;
      expect([flag, ...frames.map((f) => /\((\w*)/.exec(f)![1])]).toEqual(
        expect.arrayContaining([flag, "compare", "main", "_start"]),
      );
    }
  },
);

test(
  ...needs("a program whose file has been deleted, or replaced by another", ...why, notRoot()),
  async () => {
    const program = join(tempDir("deleted"), "program");
    for (const replaced of [false, true]) {
      rmSync(program, { force: true });
      copyFileSync(debian("perl")!, program);
      chmodSync(program, 0o755);
      const child = start([program, "-e", "sleep 60"]);
      await stack(child.pid!);
      rmSync(program);
      if (replaced) copyFileSync("/bin/true", program);
      const { functions } = await stack(child.pid!);
      expect(functions).toEqual(expect.arrayContaining(["Perl_pp_sleep", "perl_run", "main"]));
    }
  },
);

/** What stuck -k says of a process that sleeps. */
async function stack(pid: number): Promise<{ functions: string[]; complete: boolean }> {
  const found = await waitUntil("a sleep", async () => {
    const { stdout } = await svtrace(["stuck", "-k", "--json", "-p", String(pid)]);
    return stdout.includes("nanosleep") && JSON.parse(stdout);
  });
  return { functions: found.stack.map((f: { function: string }) => f.function), complete: found.complete };
}

test(...needs("stuck -k", ...why), async () => {
  const child = start(["perl", "-e", "sub inner { sleep 60 } inner()"]);
  const { functions, complete } = await stack(child.pid!);
  expect(functions).toEqual(expect.arrayContaining(["Perl_pp_sleep", "perl_run", "main"]));
  expect(complete).toBe(true);
  const { stdout } = await svtrace(["stuck", "-k", "-p", String(child.pid)]);
  expect(stdout).toMatch(/^ {4}Perl_pp_sleep\+0x[0-9a-f]+ in \//m);
});

test(...needs("stuck -k --stop sees registers that a waiting thread does not show", ...why), async () => {
  const dir = tempDir("stop");
  const source = join(dir, "p.c");
  writeFileSync(
    source,
    `#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
__attribute__((noinline)) int waits(void) {
  struct timespec t = {60, 0};
  return syscall(SYS_nanosleep, &t, 0) + 1;
}
int main(void) { return waits() + 1; }
`,
  );
  const program = join(dir, "program");
  // without call frame information there is only the frame pointer, which nothing between saves on the stack
  execFileSync("gcc", [
    "-O1",
    "-fno-omit-frame-pointer",
    "-fno-asynchronous-unwind-tables",
    "-o",
    program,
    source,
  ]);
  const child = start([program]);
  const before = await stack(child.pid!);
  expect(before.functions.at(-1)).toBe("waits");
  expect(before.complete).toBe(false);
  const { stdout, stderr, status } = await svtrace(["stuck", "-k", "--stop", "-p", String(child.pid)]);
  expect([stderr, status]).toEqual(["", 0]);
  expect(stdout).toMatch(/^ {4}main\+0x/m);
  expect(stdout).not.toContain("...\n");
  await waitUntil("asleep again", () => processState(child.pid!) === "S");
});
