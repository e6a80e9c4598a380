/* legacy-calls: real calls as only 32-bit programs make them; to be compiled with -m32. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static long six(long nr, long a, long b, long c, long d, long e, long f) {
  long args[7] = {nr, a, b, c, d, e, f}, *p = args;
  __asm__ volatile("push %%ebp; push %%ebx; mov 4(%%eax), %%ebx; mov 8(%%eax), %%ecx; mov 12(%%eax), %%edx;"
                   "mov 16(%%eax), %%esi; mov 20(%%eax), %%edi; mov 24(%%eax), %%ebp; mov (%%eax), %%eax;"
                   "int $0x80; pop %%ebx; pop %%ebp"
                   : "+a"(p)
                   :
                   : "memory", "ecx", "edx", "esi", "edi");
  return (long)p;
}
#define V(x) ((long)(x))
#define call(nr, ...) six_(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define six_(nr, a, b, c, d, e, f, ...) six(nr, V(a), V(b), V(c), V(d), V(e), V(f))

static long through(int number, long a, long b, long c, long d, long e, long f) {
  long args[6] = {a, b, c, d, e, f};
  return call(SYS_socketcall, number, args);
}
#define sock(number, ...) sock_(number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define sock_(number, a, b, c, d, e, f, ...) through(number, V(a), V(b), V(c), V(d), V(e), V(f))

static void handler(int sig) { (void)sig; }
static void informed(int sig, siginfo_t *i, void *p) { (void)sig, (void)i, (void)p; }
struct old_action {
  void *handler;
  unsigned long mask, flags;
  void *restorer;
};
void back(void);
__asm__("back: pop %eax; mov $119, %eax; int $0x80");

static void sockets(void) {
  int pair[2];
  char text[16] = "message", room[16];
  struct sockaddr_un name = {AF_UNIX, "/absent/socket"}, from;
  unsigned len = sizeof from, four = 4;
  int value = 1;
  struct iovec v[2] = {{text, 4}, {text + 4, 3}}, w[2] = {{room, 3}, {room + 3, 9}};
  struct msghdr out = {0, 0, v, 2, 0, 0, 0}, in = {&from, sizeof from, w, 2, 0, 0, 0};
  int s = sock(1, AF_UNIX, SOCK_DGRAM, 0);
  sock(2, s, &name, sizeof name);
  sock(3, s, &name, sizeof name);
  sock(4, s, 5);
  sock(5, s, &from, &len);
  sock(6, s, &from, &len);
  sock(7, s, &from, &len);
  sock(8, AF_UNIX, SOCK_DGRAM, 0, pair);
  sock(9, pair[0], text, 7, 0);
  sock(10, pair[1], room, 16, 0);
  sock(11, pair[0], text, 5, MSG_DONTWAIT, 0, 0);
  sock(12, pair[1], room, 16, 0, &from, &len);
  sock(16, pair[0], &out, 0);
  sock(17, pair[1], &in, 0);
  sock(14, s, SOL_SOCKET, SO_REUSEADDR, &value, 4);
  sock(15, s, SOL_SOCKET, SO_TYPE, &value, &four);
  sock(18, s, 0, 0, SOCK_CLOEXEC);
  sock(13, pair[0], SHUT_WR);
  call(SYS_socketcall, 21, &out);
  call(SYS_socketcall, 1, 4);
  call(SYS_sendmsg, pair[0], &out, MSG_NOSIGNAL);
}

static void ipc(void) {
  struct {
    long type;
    char text[12];
  } sent = {5, "hello queue"}, got = {0, ""};
  short op[3] = {0, 1, 04000};
  long addr = 0, kludge[2] = {V(&got), 5}, value = 3;
  int sem = call(SYS_ipc, 2, 0, 1, 0600), queue = call(SYS_ipc, 13, 0, 0600), shm = call(SYS_ipc, 23, 0, 4096, 0600);
  call(SYS_ipc, 1, sem, 1, 0, op);
  call(SYS_ipc, 3, sem, 0, 16, &value);
  call(SYS_ipc, 4, sem, 1, 0, op, 0);
  call(SYS_ipc, 3, sem, 0, 0, &value);
  call(SYS_ipc, 11, queue, 12, 0, &sent);
  call(SYS_ipc, 12, queue, 12, 04000, kludge);
  call(SYS_ipc, 11, queue, 12, 0, &sent);
  call(SYS_ipc, 0x1000c, queue, 12, 04000, &got, 5);
  call(SYS_ipc, 0xc, queue, 12, 04000, 4);
  call(SYS_ipc, 14, queue, 0, 0, 0);
  call(SYS_ipc, 21, shm, 010000, &addr, 0);
  call(SYS_ipc, 22, 0, 0, 0, addr);
  call(SYS_ipc, 24, shm, 0, 0, 0);
  call(SYS_ipc, 7, 1, 2, 3, 4, 5);
}

static void signals(void) {
  struct old_action act = {handler, 1 << (SIGINT - 1), 0x04000000, back}, old;
  struct sigaction informing = {.sa_flags = SA_SIGINFO};
  unsigned long mask = 1 << (SIGUSR2 - 1), was;
  call(SYS_signal, SIGUSR2, 1);
  call(SYS_signal, SIGUSR2, 0);
  call(SYS_sigaction, SIGUSR1, &act, &old);
  call(SYS_kill, getpid(), SIGUSR1);
  call(SYS_sigprocmask, SIG_BLOCK, &mask, &was);
  call(SYS_sigpending, &was);
  call(SYS_sgetmask);
  call(SYS_ssetmask, 0);
  informing.sa_sigaction = informed;
  sigaction(SIGUSR1, &informing, 0);
  call(SYS_kill, getpid(), SIGUSR1);
}

static void files(void) {
  unsigned char room[512];
  uint64_t place;
  unsigned limit[2] = {0xffffffff, 0xffffffff};
  short ids[32];
  int fd = open("/", O_RDONLY | O_DIRECTORY), null = open("/dev/null", O_RDWR);
  call(SYS_oldstat, "/dev/null", room);
  call(SYS_oldfstat, null, room);
  call(SYS_oldlstat, "/absent", room);
  call(SYS_stat, "/dev/null", room);
  call(SYS_stat64, "/dev/null", room);
  call(SYS_fstat64, null, room);
  call(SYS_statfs, "/proc", room);
  call(SYS_statfs64, "/proc", 84, room);
  call(SYS_statfs64, "/proc", 80, room);
  call(SYS_readdir, fd, room, 1);
  call(SYS__llseek, null, 1, 2, &place, SEEK_SET);
  call(SYS_pread64, null, room, 8, 3, 1);
  call(SYS_truncate64, "/absent", 5, 1);
  call(SYS_fadvise64_64, null, 7, 1, 9, 2, 3);
  call(SYS_fadvise64, null, 7, 1, 9, 3);
  call(SYS_fallocate, null, 1, 7, 1, 9, 2);
  call(SYS_sync_file_range, null, 7, 1, 9, 2, 1);
  call(SYS_readahead, null, 7, 1, 9);
  call(SYS_lookup_dcookie, 5, 1, room, 9);
  call(SYS_fanotify_mark, -1, 1, 1, 0, AT_FDCWD, "/absent");
  call(SYS_preadv, null, (&(struct iovec){room, 4}), 1, 5, 1);
  call(SYS_getrlimit, 7, limit);
  call(SYS_ugetrlimit, 4, limit);
  call(SYS_setrlimit, 99, limit);
  call(SYS_chown, "/absent", 0xffff, 3);
  call(SYS_getgroups, 32, ids);
  call(SYS_getresuid, ids, ids + 1, ids + 2);
  call(SYS_setreuid, -1, -1);
  call(SYS_getuid);
  call(SYS_fcntl64, null, 12, (&(struct flock64){.l_type = F_RDLCK, .l_len = 1}));
  call(SYS_fcntl, null, 5, (&(struct flock){.l_type = F_RDLCK, .l_len = 1}));
}

static void others(void) {
  unsigned set, info[32];
  struct timeval none = {0, 0};
  long select_args[5] = {0, V(&set), 0, 0, V(&none)}, mmap_args[6] = {0, 4096, 3, 0x22, -1, 0};
  struct epoll_event event = {EPOLLIN, {.u64 = 0x123456789abcdef0}};
  unsigned short utsname[400];
  int fd = call(SYS_epoll_create, 5), ends[2];
  pipe(ends);
  set = 1u << ends[0];
  select_args[0] = ends[0] + 1;
  call(SYS_select, select_args);
  call(SYS_select, 4);
  set = 1u << ends[1];
  call(SYS__newselect, ends[1] + 1, 0, &set, 0, &none);
  call(SYS_mmap, mmap_args);
  call(SYS_mmap2, 0, 4096, 3, 0x22, -1, 0);
  call(SYS_epoll_ctl, fd, 1, ends[0], &event);
  call(SYS_epoll_wait, fd, &event, 1, 0);
  call(SYS_uname, utsname);
  call(SYS_poll, (&(struct pollfd){ends[1], POLLOUT, 0}), 1, 0);
  call(SYS_nanosleep, (&(struct timespec){0, 1}), 0);
  call(SYS_getitimer, 0, info);
  call(SYS_timer_create, 1, ((int[16]){5, 10, 0}), info);
  call(SYS_modify_ldt, 1, ((int[4]){1, 2, 3, 4}), 5);
  call(SYS_set_thread_area, ((int[4]){99, 2, 3, 4}));
  call(SYS_set_robust_list, 0, 8);
  call(SYS_mq_open, "absent", O_CREAT, 0600, ((long[8]){0, 1, 2, 3}));
  call(SYS_waitpid, -1, info, WNOHANG);
  if (fork() == 0) _exit(3);
  call(SYS_waitid, 0, 0, info, WEXITED, 0);
  call(SYS_nice, 0);
  call(222, 1, 2, 3, 4, 5, 6);
  call(501, 1, 2, 3);
  call(-5, 1, 2, 3);
}

int main(void) {
  sockets();
  ipc();
  signals();
  files();
  others();
  return 0;
}
