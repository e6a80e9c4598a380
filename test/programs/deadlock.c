/* Two threads that wait for each other. */
#include <pthread.h>
#include <unistd.h>
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static void *other(void *p) { pthread_mutex_lock(&b); usleep(200000); pthread_mutex_lock(&a); return p; }
int main(void) {
  pthread_t t;
  pthread_create(&t, 0, other, 0);
  pthread_mutex_lock(&a);
  usleep(200000);
  pthread_mutex_lock(&b);
}
