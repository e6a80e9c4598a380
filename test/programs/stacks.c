/* stacks [dl]: calls from deep recursion, a signal handler, a callback of the C library, alloca, and a library that
 * comes and goes. */
#include <alloca.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((noinline)) static void handler(int s) {
  (void)s;
  getppid();
}

__attribute__((noinline)) int deep(int n) {
  if (n == 0) {
    kill(getpid(), SIGUSR1);
    return 1;
  }
  volatile char b[n * 16 + 1];
  b[0] = 1;
  return deep(n - 1) + b[0];
}

__attribute__((noinline)) int compare(const void *a, const void *b) {
  getpgid(0);
  return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) int varying(int n) {
  volatile char *p = alloca(n);
  memset((char *)p, 1, n);
  return getsid(0) + p[n - 1];
}

int main(int argc, char **argv) {
  struct sigaction action = {.sa_handler = handler};
  stack_t other = {.ss_sp = malloc(65536), .ss_size = 65536};
  sigaction(SIGUSR1, &action, NULL);
  deep(5);
  sigaltstack(&other, NULL);
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &action, NULL);
  deep(3);
  int pair[2] = {2, 1};
  qsort(pair, 2, sizeof *pair, compare);
  varying(argc * 100);
  for (int i = 1; i < argc; i++) {
    void *library = dlopen(argv[i], RTLD_NOW);
    if (!library) return 1;
    int (*call)(void) = (int (*)(void))dlsym(library, "in_library");
    call();
    dlclose(library);
  }
  return 0;
}
