/** A seccomp filter that reports some system calls to the tracer and lets all others run at full speed. */
import { nr } from "./arch/index.ts";
import { addressOf, errno, libc } from "./ffi.ts";
import type { ChildScript } from "./spawn.ts";

const AUDIT_ARCH_X86_64 = 0xc000003e;
const X32_BIT = 0x40000000;
const RET_ALLOW = 0x7fff0000;
const RET_TRACE = 0x7ff00000;
/** Instruction codes: include/uapi/linux/bpf_common.h */
const LD_W_ABS = 0x20;
const JEQ = 0x15;
const JGT = 0x25;
const JGE = 0x35;
const RET = 0x06;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;
const EFAULT = 14;

const prctl = libc(
  "int prctl(int option, unsigned long mode, intptr_t filter, unsigned long a, unsigned long b)",
);

type Instruction = readonly [code: number, jt: number, jf: number, k: number];

/**
 * The program. Calls of other ABIs (i386, x32) are all reported. Every jump skips at most two instructions, so the
 * 255-instruction limit of classic BPF jumps never matters.
 */
export function traceFilter(wanted: readonly number[]): Instruction[] {
  const program: Instruction[] = [
    [LD_W_ABS, 0, 0, 4],
    [JEQ, 1, 0, AUDIT_ARCH_X86_64],
    [RET, 0, 0, RET_TRACE],
    [LD_W_ABS, 0, 0, 0],
    [JGE, 0, 1, X32_BIT],
    [RET, 0, 0, RET_TRACE],
  ];
  const sorted = [...new Set(wanted)].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i];
    let last = first;
    while (sorted[++i] === last + 1) last++;
    program.push([JGE, 0, 2, first], [JGT, 1, 0, last], [RET, 0, 0, RET_TRACE]);
  }
  program.push([RET, 0, 0, RET_ALLOW]);
  return program;
}

/** Adds the installation of the filter to a child; it must come after the tracer has attached. */
export function addFilter(script: ChildScript, wanted: readonly number[]): void {
  const program = traceFilter(wanted);
  const code = new DataView(new ArrayBuffer(program.length * 8));
  for (const [i, [op, jt, jf, k]] of program.entries()) {
    code.setUint16(i * 8, op, true);
    code.setUint8(i * 8 + 2, jt);
    code.setUint8(i * 8 + 3, jf);
    code.setUint32(i * 8 + 4, k, true);
  }
  const header = new BigUint64Array(2);
  header[0] = BigInt(program.length);
  header[1] = BigInt(addressOf(code));
  script.syscall("prctl(PR_SET_NO_NEW_PRIVS)", nr.prctl, [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]);
  script.syscall(
    "prctl(PR_SET_SECCOMP)",
    nr.prctl,
    [PR_SET_SECCOMP, SECCOMP_MODE_FILTER, addressOf(header), 0, 0],
    [code, header],
  );
}

/** Whether filters can be installed here: a container may forbid it, a kernel lack it. One at address 0 never is. */
export function canFilter(): boolean {
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0, 0, 0) === -1 && errno() === EFAULT;
}
