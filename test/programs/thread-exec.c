/* A thread that is not the leader execs, while the leader and another thread are in calls. */
#include <pthread.h>
#include <unistd.h>

static void *sleeper(void *unused) {
  pause();
  return unused;
}

static void *execer(void *unused) {
  usleep(20000);
  execl("/bin/true", "true", (char *)0);
  return unused;
}

int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, sleeper, NULL);
  pthread_create(&b, NULL, execer, NULL);
  pthread_join(b, NULL);
  return 1;
}
