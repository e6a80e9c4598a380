/* Usage: fuzz-args SEED [FIRST LAST [ROUNDS]]. Makes every system call FIRST..LAST (0..600) with hostile arguments: random
   numbers, pointers to nowhere, to random bytes, to the last bytes before an unmapped page. Each call is made in a child
   of its own with no privileges, in an empty directory that it may fill with garbage, under limits, and is ended by an
   alarm if it blocks. Calls that reach beyond that child are left out. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the list of calls left out is x86-64's"
#endif

/* Left out: what ends, copies or blocks the child for good, or could reach other processes or the machine. */
static const short left_out[] = {
    SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, SYS_exit, SYS_exit_group, SYS_pause, SYS_rt_sigsuspend, SYS_rt_sigreturn,
    SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pidfd_send_signal, SYS_ptrace,
    SYS_process_vm_writev, SYS_process_madvise, SYS_process_mrelease, SYS_kcmp, SYS_pidfd_getfd,
    SYS_reboot, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
    SYS_create_module, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_move_mount, SYS_mount_setattr, SYS_fsmount,
    SYS_fsopen, SYS_fsconfig, SYS_fspick, SYS_open_tree, SYS_setns, SYS_unshare, SYS_sethostname, SYS_setdomainname,
    SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_swapon, SYS_swapoff, SYS_ioperm, SYS_iopl,
    SYS_vhangup, SYS_acct, SYS_syslog, SYS_quotactl, SYS_quotactl_fd, SYS_nfsservctl, SYS_sync, SYS_syncfs,
    SYS_setpriority, SYS_ioprio_set, SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr, SYS_sched_setaffinity,
    SYS_prlimit64, SYS_setrlimit, SYS_migrate_pages, SYS_move_pages, SYS_setpgid, SYS_setsid,
    SYS_add_key, SYS_request_key, SYS_keyctl, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup,
    SYS_shmget, SYS_shmctl, SYS_semget, SYS_semctl, SYS_semop, SYS_semtimedop, SYS_msgget, SYS_msgctl, SYS_msgsnd,
    SYS_msgrcv, SYS_mq_open, SYS_mq_unlink, SYS_connect, SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_bind, SYS_listen,
    SYS_seccomp, SYS_prctl, SYS_arch_prctl, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_brk, SYS_rt_sigprocmask,
    SYS_rt_sigaction, SYS_alarm, SYS_setitimer, SYS_dup2, SYS_dup3, SYS_close_range, SYS_uselib, SYS_modify_ldt,
    SYS_set_robust_list, SYS_rseq, SYS_set_tid_address, SYS_mlockall, SYS_landlock_restrict_self,
};

static uint64_t state;
static uint64_t rnd(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static unsigned char *bytes; /* two pages of random bytes, then an unmapped one */
static size_t page;

static long argument(void) {
  static const long corners[] = {0, 1, -1, 2, 3, -100, 0x7fffffff, 0x80000000L, -4095, 0x7fffffffffffffffL};
  switch (rnd() % 8) {
    case 0: return corners[rnd() % (sizeof corners / sizeof *corners)];
    case 1: return (long)(rnd() % 64);
    case 2: return (long)rnd();
    case 3: return (long)(bytes + 2 * page - rnd() % 32); /* runs into the unmapped page */
    case 4: return (long)(bytes + 2 * page);
    case 5: return (long)(rnd() & 0x7fffffffffff);
    default: return (long)(bytes + rnd() % (page - 64));
  }
}

static int is_left_out(int nr) {
  for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
    if (left_out[i] == nr) return 1;
  return 0;
}

static void limit(int what, rlim_t n) {
  struct rlimit r = {n, n};
  setrlimit(what, &r);
}

static void fill(void) {
  for (size_t i = 0; i < 2 * page; i += 8) {
    uint64_t v = rnd();
    /* pointers among the bytes: structures that lead somewhere */
    if (v % 7 == 0) v = (uint64_t)argument();
    else if (v % 7 < 4) v %= 256;
    memcpy(bytes + i, &v, 8);
  }
}

static void child(int nr, int rounds) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);
  /* the calls must find nothing open but /dev/null */
  syscall(SYS_close_range, 3U, ~0U, 0U);
  limit(RLIMIT_FSIZE, 1 << 20);
  limit(RLIMIT_NOFILE, 64);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_AS, 256 << 20);
  limit(RLIMIT_CPU, 2);
  for (int i = 0; i < rounds; i++) {
    fill();
    alarm(1);
    syscall(nr, argument(), argument(), argument(), argument(), argument(), argument());
  }
  _exit(0);
}

int main(int argc, char **argv) {
  unsigned long seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
  int first = argc > 2 ? atoi(argv[2]) : 0, last = argc > 3 ? atoi(argv[3]) : 600, rounds = argc > 4 ? atoi(argv[4]) : 3;
  page = (size_t)sysconf(_SC_PAGESIZE);
  bytes = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED || munmap(bytes + 2 * page, page)) return 1;

  char dir[] = "/tmp/fuzz-args.XXXXXX";
  if (!mkdtemp(dir) || chmod(dir, 0777) || chdir(dir)) {
    perror(dir);
    return 1;
  }
  int null = open("/dev/null", O_RDWR);
  dup2(null, 0);
  if (getuid() == 0 && (setgid(65534) || setuid(65534))) {
    perror("setuid");
    return 1;
  }
  int made = 0, ended = 0;
  for (int nr = first; nr <= last; nr++) {
    if (is_left_out(nr)) continue;
    state = (seed * 0x9e3779b97f4a7c15UL) ^ ((uint64_t)nr + 1) * 0xbf58476d1ce4e5b9UL;
    rnd();
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
      perror("fork");
      return 1;
    }
    if (pid == 0) {
      dup2(null, 1);
      dup2(null, 2);
      child(nr, rounds);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    made++;
    if (WIFSIGNALED(status)) ended++;
  }
  rmdir(dir);
  printf("%d calls made, %d ended by a signal\n", made, ended);
  return 0;
}
