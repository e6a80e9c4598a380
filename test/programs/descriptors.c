/* Descriptors of every kind, each shown by an lseek: `files`, `sockets`, `others` (of other processes), `namespace`. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int show(int fd) { lseek(fd, 0, SEEK_SET); return fd; }

static void files(void)
{
    int null = show(open("/dev/null", O_RDWR)), deleted = show(open("f", O_CREAT | O_RDWR, 0600));
    unlink("f");
    show(deleted);
    show(open("g (deleted)", O_CREAT | O_RDWR, 0600));
    show(open("f (deleted)", O_CREAT | O_RDWR, 0600));
    show(deleted);
    show(memfd_create("na<me", 0));
    show(open("a\nb<c>\xff\"\x01", O_CREAT | O_RDWR, 0600));
    show(open("/proc/self/ns/net", O_RDONLY));
    mkdir("d", 0700);
    int dir = open("d", O_DIRECTORY);
    openat(dir, "nosuch", O_RDONLY);
    fchdir(dir);
    rmdir("../d");
    openat(AT_FDCWD, "nosuch", O_RDONLY);
    chdir("/");
    dup2(null, 30);
    close(30);
    int pipes[2];
    pipe(pipes);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    show(signalfd(-1, &set, 0));
    int event = show(eventfd(1, 0)), epoll = epoll_create1(0);
    struct epoll_event e = {EPOLLIN, {.fd = event}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, event, &e);
    epoll_wait(epoll, &e, 1, 0);
    struct pollfd polled[] = {{event, POLLIN, 0}, {epoll, POLLOUT, 0}, {-100, POLLIN, 0}};
    poll(polled, 3, 0);
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(event, &in);
    FD_SET(null, &out);
    select(40, &in, &out, 0, &(struct timeval){0, 0});
    show(-100);
    ioctl(-100, FIONCLEX, 0);
    ioctl(null, 0x40049409 /* FICLONE */, null);
    unsigned long mount[4] = {0x100000, 0, 0, null};
    for (int i = 0; i < 4; i++, mount[3] = (unsigned long[]){777, -100, null + (1UL << 32), 0}[i])
        syscall(SYS_mount_setattr, -1, "", AT_EMPTY_PATH, mount, 32);
    mount[0] = 0;
    syscall(SYS_mount_setattr, -1, "", AT_EMPTY_PATH, mount, 32);
}

static void passing(int pair[2], int fd)
{
    char control[CMSG_SPACE(8)] = {0}, byte = 'x';
    struct iovec vector = {&byte, 1};
    struct msghdr m = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(8);
    memcpy(CMSG_DATA(c), (int[]){fd, 1}, 8);
    sendmsg(pair[0], &m, 0);
    recvmsg(pair[1], &m, 0);
    memcpy(CMSG_DATA(c), (int[]){-100, -1}, 8);
    sendmsg(pair[0], &m, 0);
}

static void unix_sockets(void)
{
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    passing(pair, pair[0]);
    struct sockaddr_un path = {AF_UNIX, "s<\"\n>"}, abstract = {AF_UNIX, "\0a b\0c"};
    int kinds[] = {SOCK_STREAM, SOCK_SEQPACKET};
    for (int i = 0; i < 2; i++) {
        int server = show(socket(AF_UNIX, kinds[i], 0));
        bind(server, i ? (void *)&abstract : &path, sizeof path);
        listen(server, 1);
        int client = show(socket(AF_UNIX, kinds[i], 0));
        connect(client, i ? (void *)&abstract : &path, sizeof path);
        show(client);
        show(accept(server, 0, 0));
        show(client);
    }
    int datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
    show(datagrams);
    bind(datagrams, (void *)&(struct sockaddr_un){AF_UNIX, "\0d"}, 4);
    show(datagrams);
}

