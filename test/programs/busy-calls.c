/*
 * busy-calls ROUNDS [FIFO]: waits for a line on standard input; then, ROUNDS times, calls getppid, closes descriptor -1 and asks
 * getrandom for a byte, 500 times each, and after that sleeps 30 ms in nanosleep or has getrandom work on its CPU for a while, by
 * turns. Prints how long each of those took (ns), by its own clock. With a FIFO besides, it opens that instead, and finds
 * somebody who reads after 30 ms.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALLS 500
#define BYTES (64 << 20)

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* In nanoseconds. */
static long open_fifo(const char *path) {
  pid_t reader = fork();
  if (reader < 0) exit(1);
  if (reader == 0) {
    struct timeval rest = {0, 30000};
    select(0, NULL, NULL, NULL, &rest);
    _exit(open(path, O_RDONLY) < 0);
  }
  for (int i = 0; i < CALLS; i++) syscall(SYS_getppid);
  long start = now();
  int fd = syscall(SYS_open, path, O_WRONLY);
  long ns = now() - start;
  close(fd);
  waitpid(reader, NULL, 0);
  return ns;
}

int main(int argc, char **argv) {
  char line[16];
  char *memory = calloc(1, BYTES);
  int rounds = argc > 1 ? atoi(argv[1]) : 10;
  for (long i = 0; i < BYTES; i += 4096) memory[i] = 1;
  if (read(0, line, sizeof line) <= 0) return 1;
  for (int n = 0; n < rounds; n++) {
    for (int i = 0; i < CALLS; i++) {
      syscall(SYS_getppid);
      syscall(SYS_close, -1);
      syscall(SYS_getrandom, memory, 1, 0);
    }
    if (argc > 2) {
      printf("open %ld\n", open_fifo(argv[2]));
      continue;
    }
    struct timespec rest = {0, 30000000};
    long start = now();
    if (n % 2 == 0) syscall(SYS_nanosleep, &rest, NULL);
    else syscall(SYS_getrandom, memory, BYTES, 0);
    printf("%s %ld\n", n % 2 == 0 ? "nanosleep" : "getrandom", now() - start);
  }
  return 0;
}
