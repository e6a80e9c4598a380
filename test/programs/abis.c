/* One call of each kind of numbering: i386 by int 0x80 (not with an argument), x32 by its bit, x86_64, and number -1. */
#include <stdint.h>
#include <unistd.h>
#include <sys/syscall.h>

int main(int argc, char **argv) {
  (void)argv;
#ifdef __x86_64__
  long ret;
  /* getppid; the high halves must not show */
  if (argc == 1)
    __asm__ volatile("int $0x80" : "=a"(ret) : "a"(64L), "b"(0x1234567800000005L) : "memory");
#endif
  syscall(0x40000000 | SYS_getppid, 7);
  syscall(-1, 8);
  syscall(SYS_getppid, 9);
  return 0;
}
