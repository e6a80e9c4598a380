/* Calls access(2), then mkdir(2), which a seccomp supervisor answers after 5 ms with 42: the kernel never enters it. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int listener = -1;

static void *supervise(void *arg) {
  for (;;) {
    struct seccomp_notif asked = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0) continue;
    usleep(5000);
    struct seccomp_notif_resp answer = {.id = asked.id, .val = 42};
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
  return arg;
}

int main(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  pthread_t thread;
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  if (listener < 0 || pthread_create(&thread, NULL, supervise, NULL) != 0) return 2;
  for (int i = 0; i < 20; i++) {
    syscall(SYS_access, "/nonexistent", 0);
    if (syscall(SYS_mkdir, "/nonexistent/dir", 0700) != 42) return 1;
  }
  return 0;
}
