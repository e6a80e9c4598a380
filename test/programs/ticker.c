/* ticker THREADS: prints its pid, then calls nanosleep for ever, in each thread; SIGUSR1 makes it exit with 7. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void leave(int sig) {
  (void)sig;
  _exit(7);
}

static void *tick(void *unused) {
  for (;;) {
    struct timespec ts = {0, 2000000};
    nanosleep(&ts, NULL);
  }
  return unused;
}

int main(int argc, char **argv) {
  signal(SIGUSR1, leave);
  for (int n = argc > 1 ? atoi(argv[1]) : 0; n > 0; n--) {
    pthread_t t;
    pthread_create(&t, NULL, tick, NULL);
  }
  printf("%d\n", getpid());
  fflush(stdout);
  tick(NULL);
}
