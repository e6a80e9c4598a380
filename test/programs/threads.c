/* threads N: N threads that each make a few calls. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *work(void *unused) {
  for (int i = 0; i < 5; i++) getppid();
  return unused;
}

int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 8;
  pthread_t *t = calloc(n, sizeof *t);
  for (int i = 0; i < n; i++)
    if (pthread_create(&t[i], NULL, work, NULL)) return 1;
  for (int i = 0; i < n; i++) pthread_join(t[i], NULL);
  return 0;
}
