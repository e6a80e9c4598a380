/* Makes the system calls of a script on standard input: nothing of them reaches the kernel's own code, a seccomp
   filter answers each with 0 or an error, so that both outcomes of any call can be traced without its effects. Other
   results are given by a thread that the filter notifies. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MEMORY 0x10000000UL
#define LAST 77
#define NETLINK 100
#define MOST_ERRORS 4096

/* error: an errno, or MOST_ERRORS and the result of every call. */
struct header {
  uint32_t memory, calls, error, abi;
};
struct call {
  uint64_t nr, args[6];
};

static void fill(void *to, size_t n) {
  for (char *p = to; n;) {
    ssize_t got = read(0, p, n);
    if (got <= 0) exit(2);
    p += got;
    n -= got;
  }
}

/* A netlink socket of each family there is, bound so that its family can be asked for: descriptor 100 + family. */
static void open_netlink(void) {
  struct sockaddr_nl any = {.nl_family = AF_NETLINK};
  for (int family = 0; family < 32; family++) {
    int fd = socket(AF_NETLINK, SOCK_RAW, family);
    if (fd < 0) continue;
    if (bind(fd, (struct sockaddr *)&any, sizeof any) == 0) dup2(fd, NETLINK + family);
    close(fd);
  }
}

static atomic_int listener = -1;

static void *answer(void *result) {
  while (listener < 0) usleep(100);
  for (;;) {
    struct seccomp_notif asked = {0};
    struct seccomp_notif_resp given = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked)) continue;
    given.id = asked.id;
    given.val = (long)result;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &given);
  }
  return NULL;
}

int main(void) {
  struct header h;
  fill(&h, sizeof h);
  /* what follows the memory is not mapped */
  size_t size = (h.memory + 4095UL) & ~4095UL;
  char *memory = mmap((void *)MEMORY, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if ((unsigned long)memory != MEMORY) exit(3);
  fill(memory, h.memory);
  struct call *calls = malloc(h.calls * sizeof *calls);
  fill(calls, h.calls * sizeof *calls);

  if (h.abi != 32) open_netlink();
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LAST, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K,
             h.error < MOST_ERRORS ? SECCOMP_RET_ERRNO | h.error : SECCOMP_RET_USER_NOTIF),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  pthread_t thread;
  if (h.error >= MOST_ERRORS && pthread_create(&thread, NULL, answer, (void *)(h.error - (long)MOST_ERRORS)))
    exit(4);
  int flags = h.error >= MOST_ERRORS ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
  int fd;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
      (fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program)) < 0)
    exit(5);
  if (flags) listener = fd;

  for (struct call *c = calls; c < calls + h.calls; c++) {
    uint64_t *a = c->args;
#ifdef __i386__
    uint32_t now[7] = {c->nr, a[0], a[1], a[2], a[3], a[4], a[5]};
    void *p = now;
    __asm__ volatile("push %%ebp; push %%ebx; mov 4(%%eax), %%ebx; mov 8(%%eax), %%ecx; mov 12(%%eax), %%edx;"
                     "mov 16(%%eax), %%esi; mov 20(%%eax), %%edi; mov 24(%%eax), %%ebp; mov (%%eax), %%eax;"
                     "int $0x80; pop %%ebx; pop %%ebp"
                     : "+a"(p)
                     :
                     : "memory", "ecx", "edx", "esi", "edi");
#else
    if (h.abi == 32) {
      long ret;
      register uint64_t bp __asm__("r12") = a[5];
      __asm__ volatile("push %%rbp; mov %%r12, %%rbp; int $0x80; pop %%rbp"
                       : "=a"(ret)
                       : "a"(c->nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4]), "r"(bp)
                       : "memory", "r8", "r9", "r10", "r11");
    } else
      syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
#endif
  }
  syscall(SYS_exit_group, LAST);
}
