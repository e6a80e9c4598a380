/* blocked HOW: prints its pid, then waits for ever in the call named: read, futex, nanosleep, wait4 or poll. */
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "read";
  int fds[2], word = 1;
  char byte;
  struct timespec ts = {1000, 0};
  if (pipe(fds)) return 1;
  printf("%d\n", getpid());
  fflush(stdout);
  if (!strcmp(how, "read")) return (int)read(fds[0], &byte, 1);
  if (!strcmp(how, "futex")) return (int)syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0);
  if (!strcmp(how, "nanosleep")) return (int)syscall(SYS_nanosleep, &ts, NULL);
  if (!strcmp(how, "poll")) {
    struct pollfd p = {fds[0], POLLIN, 0};
    return poll(&p, 1, -1);
  }
  if (fork() == 0) pause();
  return wait(NULL);
}
