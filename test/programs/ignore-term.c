/* Usage: ignore-term SECONDS. On TERM passes it to its child, which takes SECONDS to finish, and waits for it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t asked;
static void on_term(int sig) {
  (void)sig;
  asked = 1;
}

/* Lets TERM in only while it has nothing to do. */
static void wait_for_term(void) {
  sigset_t none;
  sigemptyset(&none);
  while (!asked) sigsuspend(&none);
}

int main(int argc, char **argv) {
  double seconds = argc > 1 ? atof(argv[1]) : 3;
  struct timespec t = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, NULL);
  struct sigaction act = {.sa_handler = on_term};
  sigaction(SIGTERM, &act, NULL);
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    wait_for_term();
    while (nanosleep(&t, &t) && errno == EINTR) {
    }
    write(1, "child done\n", 11);
    _exit(0);
  }
  write(1, "ready\n", 6);
  wait_for_term();
  kill(child, SIGTERM);
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
  }
  write(1, "done\n", 5);
  return 0;
}
