/* compat FILE: a few calls whose arguments are in memory; to be compiled for 32 and for 64 bits. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct stat st;
  int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
  struct iovec v[2] = {{"one ", 4}, {"two\n", 4}};
  char text[16];
  if (fd < 0 || argc < 2) return 1;
  writev(fd, v, 2);
  pread(fd, text, 8, 0);
  fstat(fd, &st);
  access("/absent/file", R_OK);
  if (fork() == 0) {
    mkdir("/absent/child", 0700);
    _exit(3);
  }
  wait(NULL);
  execl("/bin/true", "true", "after", (char *)0);
  return 1;
}
