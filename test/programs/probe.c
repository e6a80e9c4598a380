/* Prints what a program was left with: identity, signals, limits, descriptors, arguments, environment. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static void bytes(const char *s) {
  for (; *s; s++)
    if (isprint((unsigned char)*s)) putchar(*s);
    else printf("\\x%02x", (unsigned char)*s);
  putchar('\n');
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(int argc, char **argv) {
  static const char *const fields[] = {"Umask:", "Uid:", "Gid:", "Groups:", "SigBlk:", "SigIgn:", "SigCgt:",
                                       "SigPnd:", "NoNewPrivs:", "Seccomp:", "CapEff:", "CapAmb:", "THP_enabled:"};
  static const char *const limits[] = {"CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE",
                                       "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"};
  char line[4096], path[64], target[4096];
  /* where standard output is what is looked at */
  if (getenv("PROBE_FD")) stdout = fdopen(atoi(getenv("PROBE_FD")), "w");
  FILE *f = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof line, f))
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
      if (!strncmp(line, fields[i], strlen(fields[i]))) fputs(line, stdout);
  fclose(f);
  for (int i = 0; i < 16; i++) {
    struct rlimit r;
    getrlimit(i, &r);
    printf("%s %lld %lld\n", limits[i], (long long)r.rlim_cur, (long long)r.rlim_max);
  }
  for (int fd = 0; fd < 1024; fd++) {
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0) continue;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n < 0 ? 0 : n] = 0;
    char *colon = strstr(target, ":[");
    if (colon) *colon = 0;
    printf("fd %d %s cloexec %d status 0%o\n", fd, target, flags, fcntl(fd, F_GETFL));
  }
  printf("nice %d, leads session %d, leads group %d, dumpable %d, pdeathsig ", getpriority(PRIO_PROCESS, 0),
         getsid(0) == getpid(), getpgid(0) == getpid(), prctl(PR_GET_DUMPABLE));
  int death = 0;
  prctl(PR_GET_PDEATHSIG, &death);
  printf("%d, timer slack %d, same pid %d\n", death, prctl(PR_GET_TIMERSLACK),
         getenv("EXPECTED_PID") ? atoi(getenv("EXPECTED_PID")) == getpid() : -1);
  for (int i = 0; i < argc; i++) {
    printf("argument ");
    bytes(argv[i]);
  }
  if (getenv("PROBE_SORT")) {
    int n = 0;
    while (environ[n]) n++;
    qsort(environ, n, sizeof *environ, by_text);
  }
  for (char **e = environ; *e; e++) {
    if (!strncmp(*e, "CASE=", 5) || !strncmp(*e, "EXPECTED_PID=", 13) || !strncmp(*e, "PWD=", 4) ||
        !strncmp(*e, "PROBE=", 6))
      continue;
    printf("variable ");
    bytes(*e);
  }
  return 0;
}
