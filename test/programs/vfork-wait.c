/* vfork-wait MS: a parent in vfork() whose child takes its time. */
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int ms = argc > 1 ? atoi(argv[1]) : 1000;
  struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};
  if (vfork() == 0) {
    nanosleep(&ts, NULL);
    _exit(0);
  }
  wait(NULL);
  return 0;
}
