/* Makes the same calls every time and says what each returned; argument "fork": in a child as well. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static void calls(void) {
  char at[256] = "", text[512];
  struct utsname names;
  for (int i = 0; i < 4; i++) {
    long r = chdir(i % 2 ? "/" : "/usr");
    int n = snprintf(text, sizeof text, "chdir %ld %d\n", r, r == -1 ? errno : 0);
    write(1, text, n);
  }
  memset(&names, 0, sizeof names);
  int r = uname(&names);
  int n = snprintf(text, sizeof text, "uname %d %s\n", r, names.sysname);
  write(1, text, n);
  long got = (long)getcwd(at, sizeof at);
  n = snprintf(text, sizeof text, "getcwd %d %s\n", got != 0, at);
  write(1, text, n);
  n = snprintf(text, sizeof text, "getppid %d\n", (int)getppid() > 0);
  write(1, text, n);
}

int main(int argc, char **argv) {
  calls();
  if (argc > 1 && strcmp(argv[1], "fork") == 0) {
    if (fork() == 0) {
      calls();
      _exit(3);
    }
    wait(NULL);
    calls();
  }
  return 0;
}
