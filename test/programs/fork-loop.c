/* fork-loop: children one after the other, each reaped before the next is born, until it is killed. */
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  for (;;) {
    pid_t p = fork();
    if (p == 0) _exit(0);
    if (p < 0) return 1;
    waitpid(p, NULL, 0);
  }
}
