/*
 * Says "ready" when its first thread has ended, and ends when its standard input does. Given milliseconds, it exits with 7 after those;
 * given a signal, too, it sends itself that instead.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int ms, signo;

static void *rest(void *first) {
  char c;
  pthread_join(*(pthread_t *)first, NULL);
  puts("ready");
  fflush(stdout);
  if (ms > 0) {
    usleep(ms * 1000);
    if (signo > 0)
      kill(getpid(), signo);
    exit(7);
  }
  while (read(0, &c, 1) > 0)
    ;
  return NULL;
}

int main(int argc, char **argv) {
  static pthread_t first;
  pthread_t other;
  ms = argc > 1 ? atoi(argv[1]) : 0;
  signo = argc > 2 ? atoi(argv[2]) : 0;
  first = pthread_self();
  pthread_create(&other, NULL, rest, &first);
  pthread_exit(NULL);
}
