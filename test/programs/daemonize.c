/* Usage: daemonize SECONDS PIDFILE. Forks twice with a session of its own in between; the grandchild lives for SECONDS
   after everyone it knew is gone. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  double seconds = argc > 1 ? atof(argv[1]) : 1;
  pid_t child = fork();
  if (child < 0) return 1;
  if (child > 0) {
    waitpid(child, NULL, 0);
    return 0;
  }
  setsid();
  pid_t grandchild = fork();
  if (grandchild < 0) _exit(1);
  if (grandchild > 0) _exit(0);
  if (argc > 2) {
    FILE *f = fopen(argv[2], "w");
    if (f) {
      fprintf(f, "%d\n", (int)getpid());
      fclose(f);
    }
  }
  usleep((useconds_t)(seconds * 1e6));
  return 0;
}
