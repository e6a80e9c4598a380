30619 execve("/usr/bin/true", ["true"], 0x7ffe21a98398 /* 80 vars */) = 0
30619 brk(NULL)                         = 0x56237d7f1000
30619 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7fe44c908000
30619 access("/etc/ld.so.preload", R_OK) = -1 ENOENT (No such file or directory)
30619 openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3
30619 newfstatat(3, "", {st_mode=S_IFREG|0644, st_size=38935, ...}, AT_EMPTY_PATH) = 0
30619 mmap(NULL, 38935, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7fe44c8fe000
30619 close(3)                          = 0
30619 openat(AT_FDCWD, "/lib/x86_64-linux-gnu/libc.so.6", O_RDONLY|O_CLOEXEC) = 3
30619 read(3, "\177ELF\2\1\1\3\0\0\0\0\0\0\0\0\3\0>\0\1\0\0\0\20t\2\0\0\0\0\0"..., 832) = 832
30619 pread64(3, "\6\0\0\0\4\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0"..., 784, 64) = 784
30619 newfstatat(3, "", {st_mode=S_IFREG|0755, st_size=1926232, ...}, AT_EMPTY_PATH) = 0
30619 pread64(3, "\6\0\0\0\4\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0@\0\0\0\0\0\0\0"..., 784, 64) = 784
30619 mmap(NULL, 1974096, PROT_READ, MAP_PRIVATE|MAP_DENYWRITE, 3, 0) = 0x7fe44c71c000
30619 mmap(0x7fe44c742000, 1400832, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x26000) = 0x7fe44c742000
30619 mmap(0x7fe44c898000, 339968, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x17c000) = 0x7fe44c898000
30619 mmap(0x7fe44c8eb000, 24576, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x1cf000) = 0x7fe44c8eb000
30619 mmap(0x7fe44c8f1000, 53072, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x7fe44c8f1000
30619 close(3)                          = 0
30619 mmap(NULL, 12288, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7fe44c719000
30619 arch_prctl(ARCH_SET_FS, 0x7fe44c719740) = 0
30619 set_tid_address(0x7fe44c719a10)   = 30619
30619 set_robust_list(0x7fe44c719a20, 24) = 0
30619 rseq(0x7fe44c71a060, 0x20, 0, 0x53053053) = 0
30619 mprotect(0x7fe44c8eb000, 16384, PROT_READ) = 0
30619 mprotect(0x562352728000, 4096, PROT_READ) = 0
30619 mprotect(0x7fe44c943000, 8192, PROT_READ) = 0
30619 prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0
30619 munmap(0x7fe44c8fe000, 38935)     = 0
30619 exit_group(0)                     = ?
30619 +++ exited with 0 +++