static void inet_sockets(void)
{
    struct sockaddr_in any = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 any6 = {AF_INET6};
    socklen_t size = sizeof any6;
    int server = show(socket(AF_INET, SOCK_STREAM, 0));
    bind(server, (void *)&any, sizeof any);
    show(server);
    listen(server, 5);
    int dual = socket(AF_INET6, SOCK_STREAM, 0);
    bind(dual, (void *)&any6, sizeof any6);
    listen(show(dual), 5);
    getsockname(dual, (void *)&any6, &size);
    any.sin_port = any6.sin6_port;
    int client = show(socket(AF_INET, SOCK_STREAM, 0));
    connect(client, (void *)&any, sizeof any);
    show(client);
    int accepted = show(accept(dual, 0, 0));
    shutdown(accepted, SHUT_RDWR);
    close(client);
    show(accepted);
    /* bound, seen, then connected */
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    bind(udp, (void *)&(struct sockaddr_in){AF_INET}, sizeof any);
    show(udp);
    connect(udp, (void *)&any, sizeof any);
    show(udp);
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    connect(udp, (void *)&any, sizeof any);
    show(udp);
    int multipath = socket(AF_INET, SOCK_STREAM, 262 /* IPPROTO_MPTCP */);
    bind(multipath, (void *)&(struct sockaddr_in){AF_INET}, sizeof any);
    listen(multipath, 1);
    show(multipath);
    show(socket(AF_INET6, SOCK_DGRAM, 0));
    show(socket(AF_INET6, SOCK_DGRAM, 136 /* IPPROTO_UDPLITE */));
    show(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    show(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
    show(socket(AF_PACKET, SOCK_RAW, 0));
    for (int family = 0; family < 17; family += 16) {
        int netlink = show(socket(AF_NETLINK, SOCK_RAW, family));
        bind(netlink, (void *)&(struct sockaddr_nl){AF_NETLINK}, sizeof(struct sockaddr_nl));
        show(netlink);
    }
}

static void others(void)
{
    int null = open("/dev/null", O_RDWR), event = eventfd(0, 0), epoll = epoll_create1(0);
    int self = syscall(SYS_pidfd_open, getpid(), 0), up[2], byte = 0;
    pipe(up);
    int child = fork();
    if (child == 0) {
        dup2(null, 40);
        dup2(epoll, 41);
        dup2(open("/etc", O_DIRECTORY), null);
        write(up[1], &byte, 1);
        pause();
    }
    read(up[0], &byte, 1);
    int other = syscall(SYS_pidfd_open, child, 0);
    int targets[] = {null, 40, 777, -1, -100};
    for (int i = 0; i < 5; i++) {
        syscall(SYS_pidfd_getfd, self, targets[i], 0);
        syscall(SYS_pidfd_getfd, other, targets[i], 0);
        syscall(SYS_pidfd_getfd, null, targets[i], 0);
        syscall(SYS_kcmp, getpid(), child, KCMP_FILE, targets[i], 40);
        syscall(SYS_kcmp, child, getpid(), KCMP_FILE, null, targets[i]);
        syscall(SYS_kcmp, -1, child, KCMP_FILE, 1, targets[i]);
        struct kcmp_epoll_slot slot = {41, targets[i], 0};
        syscall(SYS_kcmp, getpid(), child, KCMP_EPOLL_TFD, event, &slot);
        syscall(SYS_kcmp, child, getpid(), KCMP_EPOLL_TFD, targets[i], 0);
        syscall(SYS_kcmp, getpid(), child, KCMP_VM, 1, 1);
    }
    kill(child, SIGKILL);
    wait(0);
    int pidfd, tid;
    struct clone_args args = {.flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .exit_signal = SIGCHLD};
    args.pidfd = (unsigned long)&pidfd;
    args.parent_tid = (unsigned long)&tid;
    for (int i = 0; i < 3; i++) {
        int flags = i == 1 ? CLONE_PIDFD : CLONE_PARENT_SETTID;
        if ((i ? syscall(SYS_clone, flags | SIGCHLD, 0, &tid, 0, 0) : syscall(SYS_clone3, &args, sizeof args)) == 0) _exit(0);
        wait(0);
    }
}

static void elsewhere(void)
{
    if (unshare(CLONE_NEWNET)) _exit(9);
    int tcp = show(socket(AF_INET, SOCK_STREAM, 0));
    listen(tcp, 1);
    show(tcp);
    int udp = show(socket(AF_INET6, SOCK_DGRAM, 0));
    bind(udp, (void *)&(struct sockaddr_in6){AF_INET6, htons(53)}, sizeof(struct sockaddr_in6));
    show(udp);
    int local = show(socket(AF_UNIX, SOCK_STREAM, 0));
    bind(local, (void *)&(struct sockaddr_un){AF_UNIX, "\0a b"}, 6);
    show(local);
    int netlink = show(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
    bind(netlink, (void *)&(struct sockaddr_nl){AF_NETLINK}, sizeof(struct sockaddr_nl));
    show(netlink);
}

int main(int argc, char **argv)
{
    switch (argv[1][0]) {
    case 'f': files(); break;
    case 's': unix_sockets(); inet_sockets(); break;
    case 'o': others(); break;
    case 'n': elsewhere(); break;
    }
}
