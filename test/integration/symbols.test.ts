/** Which names the frames of stacks get: of odd symbol tables and expressions, and of code that was compiled at run time. */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lacks, needs, notRoot, run, start, svtrace, svtracePath, tempDir, waitUntil } from "../helpers.ts";

const why = lacks("gcc");

/** Compiles a program of C (`.c`) or assembler (`.s`). */
function build(dir: string, name: string, source: string, ...flags: string[]): string {
  const text = join(dir, name);
  const to = text.replace(/\.\w+$/, "");
  writeFileSync(text, source);
  execFileSync("gcc", ["-O1", ...flags, "-o", to, text]);
  return to;
}

/** A function of assembler that makes room on its stack around `body`. */
const assembler = (name: string, room: number, body: string): string => `
.globl ${name}
.type ${name}, @function
${name}:
 .cfi_startproc
 subq $${room}, %rsp
 .cfi_adjust_cfa_offset ${room}
 ${body}
 addq $${room}, %rsp
 .cfi_adjust_cfa_offset -${room}
 ret
 .cfi_endproc
.size ${name}, . - ${name}
`;
const stackNote = '.section .note.GNU-stack, "", @progbits\n';

interface Frame {
  readonly function: string;
  readonly module: string;
}

/** The frames of a thread that waits in `call`. */
async function waiting(pid: number, call: string): Promise<Frame[]> {
  const found = await waitUntil(`a ${call}`, async () => {
    const { stdout } = await svtrace(["stuck", "-k", "--stop", "--json", "-p", String(pid)]);
    return stdout.includes(call) && JSON.parse(stdout);
  });
  return found.stack;
}
const names = (frames: readonly Frame[]): string[] => frames.map((f) => f.function);

/** Names of the functions of each stack of `strace -k`, innermost first. */
async function traced(command: readonly string[], cwd: string): Promise<string[][]> {
  const file = join(cwd, "trace");
  await run([svtracePath, "strace", "-f", "-k", "-e", "trace=getppid", "-o", file, ...command], {
    cwd,
    timeout: 60,
  });
  const stacks: string[][] = [];
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line.includes("getppid(")) stacks.push([]);
    const frame = /^ > .*\((.*)\+0x/.exec(line);
    if (frame) stacks.at(-1)?.push(frame[1]);
  }
  return stacks;
}

test(...needs("a function in which another one is nested", why), async () => {
  const nested = ".globl inner\n.type inner, @function\ninner: nop\n.size inner, . - inner\n call pause@PLT";
  const source = assembler("main", 8, "call outer") + assembler("outer", 8, nested) + stackNote;
  const child = start([build(tempDir("nested"), "program.s", source)]);
  expect(names(await waiting(child.pid!, "pause"))).toEqual(
    expect.arrayContaining(["pause", "outer", "main"]),
  );
});

test(...needs("a label of assembler code", why), async () => {
  // marks of where code begins, and the assembler's own labels, are no names
  const code = `label:
 .cfi_startproc
 subq $8, %rsp
 .cfi_adjust_cfa_offset 8
$x:
.Lown:
 call pause@PLT
 .cfi_endproc
`;
  const source = `.text\n${assembler("main", 8, "call label")}${code}${stackNote}`;
  const child = start([build(tempDir("label"), "program.s", source, "-Wa,--keep-locals")]);
  expect(names(await waiting(child.pid!, "pause")).slice(0, 3)).toEqual(["pause", "label", "main"]);
});

test(...needs("a frame whose size is half of a word of the stack", why), async () => {
  const dir = tempDir("half");
  // canonical frame address: rsp + deref_size 4 (rsp + 8)
  const body = `movabsq $0xdeadbeef00000020, %rax
 movq %rax, 8(%rsp)
 .cfi_remember_state
 .cfi_escape 0x0f, 7, 0x77, 0, 0x77, 8, 0x94, 4, 0x22
 call getppid@PLT
 .cfi_restore_state`;
  const source = assembler("main", 24, "call f") + assembler("f", 24, body) + stackNote;
  const program = build(dir, "program.s", source);
  expect((await traced([program], dir))[0].slice(0, 3)).toEqual(["getppid", "f", "main"]);
});

test(...needs("programs that are written one over the other", why), async () => {
  const dir = tempDir("rewritten");
  for (const [name, room] of [
    ["one", 8],
    ["two", 40],
  ] as const) {
    const source =
      assembler("main", 8, `call ${name}_function`) + assembler(`${name}_function`, room, "call getppid@PLT");
    build(dir, `${name}.s`, source + stackNote);
  }
  const stacks = await traced(["sh", "-c", "cp one program; ./program; cp two program; ./program"], dir);
  // the shell asks, too
  expect(stacks.map((s) => s.slice(1, 3)).filter((s) => s.includes("main"))).toEqual([
    ["one_function", "main"],
    ["two_function", "main"],
  ]);
});

/** Writes a function that calls another into memory of a kind, names it in a perf map, and calls it. */
const compiler = `
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
/* push %rbp; mov %rsp, %rbp; call *%rdi; pop %rbp; ret */
static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
static void waits(void) { pause(); }
int main(int argc, char **argv) {
  char *at = MAP_FAILED, name[64];
  if (strcmp(argv[1], "memfd") == 0) {
    int fd = memfd_create("doublemapper", 0);
    if (ftruncate(fd, 4096) == 0) at = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, fd, 0);
  } else {
    int kind = strcmp(argv[1], "shared") == 0 ? MAP_SHARED : MAP_PRIVATE;
    at = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, kind | MAP_ANONYMOUS, -1, 0);
  }
  if (at == MAP_FAILED) return 1;
  memcpy(at + 0x100, code, sizeof code);
  snprintf(name, sizeof name, "/tmp/perf-%d.map", getpid());
  FILE *map = fopen(name, "w");
  fprintf(map, "%lx 1 stale\\n%lx 40 compiled_code\\n", (long)at + 0x105, (long)at + 0x100);
  fclose(map);
  ((void (*)(void *))(at + 0x100))(waits);
  return 0;
}
`;

test(...needs("code that was compiled at run time, into memory of any kind", why), async () => {
  const program = build(tempDir("compiled"), "program.c", compiler, "-fno-omit-frame-pointer");
  for (const kind of ["private", "shared", "memfd"]) {
    const child = start([program, kind]);
    const frames = await waiting(child.pid!, "pause");
    rmSync(`/tmp/perf-${child.pid}.map`);
    expect(frames).toContainEqual(expect.objectContaining({ function: "compiled_code", module: "[jit]" }));
  }
});

test(
  ...needs("code that was compiled at run time in a PID namespace", why, notRoot(), lacks("unshare")),
  async () => {
    const dir = tempDir("namespace");
    const program = build(dir, "program.c", compiler, "-fno-omit-frame-pointer");
    // a /tmp of its own, as another process 1 may have its map in ours
    const inside = `mount -t tmpfs none /tmp; exec ${program} memfd`;
    const child = start([
      "unshare",
      "-m",
      "-p",
      "-f",
      "sh",
      "-c",
      `exec 3< ${program}; ${inside.replace(program, "/proc/self/fd/3")}`,
    ]);
    const pid = await waitUntil("the program", () => {
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
      return Number.parseInt(children, 10) || undefined;
    });
    const frames = await waiting(pid, "pause");
    process.kill(pid, "SIGKILL");
    expect(frames).toContainEqual(expect.objectContaining({ function: "compiled_code", module: "[jit]" }));
  },
);
