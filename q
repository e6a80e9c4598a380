5823  execve("/usr/bin/true", ["true"], 0x7ffe9d05a0a8 /* 80 vars */) = 0
5823  brk(NULL)                         = 0x5639bfe10000
5823  mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f26c5fca000
5823  access("/etc/ld.so.preload", R_OK) = -1 ENOENT (No such file or directory)
5823  openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3
5823  newfstatat(3, "", {st_mode=S_IFREG|0644, st_size=38935, ...}, AT_EMPTY_PATH) = 0
5823  mmap(NULL, 38935, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7f26c5fc0000
5823  close(3)                          = 0
5823  openat(AT_FDCWD, "/lib/x86_64-linux-gnu/libc.so.6", O_RDONLY|O_CLOEXEC) = 3
5823  read(3, "\177ELF\2\1\1\3\0\0\0\0\0\0\0\0\3\0>\0\1\0\0\0\20t\2\0\0\0\0\0"..., 832) = 832
5823  pread64(3, "\6\0\0\0\4\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0"..., 784, 64) = 784
5823  newfstatat(3, "", {st_mode=S_IFREG|0755, st_size=1926232, ...}, AT_EMPTY_PATH) = 0
5823  pread64(3, "\6\0\0\0\4\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0"..., 784, 64) = 784
5823  mmap(NULL, 1974096, PROT_READ, MAP_PRIVATE|MAP_DENYWRITE, 3, 0) = 0x7f26c5dde000
5823  mmap(0x7f26c5e04000, 1400832, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x26000) = 0x7f26c5e04000
5823  mmap(0x7f26c5f5a000, 339968, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x17c000) = 0x7f26c5f5a000
5823  mmap(0x7f26c5fad000, 24576, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x1cf000) = 0x7f26c5fad000
5823  mmap(0x7f26c5fb3000, 53072, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x7f26c5fb3000
5823  close(3)                          = 0
5823  mmap(NULL, 12288, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f26c5ddb000
5823  arch_prctl(ARCH_SET_FS, 0x7f26c5ddb740) = 0
5823  set_tid_address(0x7f26c5ddba10)   = 5823
5823  set_robust_list(0x7f26c5ddba20, 24) = 0
5823  rseq(0x7f26c5ddc060, 0x20, 0, 0x53053053) = 0
5823  mprotect(0x7f26c5fad000, 16384, PROT_READ) = 0
5823  mprotect(0x5639b9167000, 4096, PROT_READ) = 0
5823  mprotect(0x7f26c6005000, 8192, PROT_READ) = 0
5823  prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0
5823  munmap(0x7f26c5fc0000, 38935)     = 0
5823  exit_group(0)                     = ?
5823  +++ exited with 0 +++
