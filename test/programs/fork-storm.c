/* fork-storm N: N children, forked as fast as they are reaped; every tenth is killed by SIGKILL at once. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 100;
  for (int i = 0; i < n; i++) {
    pid_t p = i % 3 == 0 ? vfork() : fork();
    if (p == 0) _exit(i & 7);
    if (p < 0) return 1;
    if (i % 10 == 1) kill(p, SIGKILL);
    if (i % 4 == 3) while (waitpid(-1, NULL, WNOHANG) > 0);
  }
  while (wait(NULL) > 0);
  return 0;
}
