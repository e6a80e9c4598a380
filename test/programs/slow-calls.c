/* Threads and children whose calls take from no time to some milliseconds, asleep or on their CPU; signals cut some short. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int pipes[2];

static void nap(unsigned us) {
  struct timespec t = {0, us * 1000L};
  nanosleep(&t, NULL);
}

static void *work(void *arg) {
  unsigned seed = (unsigned)(long)arg;
  char *buffer = malloc(1 << 21);
  for (;;) {
    unsigned r = rand_r(&seed);
    switch (r % 8) {
    case 0:
    case 1:
      nap(rand_r(&seed) % 3000);
      break;
    case 2:
    case 3:
      if (getrandom(buffer, rand_r(&seed) % (1 << 20), 0) < 0 && errno != EINTR) exit(1);
      break;
    case 4:
      if (read(pipes[0], buffer, 1) < 0 && errno != EINTR) exit(2);
      break;
    case 5:
      poll(NULL, 0, rand_r(&seed) % 3);
      break;
    case 6:
      for (volatile unsigned i = rand_r(&seed) % 2000000; i > 0; i--)
        ;
      break;
    default:
      for (unsigned i = rand_r(&seed) % 2000; i > 0; i--) getppid();
    }
  }
}

static void *give(void *arg) {
  unsigned seed = 99;
  for (;;) {
    nap(rand_r(&seed) % 3000);
    if (write(pipes[1], "x", 1) < 0) exit(3);
  }
  return arg;
}

static void *breed(void *arg) {
  unsigned seed = 7;
  for (;;) {
    pid_t child = fork();
    if (child == 0) {
      nap(rand_r(&seed) % 4000);
      _exit(0);
    }
    if (rand_r(&seed) % 4 == 0) kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
      ;
    nap(5000);
  }
  return arg;
}

static void ring(int signo) { (void)signo; }

int main(void) {
  struct sigaction action = {.sa_handler = ring, .sa_flags = SA_RESTART};
  struct itimerval often = {{0, 7000}, {0, 7000}};
  pthread_t t;
  if (pipe(pipes) < 0 || sigaction(SIGALRM, &action, NULL) < 0) return 1;
  setitimer(ITIMER_REAL, &often, NULL);
  for (long i = 1; i <= 3; i++) pthread_create(&t, NULL, work, (void *)i);
  pthread_create(&t, NULL, give, NULL);
  breed(NULL);
}
