/** Samples are named by the file that was running, whatever its path leads to when they are written. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lacks, needs, noBpf, notRoot, run, svtrace, svtracePath, tempDir, waitUntil } from "../helpers.ts";

const why = [noBpf(), lacks("gcc")];

/** Calls itself NAME, waits for the file that its argument names, and uses half a second of CPU in NAME_spin. */
const spinning = `
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
__attribute__((noinline)) int SPIN(void) {
  volatile int i = 0;
  for (clock_t start = clock(); clock() - start < CLOCKS_PER_SEC / 2;)
    for (int k = 0; k < 1000000; k++) i++;
  return i;
}
int main(int argc, char **argv) {
  prctl(PR_SET_NAME, NAME);
  while (argc > 1 && access(argv[1], F_OK) != 0) usleep(10000);
  return SPIN() & 1;
}
`;

/** As a library: without the rest. */
const library = `${spinning.slice(0, spinning.indexOf("int main"))}`;

function build(dir: string, name: string, source = spinning, ...flags: string[]): string {
  const text = join(dir, `${name}.c`);
  const to = join(dir, name);
  writeFileSync(text, source);
  execFileSync("gcc", ["-O0", `-DSPIN=${name}_spin`, `-DNAME="${name}"`, ...flags, "-o", to, text]);
  return to;
}

/** Folded stacks of a recorded command. */
async function recorded(
  dir: string,
  command: readonly string[],
  meanwhile?: () => Promise<void>,
): Promise<string[]> {
  const file = join(dir, "recording");
  const done = run([svtracePath, "record", "-o", file, ...command], { cwd: dir, timeout: 60 });
  await meanwhile?.();
  await done;
  const { stdout, stderr } = await svtrace(["export", "--format", "folded", "--by", "cpu", file]);
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line.includes(";main;") || line.includes("/program+"));
}

test(...needs("a program that is replaced while it runs", ...why), async () => {
  const dir = tempDir("replaced");
  const [before, after] = [build(dir, "alpha"), build(dir, "beta")];
  const program = join(dir, "program");
  copyFileSync(before, program);
  const going = join(dir, "going");
  const stacks = await recorded(dir, ["sh", "-c", `: > started; exec ./program ${going}`], async () => {
    await waitUntil("the program to run", () => existsSync(join(dir, "started")));
    await waitUntil("its name", () =>
      /^alpha$/m.test(execFileSync("ps", ["-eo", "comm"], { encoding: "utf8" })),
    );
    renameSync(after, program);
    writeFileSync(going, "");
  });
  expect(stacks.join("\n")).toContain("alpha_spin");
  expect(stacks.join("\n")).not.toContain("beta_spin");
});

test(...needs("programs that are written one over the other", ...why), async () => {
  const dir = tempDir("rewritten");
  build(dir, "alpha");
  build(dir, "beta");
  const stacks = await recorded(dir, [
    "sh",
    "-c",
    "cp alpha program; ./program; cp beta program; ./program; true",
  ]);
  const beta = stacks.filter((line) => line.includes("beta_spin"));
  expect(beta.length).toBeGreaterThan(0);
  // what the first one did has its name, or none
  for (const line of beta) expect(line).toMatch(/^beta;/);
});

test(
  ...needs("a program in a mount namespace that is gone", ...why, notRoot(), lacks("unshare", "mount")),
  async () => {
    const dir = tempDir("mounted");
    build(dir, "alpha");
    copyFileSync(build(dir, "beta"), join(dir, "program"));
    const stacks = await recorded(dir, [
      "unshare",
      "-m",
      "sh",
      "-c",
      "mount --bind alpha program; exec ./program",
    ]);
    expect(stacks.join("\n")).toContain("alpha_spin");
    expect(stacks.join("\n")).not.toContain("beta_spin");
  },
);

test(...needs("libraries that are loaded one after the other at the same address", ...why), async () => {
  const dir = tempDir("libraries");
  for (const name of ["alpha", "beta"]) build(dir, name, library, "-shared", "-fPIC");
  const source = `
#include <dlfcn.h>
#include <stdio.h>
void *load(const char *file, const char *name, int times) {
  void *library = dlopen(file, RTLD_NOW);
  int (*spin)(void) = (int (*)(void))dlsym(library, name);
  while (times-- > 0) spin();
  dlclose(library);
  return spin;
}
int main(void) {
  void *first = load("./alpha", "alpha_spin", 1);
  printf("%d\\n", first == load("./beta", "beta_spin", 5));
  return 0;
}
`;
  build(dir, "program", source);
  const stacks = await recorded(dir, ["./program"]);
  const samples = (name: string) =>
    stacks.filter((line) => line.includes(name)).reduce((n, line) => n + Number(/\d+$/.exec(line)![0]), 0);
  expect(samples("alpha_spin")).toBeGreaterThan(0);
  expect(samples("beta_spin")).toBeGreaterThan(samples("alpha_spin"));
});
