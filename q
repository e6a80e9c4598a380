17143 execve("/usr/bin/true", ["true"], 0x7ffd0cc52bb8 /* 80 vars */) = 0
17143 brk(NULL)                         = 0x555dd5685000
17143 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f7185e7a000
17143 access("/etc/ld.so.preload", R_OK) = -1 ENOENT (No such file or directory)
17143 openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3
17143 newfstatat(3, "", {st_mode=S_IFREG|0644, st_size=38935, ...}, AT_EMPTY_PATH) = 0
17143 mmap(NULL, 38935, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7f7185e70000
17143 close(3)                          = 0
17143 openat(AT_FDCWD, "/lib/x86_64-linux-gnu/libc.so.6", O_RDONLY|O_CLOEXEC) = 3
17143 read(3, "\177ELF\2\1\1\3\0\0\0\0\0\0\0\0\3\0>\0\1\0\0\0\20t\2\0\0\0\0\0"..., 832) = 832
17143 pread64(3, "\6\0\0\0\4\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0"..., 784, 64) = 784
17143 newfstatat(3, "", {st_mode=S_IFREG|0755, st_size=1926232, ...}, AT_EMPTY_PATH) = 0
17143 pread64(3, "\6\0\0\0\4\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0"..., 784, 64) = 784
17143 mmap(NULL, 1974096, PROT_READ, MAP_PRIVATE|MAP_DENYWRITE, 3, 0) = 0x7f7185c8e000
17143 mmap(0x7f7185cb4000, 1400832, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x26000) = 0x7f7185cb4000
17143 mmap(0x7f7185e0a000, 339968, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x17c000) = 0x7f7185e0a000
17143 mmap(0x7f7185e5d000, 24576, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x1cf000) = 0x7f7185e5d000
17143 mmap(0x7f7185e63000, 53072, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x7f7185e63000
17143 close(3)                          = 0
17143 mmap(NULL, 12288, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f7185c8b000
17143 arch_prctl(ARCH_SET_FS, 0x7f7185c8b740) = 0
17143 set_tid_address(0x7f7185c8ba10)   = 17143
17143 set_robust_list(0x7f7185c8ba20, 24) = 0
17143 rseq(0x7f7185c8c060, 0x20, 0, 0x53053053) = 0
17143 mprotect(0x7f7185e5d000, 16384, PROT_READ) = 0
17143 mprotect(0x555dbdcc0000, 4096, PROT_READ) = 0
17143 mprotect(0x7f7185eb5000, 8192, PROT_READ) = 0
17143 prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0
17143 munmap(0x7f7185e70000, 38935)     = 0
17143 exit_group(0)                     = ?
17143 +++ exited with 0 +++
