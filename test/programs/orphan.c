/* orphan N: processes that fork and are killed by their own child's first act, so that a fork may go unannounced. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 20;
  for (int i = 0; i < n; i++) {
    pid_t middle = fork();
    if (middle == 0) {
      fork();
      fork();
      getppid();
      _exit(0);
    }
    if (i % 2) usleep(i * 37 % 1500);
    kill(middle, SIGKILL);
    waitpid(middle, NULL, 0);
  }
  return 0;
}
