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

/**
 * System calls one after the other in the calling thread, whatever they return: `run(steps, count)`. A step is as above,
 * its mode is ignored.
 *
 *   push rbx; push r12; mov r12,rdi; mov rbx,rsi
 *   next: test rbx,rbx; jz out; load rax,rdi,rsi,rdx,r10,r8,r9 from [r12..r12+48]; syscall; mov [r12+64],rax
 *         add r12,72; dec rbx; jmp next
 *   out:  pop r12; pop rbx; ret
 */
export const callRunner = Buffer.from(
  "5341544989fc4889f34885db7432" +
    "498b0424498b7c2408498b742410498b5424184d8b5424204d8b4424284d8b4c24300f05" +
    "49894424404983c44848ffcbebc9415c5bc3",
  "hex",
);

/**
 * One round of a tracer: `round(state)` lets a tracee go on, looks for the next status and fetches what call it is
 * about, in one crossing from JavaScript instead of three and more. `state` is ten 64-bit words:
 *
 *   0 ptrace request, 0 for none   1 tid   2 signal   3 looks (at least one)   4 where wait4 puts the status
 *   5 and the struct rusage, or 0   6 where PTRACE_GET_SYSCALL_INFO puts 88 bytes, or 0 not to ask
 *   results: 7 of the request   8 of wait4   9 of PTRACE_GET_SYSCALL_INFO; -errno on failure
 *
 *   push rbx; mov rbx,rdi; mov rdi,[rbx]; test rdi,rdi; jz wait
 *         mov rsi,[rbx+8]; xor edx,edx; mov r10,[rbx+16]; mov eax,101; syscall; mov [rbx+56],rax
 *   wait: or rdi,-1; mov rsi,[rbx+32]; mov edx,__WALL|WNOHANG; mov r10,[rbx+40]; mov eax,61; syscall
 *         test rax,rax; jnz done; dec qword [rbx+24]; jg wait
 *   done: mov [rbx+64],rax; test rax,rax; jle out; mov rcx,[rbx+32]; cmp dword [rcx],0x857f; jne out
 *         mov r10,[rbx+48]; test r10,r10; jz out
 *         mov rsi,rax; mov edi,0x420e; mov edx,88; mov eax,101; syscall; mov [rbx+72],rax
 *   out:  mov rax,[rbx+64]; pop rbx; ret
 */
export const tracerRound = Buffer.from(
  "534889fb488b3b4885ff7415488b730831d24c8b5310b8650000000f0548894338" +
    "4883cfff488b7320ba010000404c8b5328b83d0000000f054885c0750648ff4b187fdd" +
    "488943404885c07e2d488b4b2081397f85000075214c8b53304d85d27418" +
    "4889c6bf0e420000ba58000000b8650000000f0548894348488b43405bc3",
  "hex",
);

/** Offsets of orig_rax and rax in struct user (sys/user.h), for tracees of either ABI. */
export const userArea = { call: 15 * 8, result: 10 * 8 };

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
  bpf: 321,
  pidfd_send_signal: 424,
  pidfd_open: 434,
  close_range: 436,
} as const;
