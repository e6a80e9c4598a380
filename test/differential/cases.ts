/** Command lines both tracers run, and why lines that still differ do. */
import { deaths, type Known } from "./known.ts";
import { netlink } from "./netlink.ts";
import type { Mask } from "./normalise.ts";

export interface Case {
  readonly name: string;
  readonly argv: readonly string[];
  /** Options given to both tracers. */
  readonly options?: readonly string[];
  /** Why two runs of this program do not make the same calls in the same order; compared as a bag of lines. */
  readonly varies?: string;
  /** Lines that two runs, even under the same tracer, need not have in common. Any other difference fails the test. */
  readonly differs?: readonly Known[];
  readonly masks?: readonly Mask[];
  /** A shell command that runs beside it, untraced. */
  readonly beside?: string;
  /** Programs it needs besides argv[0]; `root` and `PG` (a PostgreSQL server) are no programs. */
  readonly needs?: readonly string[];
}

const f = ["-f"];
const sh = (script: string): string[] => ["/bin/bash", "-c", script];
const concurrent = "processes run side by side: the kernel orders their calls, and who waits for whom";

const temporary: Known = {
  why: "glibc draws again for a temporary name when the first random number is unfair, once in 22 times",
  line: /^getrandom\(RANDOM, 8, GRND_NONBLOCK\) = 8$/,
};
const arrivals: Known = {
  why: "an answer is there before it is waited for, or not",
  line: /^(poll|ppoll|select|pselect6|epoll_wait|recvfrom|recvmsg)\(/,
};
const locks: Known = {
  why: "a thread finds a lock taken or free, and whom it waits for awake or asleep",
  line: /^(futex|sched_yield|restart_syscall)\(/,
};
const arenas: Known = {
  why: "malloc gives a thread that finds a lock taken an arena of its own",
  line: /^(mmap\((NULL|ADDR), (134217728|67108864), PROT_NONE|munmap\(ADDR, \d{8}\)|mprotect\(ADDR, 135168, )/,
};
const stacks: Known = {
  why: "a thread takes over the stack of one that has ended, if one has",
  line: /^(mmap\(NULL, \d+, PROT_NONE, MAP_PRIVATE\|MAP_ANONYMOUS\|MAP_STACK|mprotect\(ADDR, \d+, PROT_READ\|PROT_WRITE\)|madvise\(ADDR, \d+, MADV_DONTNEED)/,
};
const shell: Known = {
  why: "bash hears of a child's death in its handler or in wait, and its heap grows with what it notes",
  line: /^(rt_sig(procmask|action)\(|brk\(|munmap\()/,
};

/** Payloads of probes carry the time they were sent at. */
const icmp: readonly Mask[] = [
  [/^(sendto\(\d+, )"(?:\\.|[^"\\])*"(\.\.\.)?/, "$1PROBE"],
  [/"\\[^"]{20,}"(\.\.\.)?/g, "PROBE"],
  [/time=[\d.]+ ms|time \d+ms|mdev = [^"]*/g, "TIMES"],
  [/iov_base="64 bytes[^"]*"|"64 bytes[^"]*"/g, "LINE"],
  [/iov_base="E[^"]*"/g, "PACKET"],
  [/^(write\(1, .*), \d+\) = \d+$/, "$1, N)"],
  [/sin_port=htons\(\d+\)|sin6_port=htons\(\d+\)|icmp_id=\d+/g, "ID"],
];
const timing: Mask = [
  /\b(poll|epoll_wait|ppoll|select|pselect6|clock_nanosleep)\((.*)\b(\d+)\) =/g,
  "$1($2T) =",
];

/** Perl reads its seeds from /dev/urandom. */
const seeds: readonly Mask[] = [[/^read\((\d+), "(?:\\.|[^"\\])*", 4\) = 4$/, "read($1, SEED, 4) = 4"]];

export const cases: readonly Case[] = [
  { name: "true", argv: ["/bin/true"] },
  { name: "echo", argv: ["/bin/echo", "hello"] },
  { name: "ls -la", argv: ["ls", "-la", "/etc"] },
  { name: "ls -lR --color", argv: ["ls", "-lR", "--color=always", "/usr/share/nginx"] },
  { name: "cat", argv: ["cat", "/etc/passwd", "text", "absent"] },
  { name: "cp", argv: ["cp", "-a", "tree", "copy"] },
  { name: "mv", argv: ["mv", "text", "moved"] },
  { name: "rm -rf", argv: ["rm", "-rf", "tree", "text"] },
  { name: "mkdir -p", argv: ["mkdir", "-p", "-m", "700", "x/y/z"] },
  { name: "ln", argv: ["ln", "-sf", "text", "link"] },
  { name: "stat", argv: ["stat", "/", "text"] },
  { name: "touch chmod", argv: sh("touch -d @1000000000 t; chmod 4755 t; chown 1:2 t"), options: f },
  { name: "wc", argv: ["wc", "/etc/services", "text"] },
  { name: "sort", argv: ["sort", "-r", "/etc/passwd"], options: f },
  {
    name: "dd",
    argv: ["dd", "if=/dev/zero", "of=zeros", "bs=4k", "count=20", "conv=fsync"],
    masks: [[/"[^"]*copied[^"]*"|"[^"]*MB\/s[^"]*"|, \d+\) = \d+$/g, "X"]],
  },
  { name: "head tail", argv: sh("head -c 20 /etc/passwd; tail -n 2 /etc/passwd"), options: f },
  {
    name: "df",
    argv: ["df", "/"],
    masks: [
      [/f_(bfree|bavail|ffree)=\d+/g, "f_$1=N"],
      [/^write\(1.*/, "write"],
    ],
  },
  { name: "du", argv: ["du", "-s", "/usr/share/doc/bash"] },
  { name: "id", argv: ["id", "root"] },
  { name: "date", argv: ["date", "-u"], masks: [[/^write\(1.*/, "write"]] },
  { name: "sleep", argv: ["sleep", "0.1"] },
  {
    name: "timeout",
    argv: ["timeout", "0.2", "sleep", "5"],
    options: f,
    varies: concurrent,
    differs: [deaths],
  },
  { name: "nice", argv: ["nice", "-n", "5", "sleep", "0"] },
  { name: "env", argv: ["env", "-i", "A=1", "/bin/true"] },
  { name: "uname", argv: ["uname", "-a"] },
  { name: "md5sum", argv: ["md5sum", "/bin/ls"] },
  { name: "find -ls", argv: ["find", "/usr/share/perl", "-name", "*.pm", "-newer", "/etc/passwd"] },
  { name: "find -exec", argv: ["find", "tree", "-type", "f", "-exec", "cat", "{}", "+"], options: f },
  { name: "grep -r", argv: ["grep", "-r", "one", "tree", "absent"] },
  {
    name: "sed -i",
    argv: ["sed", "-i", "s/one/two/", "text"],
    masks: [[/\.\/sed\w{6}/g, "./sedX"]],
    differs: [temporary],
  },
  { name: "tar c", argv: ["tar", "cf", "tree.tar", "tree"] },
  {
    name: "tar z",
    argv: sh("tar --mtime=@0 -czf t.tgz tree && tar xzf t.tgz -C /dev/shm --no-overwrite-dir -O >/dev/null"),
    options: f,
    varies: concurrent,
    differs: [deaths],
  },
  {
    name: "ps",
    argv: ["unshare", "--pid", "--fork", "--mount-proc", "ps", "ax"],
    options: f,
    needs: ["ps", "unshare", "root"],
    masks: [
      [/^(read\(\d+, ")[^"]*("\.*, \d+\)) = \d+$/, "$1FACTS$2"],
      [/^(write\(1, ").*/, "$1"],
    ],
    varies: concurrent,
    differs: [deaths],
  },
  {
    name: "ping",
    // a network of its own: a ping beside it would reach its raw socket, and have it ask for a filter
    argv: ["unshare", "--net", ...sh("ip link set lo up; exec ping -c 2 -i 0.2 127.0.0.1")],
    needs: ["ping", "unshare", "ip", "root"],
    masks: [...icmp, timing],
    varies: arrivals.why,
    differs: [arrivals, deaths, shell],
  },
  {
    name: "curl",
    argv: ["curl", "-s", "-o", "page", "http://127.0.0.1:HTTP/"],
    options: f,
    masks: [timing],
    varies: arrivals.why,
    differs: [arrivals, { why: "curl guards every look with these", line: /^rt_sigaction\(SIGPIPE, / }],
  },
  {
    name: "curl refused",
    argv: ["curl", "-s", "http://127.0.0.1:1/"],
    masks: [timing],
    varies: arrivals.why,
    differs: [arrivals],
  },
  {
    name: "git init",
    argv: ["git", "init", "repo"],
    options: f,
    masks: [[/\.git\/t\w{6}/g, ".git/tX"]],
    differs: [temporary],
  },
  {
    name: "git commit",
    argv: sh(
      "export GIT_AUTHOR_DATE=@1000000000 GIT_COMMITTER_DATE=@1000000000; git init -q r && cd r && cp -p ../text . && git add text && git -c user.name=a -c user.email=a@b commit -qm first && git log --oneline && git status -s",
    ),
    options: f,
    masks: [
      [/\.git\/t\w{6}/g, ".git/tX"],
      [/tmp_obj_\w{6}/g, "tmp_obj_X"],
      // the index holds inode numbers and times, and ends with its hash
      [/^(write|read|pread64)\((\d+), "(?:\\.|[^"\\])*"/, '$1($2, "X"'],
    ],
    varies: concurrent,
    differs: [deaths, temporary],
  },
  {
    name: "gcc",
    argv: ["gcc", "-O1", "-o", "hello", "hello.c"],
    options: f,
    masks: [[/\/tmp\/cc\w{6}/g, "/tmp/ccX"]],
    differs: [temporary],
  },
  {
    name: "bash builtin",
    argv: sh(
      "for i in 1 2 3; do echo $i; done > out; read x < out; echo [$x]; cd /; pwd; test -f etc/passwd && ulimit -n; trap : USR1; kill -USR1 $$; umask",
    ),
  },
  {
    name: "bash pipeline",
    argv: sh("cat /etc/passwd | sort | uniq -c | head -n 3 | tee out | wc -l"),
    options: f,
    varies: concurrent,
    differs: [
      deaths,
      shell,
      {
        why: "the directory is larger once tee has made its file, which may be before or after another looks at it",
        line: /^newfstatat\(AT_FDCWD, "\.", \{st_mode=S_IFDIR/,
      },
    ],
  },
  {
    name: "bash loop",
    argv: sh("for i in 1 2 3 4 5; do (exit $i); done; /bin/false || /bin/true"),
    options: f,
    differs: [deaths],
  },
  {
    name: "bash jobs",
    argv: sh("read x < fifo & echo x > fifo; wait; (exit 3) & wait $!; sleep 0.05 & jobs; fg; kill -l 15"),
    options: f,
    varies: concurrent,
    differs: [deaths, shell],
  },
  { name: "ls -lR", argv: ["ls", "-lR", "/usr/share/perl"] },
  { name: "find -type", argv: ["find", "/usr/share/perl", "-type", "d", "-empty"] },
  { name: "grep -rc", argv: ["grep", "-rc", "use strict", "/usr/share/perl"] },
  { name: "diff -r", argv: ["diff", "-r", "tree/a", "tree/b"], options: f },
  { name: "tar x", argv: sh("tar --mtime=@0 -cf t.tar tree && tar xf t.tar -C logs"), options: f },
  { name: "awk", argv: ["awk", "-F:", "{ n[$7]++ } END { for (s in n) print n[s], s }", "/etc/passwd"] },
  { name: "install", argv: ["install", "-D", "-m", "640", "text", "new/place/text"] },
  {
    name: "readlink realpath",
    argv: sh("ln -s tree l; readlink -f l/a; realpath --relative-to=/ l/b/3"),
    options: f,
  },
  { name: "getent", argv: ["getent", "passwd", "root", "daemon", "nobody-here"] },
  { name: "flock", argv: ["flock", "-n", "text", "flock", "-n", "text", "true"], options: f },
  {
    name: "truncate fallocate",
    argv: sh(
      "truncate -s 1M sparse; fallocate -l 64k full; fallocate -p -o 4096 -l 8192 full; du sparse full",
    ),
    options: f,
  },
  ...netlink,
  { name: "chrt taskset", argv: sh("taskset -p $$; chrt -p $$; ionice -p $$; nice"), options: f },
  {
    name: "python3 walk",
    argv: [
      "/usr/bin/python3",
      "-I",
      "-S",
      "-c",
      "import os\nfor d, ds, fs in os.walk('/usr/share/perl'): [os.stat(os.path.join(d, f)) for f in fs]",
    ],
  },
  {
    name: "dash",
    argv: ["dash", "-c", "x=$(echo hi); echo $x; cat <<E\nword\nE\n/bin/true"],
    options: f,
    varies: concurrent,
    differs: [deaths],
  },
  {
    name: "perl files",
    masks: seeds,
    varies: concurrent,
    differs: [deaths],
    argv: [
      "perl",
      "-e",
      'use POSIX; open my $h, "<", "text"; print <$h>; opendir my $d, "."; print readdir $d; POSIX::mkfifo("ff", 0600); print -p "ff"; symlink "a", "b"; print readlink "b"; rename "b", "c"; unlink "c"; utime 1, 2, "text"; truncate "text", 3; select undef, undef, undef, 0.01; kill 0, $$; alarm 0; system "/bin/true"; print `echo x`',
    ],
    options: f,
  },
  {
    name: "perl fork",
    masks: seeds,
    argv: [
      "perl",
      "-e",
      '$SIG{CHLD} = "DEFAULT"; for (1..5) { my $p = fork; exit $_ if !$p; waitpid $p, 0 } kill "TERM", $$',
    ],
    options: f,
    differs: [deaths],
  },
  {
    name: "perl sockets",
    masks: seeds,
    argv: [
      "perl",
      "-e",
      'use IO::Socket::INET; my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", ReuseAddr => 1); my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $s->sockport); my $a = $s->accept; print $a "hello\\n"; $a->close; print <$c>; use Socket; socketpair(my $x, my $y, AF_UNIX, SOCK_DGRAM, 0); send $x, "ping", 0; recv $y, my $b, 10, 0; print $b, getsockopt($x, SOL_SOCKET, SO_RCVBUF) ? 1 : 0',
    ],
  },
  {
    name: "python3",
    argv: [
      "/usr/bin/python3",
      "-c",
      "import json, os, socket, tempfile; print(json.dumps(os.uname()[0])); os.stat('/'); socket.socket().close()",
    ],
  },
  {
    name: "python3 subprocess",
    argv: [
      "/usr/bin/python3",
      "-I",
      "-c",
      "import subprocess; print(subprocess.run(['/bin/echo', 'x'], capture_output=True).stdout)",
    ],
    options: f,
    varies: concurrent,
    differs: [deaths, arrivals],
  },
  {
    name: "python3 net",
    argv: [
      "/usr/bin/python3",
      "-I",
      "-c",
      "import socket, select, os\na, b = socket.socketpair()\na.send(b'x'); print(select.select([b], [], [], 1)); p = select.epoll(); p.register(b, select.EPOLLIN); print(p.poll(1)); u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(('::1', 0)); u.sendto(b'hello', u.getsockname()); print(u.recvfrom(10))\nr, w = os.pipe(); socket.send_fds(a, [b'f'], [r]); print(socket.recv_fds(b, 10, 2)); q = select.poll(); q.register(w); print(q.poll(10)); os.sendfile(w, os.open('text', 0), 0, 4)",
    ],
    masks: [[/^write\(1.*/, "write"]],
  },
  {
    name: "python3 threads",
    argv: [
      "/usr/bin/python3",
      "-I",
      "-c",
      "import threading\nts = [threading.Thread(target=print, args=('x',)) for _ in range(3)]\n[t.start() for t in ts]; [t.join() for t in ts]",
    ],
    options: f,
    varies: "threads race for the interpreter's lock",
    differs: [
      locks,
      stacks,
      arenas,
      { why: "the process may end before its threads do", line: /^exit\(0\) / },
    ],
  },
  {
    name: "node",
    argv: ["node", "-e", "console.log(require('fs').readFileSync('text', 'utf8'))"],
    options: f,
    varies: "helper threads share the work as they happen to wake",
    differs: [locks, arenas],
  },
  {
    name: "redis",
    argv: ["redis-server", "--port", "0", "--unixsocket", "r.sock", "--save", "", "--logfile", "log"],
    beside: "until redis-cli -s r.sock ping; do sleep 0.05; done; redis-cli -s r.sock shutdown nosave",
    options: f,
    needs: ["redis-server", "redis-cli"],
    masks: [
      timing,
      [/\b\d{2} \w{3} \d{4} [\d:.]+/g, "T"],
      [/^read\((\d+), "[^"]*"\.\.\., 4096\) = 4096$/, "read($1, RANDOM)"],
    ],
    varies: "the server's timer and helper threads",
    differs: [
      locks,
      arrivals,
      {
        why: "what the timer does, as often as it ticks",
        line: /^(openat|read|close|write)\(.*(\/proc\/\S+stat|PID|log)|^(read|close)\(\d+/,
      },
    ],
  },
  {
    name: "nginx",
    argv: ["nginx", "-p", ".", "-c", "nginx.conf", "-g", "daemon off;"],
    beside:
      "until curl -s --unix-socket n.sock http://x/text -o page; do sleep 0.05; done; kill -QUIT $(cat nginx.pid)",
    options: f,
    needs: ["nginx", "curl"],
    masks: [timing],
    varies: "master and worker run side by side",
    differs: [deaths, arrivals],
  },
  { name: "psql --version", masks: seeds, argv: ["psql", "--version"], needs: ["psql"], options: f },
  {
    name: "psql",
    argv: [
      "/usr/lib/postgresql/PGVERSION/bin/psql",
      "-h",
      "PGSOCKETS",
      "-U",
      "postgres",
      "-Atc",
      "select 1 + 1",
    ],
    options: f,
    masks: [timing],
    needs: ["PG"],
    varies: arrivals.why,
    differs: [arrivals],
  },
];
