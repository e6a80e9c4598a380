/* Asks for the registers of a stopped child in every way ptrace has. */
#include <elf.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  char bytes[4096];
  memset(bytes, 0, sizeof bytes);
  int types[] = {NT_PRSTATUS, NT_FPREGSET, NT_X86_XSTATE};
  for (int i = 0; i < 3; i++) {
    struct iovec v = {bytes, sizeof bytes};
    ptrace(PTRACE_GETREGSET, child, types[i], &v);
    ptrace(PTRACE_SETREGSET, child, types[i], &v);
    v.iov_len = 100;
    ptrace(PTRACE_GETREGSET, child, types[i], &v);
  }
  struct user_regs_struct registers;
  ptrace(PTRACE_GETREGS, child, 0, &registers);
  ptrace(PTRACE_SETREGS, child, 0, &registers);
  struct user_fpregs_struct floating;
  ptrace(PTRACE_GETFPREGS, child, 0, &floating);
  ptrace(PTRACE_SETFPREGS, child, 0, &floating);
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return 0;
}
