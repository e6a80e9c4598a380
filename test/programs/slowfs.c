/*
 * slowfs CONTROL DIR USER: mounts over DIR what is in it, with delays. CONTROL is mapped: for each kind of operation
 * the nanoseconds it takes longer, and how long it has been delayed in all. What is created belongs to USER.
 */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { LOOKUP, OPEN, READ, WRITE, FSYNC };
static volatile uint64_t (*control)[2];
static int root;
static uid_t owner;

static void slow(int kind) {
  uint64_t ns = control[kind][0];
  struct timespec a, b, t = {ns / 1000000000, ns % 1000000000};
  if (!ns) return;
  clock_gettime(CLOCK_MONOTONIC, &a);
  nanosleep(&t, NULL);
  clock_gettime(CLOCK_MONOTONIC, &b);
  __sync_fetch_and_add(&control[kind][1], (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec);
}

static const char *in(const char *path) { return path[1] ? path + 1 : "."; }
static int ok(int r) { return r < 0 ? -errno : 0; }

static int s_getattr(const char *path, struct stat *st, struct fuse_file_info *fi) {
  if (fi) return ok(fstat(fi->fh, st));
  slow(LOOKUP);
  return ok(fstatat(root, in(path), st, AT_SYMLINK_NOFOLLOW));
}
static int s_readlink(const char *path, char *buf, size_t size) {
  ssize_t n = readlinkat(root, in(path), buf, size - 1);
  if (n < 0) return -errno;
  buf[n] = 0;
  return 0;
}
static int s_mkdir(const char *path, mode_t mode) {
  int r = mkdirat(root, in(path), mode);
  return r < 0 ? -errno : ok(fchownat(root, in(path), owner, owner, 0));
}
static int s_unlink(const char *path) { return ok(unlinkat(root, in(path), 0)); }
static int s_rmdir(const char *path) { return ok(unlinkat(root, in(path), AT_REMOVEDIR)); }
static int s_symlink(const char *to, const char *path) { return ok(symlinkat(to, root, in(path))); }
static int s_rename(const char *a, const char *b, unsigned flags) {
  return ok(renameat2(root, in(a), root, in(b), flags));
}
static int s_link(const char *a, const char *b) { return ok(linkat(root, in(a), root, in(b), 0)); }
static int s_chmod(const char *path, mode_t mode, struct fuse_file_info *fi) {
  return ok(fi ? fchmod(fi->fh, mode) : fchmodat(root, in(path), mode, 0));
}
static int s_chown(const char *path, uid_t u, gid_t g, struct fuse_file_info *fi) {
  return ok(fi ? fchown(fi->fh, u, g) : fchownat(root, in(path), u, g, AT_SYMLINK_NOFOLLOW));
}
static int s_truncate(const char *path, off_t size, struct fuse_file_info *fi) {
  if (fi) return ok(ftruncate(fi->fh, size));
  int fd = openat(root, in(path), O_WRONLY);
  int r = fd < 0 ? -1 : ftruncate(fd, size), e = errno;
  if (fd >= 0) close(fd);
  errno = e;
  return ok(r);
}
static int s_utimens(const char *path, const struct timespec t[2], struct fuse_file_info *fi) {
  return ok(fi ? futimens(fi->fh, t) : utimensat(root, in(path), t, AT_SYMLINK_NOFOLLOW));
}
static int opened(int fd, struct fuse_file_info *fi) {
  if (fd < 0) return -errno;
  fi->fh = fd;
  return 0;
}
static int s_open(const char *path, struct fuse_file_info *fi) {
  slow(OPEN);
  return opened(openat(root, in(path), fi->flags & ~(O_NOFOLLOW | O_DIRECT)), fi);
}
static int s_create(const char *path, mode_t mode, struct fuse_file_info *fi) {
  slow(OPEN);
  int fd = openat(root, in(path), (fi->flags & ~O_DIRECT) | O_CREAT, mode);
  if (fd >= 0 && fchown(fd, owner, owner) < 0) return -errno;
  return opened(fd, fi);
}
static int s_read(const char *path, char *buf, size_t size, off_t at, struct fuse_file_info *fi) {
  slow(READ);
  ssize_t n = pread(fi->fh, buf, size, at);
  return n < 0 ? -errno : n;
}
static int s_write(const char *path, const char *buf, size_t size, off_t at, struct fuse_file_info *fi) {
  slow(WRITE);
  ssize_t n = pwrite(fi->fh, buf, size, at);
  return n < 0 ? -errno : n;
}
static int s_fsync(const char *path, int data, struct fuse_file_info *fi) {
  slow(FSYNC);
  return ok(data ? fdatasync(fi->fh) : fsync(fi->fh));
}
static int s_release(const char *path, struct fuse_file_info *fi) { return close(fi->fh), 0; }
static int s_statfs(const char *path, struct statvfs *st) { return ok(fstatvfs(root, st)); }
static int s_fallocate(const char *path, int mode, off_t at, off_t size, struct fuse_file_info *fi) {
  return ok(fallocate(fi->fh, mode, at, size));
}
static int s_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t at, struct fuse_file_info *fi,
                     enum fuse_readdir_flags flags) {
  int fd = openat(root, in(path), O_RDONLY | O_DIRECTORY);
  DIR *d = fd < 0 ? NULL : fdopendir(fd);
  if (!d) return -errno;
  for (struct dirent *e; (e = readdir(d));) fill(buf, e->d_name, NULL, 0, 0);
  closedir(d);
  return 0;
}
/*
 * Nothing is cached, so that every operation gets here; reading past the page cache is not, as programs are mapped.
 * Nothing is read ahead: a reader waits for all that is delayed.
 */
static void *s_init(struct fuse_conn_info *conn, struct fuse_config *cfg) {
  cfg->entry_timeout = cfg->attr_timeout = cfg->negative_timeout = 0;
  cfg->use_ino = 1;
  conn->max_readahead = 0;
  return NULL;
}

static const struct fuse_operations operations = {
    .init = s_init,         .getattr = s_getattr,   .readlink = s_readlink, .mkdir = s_mkdir,
    .unlink = s_unlink,     .rmdir = s_rmdir,       .symlink = s_symlink,   .rename = s_rename,
    .link = s_link,         .chmod = s_chmod,       .chown = s_chown,       .truncate = s_truncate,
    .utimens = s_utimens,   .open = s_open,         .create = s_create,     .read = s_read,
    .write = s_write,       .fsync = s_fsync,       .release = s_release,   .statfs = s_statfs,
    .fallocate = s_fallocate, .readdir = s_readdir,
};

int main(int argc, char **argv) {
  struct passwd *user = argc == 4 ? getpwnam(argv[3]) : NULL;
  if (!user) return fprintf(stderr, "usage: slowfs CONTROL DIR USER\n"), 2;
  owner = user->pw_uid;
  int fd = open(argv[1], O_RDWR);
  control = mmap(NULL, 128, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  root = open(argv[2], O_PATH | O_DIRECTORY);
  if (control == MAP_FAILED || root < 0) return perror("slowfs"), 1;
  umask(0);
  char *args[] = {argv[0], "-f", "-o", "allow_other,default_permissions", argv[2], NULL};
  return fuse_main(5, args, &operations, NULL);
}
