/* Sleeps as many milliseconds as each of its arguments says. */
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    struct timespec t = {0, atoi(argv[i]) * 1000000L};
    nanosleep(&t, NULL);
  }
  return 0;
}
