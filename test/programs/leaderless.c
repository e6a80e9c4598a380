/* Says "ready" when its first thread has ended, and ends when its standard input does. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *rest(void *first) {
  char c;
  pthread_join(*(pthread_t *)first, NULL);
  puts("ready");
  fflush(stdout);
  while (read(0, &c, 1) > 0)
    ;
  return NULL;
}

int main(void) {
  static pthread_t first;
  pthread_t other;
  first = pthread_self();
  pthread_create(&other, NULL, rest, &first);
  pthread_exit(NULL);
}
