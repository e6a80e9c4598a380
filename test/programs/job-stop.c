/* Stops itself by SIGSTOP; says "before" and "continued". Whoever tests it checks state T, then sends SIGCONT. */
#include <signal.h>
#include <unistd.h>

int main(void) {
  write(1, "before\n", 7);
  raise(SIGSTOP);
  write(1, "continued\n", 10);
  return 0;
}
