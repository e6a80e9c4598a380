/**
 * Machine code that Node cannot express: clone() a child sharing our memory, in which a list of system calls
 * runs without returning to JavaScript. `run(steps, stackTop, cloneFlags, childTid)` returns the child's pid or -errno.
 *
 * A step is nine 64-bit words: number, six arguments, mode, result. After each call the child stores the result;
 * a negative one ends it with status 1 unless mode has STEP_IGNORE; a positive one ends it with status 0 if
 * mode has STEP_PARENT_LEAVES (the parent side of a fork). STEP_FIRST_IS_PREVIOUS replaces the first argument
 * by the previous result. The last step is an execve or exit.
 *
 *   push rbx; push r12; mov r12,rdi; mov rdi,rdx; xor edx,edx; mov r10,rcx; xor r8d,r8d; mov eax,56; syscall
 * or, for clone3 with `run(steps, cloneArgs, size)`:
 *   push rbx; push r12; mov r12,rdi; mov rdi,rsi; mov rsi,rdx; mov eax,435; syscall
 * and then:
 *   test rax,rax; jz next; pop r12; pop rbx; ret
 *   step: add r12,72
 *   next: load rax,rdi,rsi,rdx,r10,r8,r9 from [r12..r12+48]; test [r12+56],4; jz call; mov rdi,rbx
 *   call: syscall; mov rbx,rax; mov [r12+64],rax; mov ecx,[r12+56]; test ecx,1; jnz step
 *         test rax,rax; js fail; jz step; test ecx,2; jz step; xor edi,edi; jmp leave
 *   fail: mov edi,1
 *   leave: mov eax,60; syscall
 */
const runSteps =
  "4885c07408415c5bc3" +
  "4983c448498b0424498b7c2408498b742410498b5424184d8b5424204d8b4424284d8b4c2430" +
  "41f74424380400000074034889df0f054889c34989442440418b4c2438" +
  "f7c10100000075b54885c0780e74aef7c10200000074a631ffeb05bf01000000b83c0000000f05";

/** With clone(2). */
export const childRunner = Buffer.from(`5341544989fc4889d731d24989ca4531c0b8380000000f05${runSteps}`, "hex");
/** With clone3(2). */
export const childRunner3 = Buffer.from(`5341544989fc4889f74889d6b8b30100000f05${runSteps}`, "hex");

/** System call numbers the kernel layer itself issues (asm/unistd_64.h, Linux 6.1). */
export const nr = {
  close: 3,
  rt_sigaction: 13,
  rt_sigprocmask: 14,
  dup2: 33,
  getpid: 39,
  fork: 57,
  execve: 59,
  exit: 60,
  kill: 62,
  fcntl: 72,
  chdir: 80,
  umask: 95,
  setuid: 105,
  setgid: 106,
  setpgid: 109,
  setsid: 112,
  setgroups: 116,
  prctl: 157,
  chroot: 161,
  gettid: 186,
  tkill: 200,
  clock_gettime: 228,
  tgkill: 234,
  openat: 257,
  prlimit64: 302,
  pwritev: 296,
  seccomp: 317,
  bpf: 321,
  pidfd_send_signal: 424,
  pidfd_open: 434,
  close_range: 436,
} as const;
