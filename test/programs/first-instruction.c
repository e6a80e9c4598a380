/* A service that notes when it began: appends CLOCK_MONOTONIC in nanoseconds to the file `begun`, and waits. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  char line[32];
  int n = snprintf(line, sizeof line, "%lld\n", t.tv_sec * 1000000000LL + t.tv_nsec);
  int fd = open("begun", O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (fd < 0 || write(fd, line, n) != n) return 1;
  close(fd);
  for (;;) pause();
}
