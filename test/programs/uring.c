/* Waits 20 ms in io_uring_enter(2), as many times as its argument says: exits with 1 if it returns anything but 1. */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *map(int fd, size_t size, off_t offset) {
  return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
}

int main(int argc, char **argv) {
  struct io_uring_params p = {0};
  int fd = syscall(SYS_io_uring_setup, 2, &p);
  if (argc < 2 || fd < 0) return 2;
  char *submitted = map(fd, p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
  char *completed = map(fd, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
  struct io_uring_sqe *entry = (void *)map(fd, p.sq_entries * sizeof *entry, IORING_OFF_SQES);
  unsigned *tail = (void *)(submitted + p.sq_off.tail);
  unsigned *head = (void *)(completed + p.cq_off.head);
  struct __kernel_timespec delay = {.tv_nsec = 20 * 1000 * 1000};
  *entry = (struct io_uring_sqe){
      .opcode = IORING_OP_TIMEOUT, .fd = -1, .addr = (unsigned long)&delay, .len = 1};
  for (int i = atoi(argv[1]); i > 0; i--) {
    ((unsigned *)(submitted + p.sq_off.array))[*tail & (p.sq_entries - 1)] = 0;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1) return 1;
    __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
  }
  return 0;
}
