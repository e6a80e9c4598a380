/** The code that a signal handler returns to where the C library has no call frame information for it (musl). x86-64. */

/** mov $15, %eax or %rax; syscall: rt_sigreturn(2). */
const codes = [
  [0x00000fb8, 0x00050f00],
  [0x0fc0c748, 0x0f000000],
] as const;
/** Of uc_mcontext.gregs in what the kernel has put on the stack: struct ucontext (asm/ucontext.h), bytes. */
const REGISTERS = 40;
/** Where each register, by DWARF number, is in gregs (sys/ucontext.h). */
const places = [13, 12, 14, 11, 9, 8, 10, 15, 0, 1, 2, 3, 4, 5, 6, 7, 16];

/** Whether a handler returns by the code at an address. */
export function isTrampoline(address: number, word32: (address: number) => number): boolean {
  const [low, high] = [word32(address), word32(address + 4)];
  return low === codes[1][0] ? high === codes[1][1] : low === codes[0][0] && high % 2 ** 24 === codes[0][1];
}

/** Register `n` as it was when the signal came, the stack pointer being `sp` where the handler has returned. */
export const savedRegister = (n: number, sp: number, word: (address: number) => number): number =>
  word(sp + REGISTERS + 8 * places[n]);
