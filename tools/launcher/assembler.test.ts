/** The encodings are those of the GNU assembler. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lacks, needs, tempDir } from "../../test/helpers.ts";
import { Assembler, at } from "./assembler.ts";

const instructions: readonly (readonly [ours: (a: Assembler) => unknown, intel: string])[] = [
  [(a) => a.mov("rbx", "rsp"), "mov rbx, rsp"],
  [(a) => a.mov("r12", "rax"), "mov r12, rax"],
  [(a) => a.mov("rdi", "r15"), "mov rdi, r15"],
  [(a) => a.mov("rax", 59), "mov eax, 59"],
  [(a) => a.mov("r10", 0x200000), "mov r10d, 0x200000"],
  [(a) => a.mov("rcx", at("rbx")), "mov rcx, [rbx]"],
  [(a) => a.mov("rcx", at("rbp")), "mov rcx, [rbp]"],
  [(a) => a.mov("r8", at("r13", 8)), "mov r8, [r13 + 8]"],
  [(a) => a.mov("r8", at("r12", 0x4500)), "mov r8, [r12 + 0x4500]"],
  [(a) => a.mov("r8", at("rsp")), "mov r8, [rsp]"],
  [(a) => a.mov("r8", at("rbp", 0x40, "r9")), "mov r8, [rbp + r9 * 8 + 0x40]"],
  [(a) => a.mov("rax", at("r15", 0x400, "rcx")), "mov rax, [r15 + rcx * 8 + 0x400]"],
  [(a) => a.store(at("rbp", 0x48), "r8"), "mov [rbp + 0x48], r8"],
  [(a) => a.store(at("r15", 8), 0), "mov qword ptr [r15 + 8], 0"],
  [(a) => a.storeByte(at("rax"), 1), "mov byte ptr [rax], 1"],
  [(a) => a.cmov("nz", "r13", "rdx"), "cmovnz r13, rdx"],
  [(a) => a.cmov("ae", "rax", "rcx"), "cmovae rax, rcx"],
  [(a) => a.lea("rdi", at("rdi", -1)), "lea rdi, [rdi - 1]"],
  [(a) => a.lea("r15", at("rbx", 16, "rcx")), "lea r15, [rbx + rcx * 8 + 16]"],
  [(a) => a.op("add", "r15", 8), "add r15, 8"],
  [(a) => a.op("sub", "rsp", 0x6700), "sub rsp, 0x6700"],
  [(a) => a.op("cmp", "rdi", "rcx"), "cmp rdi, rcx"],
  [(a) => a.op("and", "rax", 15), "and rax, 15"],
  [(a) => a.op("or", "rdx", "r9"), "or rdx, r9"],
  [(a) => a.op("xor", "r9", -1), "xor r9, -1"],
  [(a) => a.clear("r8"), "xor r8d, r8d"],
  [(a) => a.clear("rdi"), "xor edi, edi"],
  [(a) => a.test("rax"), "test eax, eax"],
  [(a) => a.test("r10"), "test r10d, r10d"],
  [(a) => a.test64("r8"), "test r8, r8"],
  [(a) => a.testBits("r9", 63), "test r9d, 63"],
  [(a) => a.not("r8"), "not r8"],
  [(a) => a.neg("rax"), "neg eax"],
  [(a) => a.div("rcx"), "div ecx"],
  [(a) => a.inc("r9"), "inc r9"],
  [(a) => a.dec("r9"), "dec r9d"],
  [(a) => a.shl("r8", 4), "shl r8, 4"],
  [(a) => a.shr("rax", 6), "shr rax, 6"],
  [(a) => a.rol("r8", 4), "rol r8, 4"],
  [(a) => a.cmpMemory(1, at("rax", 4), 61), "cmp byte ptr [rax + 4], 61"],
  [(a) => a.cmpMemory(4, at("rax"), 0x48544150), "cmp dword ptr [rax], 0x48544150"],
  [(a) => a.cmpMemory(8, at("rbp", 16), 0x1000), "cmp qword ptr [rbp + 16], 0x1000"],
  [(a) => a.cmpAl(at("rdx")), "cmp al, [rdx]"],
  [(a) => a.cmpAl(58), "cmp al, 58"],
  [(a) => a.testAl(), "test al, al"],
  [(a) => a.addAl(48), "add al, 48"],
  [(a) => a.movAl(47), "mov al, 47"],
  [(a) => a.lodsb(), "lodsb"],
  [(a) => a.stosb(), "stosb"],
  [(a) => a.ret(), "ret"],
  [(a) => a.syscall(13), "mov eax, 13; syscall"],
  [(a) => a.label("l").loop("l"), "1: loop 1b"],
  [(a) => a.label("l").loopne("l"), "1: loopne 1b"],
  [(a) => a.string("s", "node"), '.asciz "node"'],
];

/** What `as` makes of each line. */
function gnu(lines: readonly string[]): string[] {
  const dir = tempDir("as");
  const [source, object] = [join(dir, "a.s"), join(dir, "a.o")];
  writeFileSync(source, `.intel_syntax noprefix\n${lines.map((l, i) => `.section .t${i}\n${l}\n`).join("")}`);
  execFileSync("as", ["-o", object, source]);
  return lines.map((_, i) => {
    const out = join(dir, `t${i}`);
    execFileSync("objcopy", ["-O", "binary", "--dump-section", `.t${i}=${out}`, object, join(dir, "rest")]);
    return readFileSync(out).toString("hex");
  });
}

test(...needs("instructions as the GNU assembler has them", lacks("as", "objcopy")), () => {
  const ours = instructions.map(([make, intel]) => {
    const a = new Assembler();
    make(a);
    return [intel, Buffer.from(a.bytes()).toString("hex")];
  });
  const theirs = gnu(instructions.map(([, intel]) => intel));
  expect(ours).toEqual(instructions.map(([, intel], i) => [intel, theirs[i]]));
});

test("jumps, calls and addresses go to their labels", () => {
  const a = new Assembler();
  a.jmp("end").call("begin").label("begin").j("ne", "begin").lea("r12", "end").label("end");
  expect(Buffer.from(a.bytes()).toString("hex")).toBe("e912000000e8000000000f85faffffff4c8d2500000000");
});

test("a label that is missing, there twice or out of reach is an error", () => {
  expect(() => new Assembler().jmp("nowhere").bytes()).toThrow("no label nowhere");
  expect(() => new Assembler().label("a").label("a")).toThrow("label a twice");
  const far = new Assembler().label("a");
  for (let i = 0; i < 200; i++) far.ret();
  expect(() => far.loop("a").bytes()).toThrow("a is too far");
});
