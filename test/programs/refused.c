/* mkdir(2) is refused by a seccomp filter: with EPERM in this process, a child of its own and a thread. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *refuse(void *name) {
  /* the kernel does not, so that only what the program has looked at is there */
  *(volatile char *)name;
  syscall(SYS_mkdir, name, 0700);
  syscall(SYS_access, name, 0);
  syscall(SYS_mkdir, name, 0701);
  return NULL;
}

int main(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) return 2;
  refuse("/first");
  pid_t child = fork();
  if (child == 0) {
    refuse("/child");
    _exit(0);
  }
  waitpid(child, NULL, 0);
  pthread_t thread;
  if (pthread_create(&thread, NULL, refuse, "/thread") != 0) return 3;
  pthread_join(thread, NULL);
  return 0;
}
