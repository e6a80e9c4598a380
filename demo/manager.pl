#!/usr/bin/perl
# An application as many run it: a manager that looks up and connects to its database, opens a port and keeps two
# workers that serve it. On TERM the workers finish their requests, then the sessions are saved.
use strict;
use warnings;
use Fcntl;
use File::Basename;
use IO::Handle;
use POSIX qw(SIGTERM SIGCHLD EINTR EINPROGRESS SIG_BLOCK SIG_SETMASK);
use Socket;
use lib dirname(__FILE__);
use Common;
use Worker;

STDOUT->autoflush(1);
my $data = setting('DATA');
my $workers_wanted = 2;
my %workers;
my $stop = 0;

# Signals are let in only while the manager has nothing to do, so none can arrive between a look and a wait.
my $all = POSIX::SigSet->new(SIGTERM, SIGCHLD);
my $before = POSIX::SigSet->new;
POSIX::sigprocmask(SIG_BLOCK, $all, $before);
$SIG{TERM} = sub { $stop = 1 };
$SIG{CHLD} = sub { };

say_log('starting');
my $address = timed('lookup', \&look_up);
timed('database', sub { connect_database($address) });
my $listener = open_port();
start_worker() while keys %workers < $workers_wanted;
say_log('serving');

until ($stop) {
    POSIX::sigsuspend($before);
    while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) {
        delete $workers{$pid};
        say_log("worker $pid died; starting another");
        start_worker();
    }
}

say_log('asked to stop; waiting for the workers');
timed('workers', sub {
    kill TERM => keys %workers;
    waitpid $_, 0 for keys %workers;
});
my $record = 'session ' . 'x' x setting('STATE_RECORD_BYTES');
measured('state', save_sessions($record));
say_log('stopped');
exit 0;

sub timed {
    my ($step, $work) = @_;
    my $start = now();
    my $result = $work->();
    measured($step, now() - $start);
    return $result;
}

# What the resolver of libc does, with the name server of our choice instead of the one in /etc/resolv.conf.
sub look_up {
    my $name = setting('DATABASE_HOST');
    my $question = join '', map { pack 'C/a', $_ } split /\./, $name;
    my $query = pack('n6', $$ & 0xffff, 0x0100, 1, 0, 0, 0) . "$question\0" . pack('n2', 1, 1);
    socket my $s, PF_INET, SOCK_DGRAM, 0 or die "socket: $!\n";
    connect $s, sockaddr_in(setting('DNS_PORT'), inet_aton(setting('DNS_ADDRESS'))) or die "connect: $!\n";
    for my $try (1 .. 2) {
        send $s, $query, 0;
        readable($s, 5) or next;
        defined recv $s, my $answer, 512, 0 or next;
        next if substr($answer, 0, 2) ne substr($query, 0, 2) || length $answer < length($query) + 16;
        return inet_ntoa(substr $answer, -4);
    }
    die "$name: no answer from the name server\n";
}

# The service can do without its database for a while; it does not wait for it for ever.
sub connect_database {
    my ($host) = @_;
    socket my $s, PF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
    fcntl $s, F_SETFL, O_RDWR | O_NONBLOCK or die "fcntl: $!\n";
    my $up = connect $s, sockaddr_in(setting('DATABASE_PORT'), inet_aton($host));
    if (!$up && $! == EINPROGRESS) {
        $up = writable($s, setting('DATABASE_PATIENCE')) && unpack('i', getsockopt $s, SOL_SOCKET, SO_ERROR) == 0;
    }
    say_log($up ? 'database connected' : 'database does not answer; going on without it');
}

# The first start takes any free port, later ones the same.
sub open_port {
    socket my $s, PF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
    setsockopt $s, SOL_SOCKET, SO_REUSEADDR, 1;
    my $port = slurp("$data/port") // 0;
    bind $s, sockaddr_in($port, INADDR_LOOPBACK) or die "bind to port $port: $!\n";
    listen $s, 128 or die "listen: $!\n";
    ($port) = sockaddr_in(getsockname $s);
    spew("$data/port", $port);
    return $s;
}

sub start_worker {
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        $SIG{CHLD} = 'DEFAULT';
        Worker::serve($listener, $before);
        POSIX::_exit(0);
    }
    $workers{$pid} = 1;
}

# Nothing that was saved may be lost by a crash in the middle: each record is on the disk before the next. Returns how
# long the disk took.
sub save_sessions {
    my ($record) = @_;
    my $synced = 0;
    open my $f, '>', "$data/sessions" or die "sessions: $!\n";
    for (1 .. slurp("$data/session-count") // 0) {
        syswrite $f, $record or die "sessions: $!\n";
        my $start = now();
        $f->sync or die "sessions: fsync: $!\n";
        $synced += now() - $start;
    }
    return $synced;
}

sub readable {
    my ($s, $seconds) = @_;
    vec(my $set = '', fileno $s, 1) = 1;
    return select($set, undef, undef, $seconds) > 0;
}

sub writable {
    my ($s, $seconds) = @_;
    vec(my $set = '', fileno $s, 1) = 1;
    return select(undef, $set, undef, $seconds) > 0;
}
