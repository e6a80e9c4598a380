# A pre-forking server as people write them: a manager, workers that accept, a start that needs other services.
# Environment: PORT, MEASURED; WORKERS; CONNECT=host:port with CONNECT_TIMEOUT; RETRY=host:port (growing sleeps);
# RESOLVE=name; LOCK=file; HELPER=command read through a pipe; MODULE=names to load, with directories from the
# file MODULE_PATH; UPSTREAM=host:port that a request
# for /slow asks; STUBBORN=1: workers ignore TERM; KILL_AFTER: seconds until the manager kills them; SWEEP: seconds the
# manager sleeps when it stops; ASK=host:port that a helper process of ours asks before it answers over a socket pair.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Fcntl ':flock';
use IO::Select;
use IO::Socket::INET;
use Socket;
use Measure;
use POSIX ':sys_wait_h';
use Time::HiRes ('sleep', 'time');

my $stopping;
$SIG{TERM} = sub { $stopping = 1 };

sub dial {
    my ($peer, $timeout) = @_;
    my ($host, $port) = split /:/, $peer;
    return IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => $timeout // 5);
}

sub fetch {
    my $peer = dial($_[0], 5) or return;
    print $peer "GET / HTTP/1.0\r\n\r\n";
    local $/;
    return scalar <$peer>;
}

measure(connect => sub { dial($ENV{CONNECT}, $ENV{CONNECT_TIMEOUT}) }) if $ENV{CONNECT};
measure(resolve => sub { gethostbyname($ENV{RESOLVE}) }) if $ENV{RESOLVE};
if ($ENV{RETRY}) {
    measure(retry => sub {
        for (my $pause = 0.15; !dial($ENV{RETRY}); $pause *= 2) { sleep $pause }
    });
}
my $lock;
if ($ENV{LOCK}) {
    open $lock, '>>', $ENV{LOCK} or die "$ENV{LOCK}: $!";
    measure(lock => sub { flock $lock, LOCK_EX });
}
measure(helper => sub { open my $in, '-|', $ENV{HELPER} or die $!; my @lines = <$in>; close $in; @lines })
    if $ENV{HELPER};
if ($ENV{MODULE_PATH}) {
    open my $list, '<', $ENV{MODULE_PATH} or die "$ENV{MODULE_PATH}: $!";
    chomp(my @dirs = <$list>);
    unshift @INC, @dirs;
}
measure(module => sub { eval "require $_" or die $@ for split /,/, $ENV{MODULE} }) if $ENV{MODULE};

my %helpers;
if ($ENV{ASK}) {
    my ($ours, $theirs) = IO::Socket->socketpair(AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die $!;
    my $pid = fork // die $!;
    if (!$pid) {
        $SIG{TERM} = 'DEFAULT';
        close $ours;
        while (my $question = <$theirs>) {
            fetch($ENV{ASK});
            print $theirs "answer\n";
            $theirs->flush;
        }
        exit 0;
    }
    $helpers{$pid} = 1;
    close $theirs;
    measure(ask => sub { print $ours "question\n"; $ours->flush; <$ours> });
}

my $server = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1', LocalPort => $ENV{PORT}, Listen => 64, ReuseAddr => 1,
) or die "bind: $!";

sub answer {
    my ($client) = @_;
    my $request = <$client> // return;
    while (my $header = <$client>) { last if $header =~ /^\r?$/ }
    fetch($ENV{UPSTREAM}) if $request =~ m{/slow} && $ENV{UPSTREAM};
    print $client "HTTP/1.0 200 OK\r\n\r\nok\n";
}

sub worker {
    $SIG{TERM} = $ENV{STUBBORN} ? 'IGNORE' : sub { $stopping = 1 };
    while (!$stopping) {
        next unless IO::Select->new($server)->can_read(10);
        my $client = $server->accept or next;
        answer($client);
        close $client;
    }
    exit 0;
}

my %workers;
for (1 .. $ENV{WORKERS} // 2) {
    my $pid = fork // die $!;
    worker() if !$pid;
    $workers{$pid} = 1;
}
# Perl's waitpid goes on after a signal: only leaving the handler by dying ends it.
while (!$stopping) {
    my $pid = eval { local $SIG{TERM} = sub { $stopping = 1; die "stop\n" }; waitpid -1, 0 };
    delete $workers{$pid} if $pid && $pid > 0;
}
kill TERM => keys %helpers;
measure(workers => sub {
    kill TERM => keys %workers;
    my $deadline = time + ($ENV{KILL_AFTER} // 60);
    while (%workers) {
        my $pid = waitpid -1, WNOHANG;
        if ($pid > 0) { delete $workers{$pid}; next }
        kill KILL => keys %workers if time > $deadline;
        sleep 0.05;
    }
});
measure(sweep => sub { sleep $ENV{SWEEP} }) if $ENV{SWEEP};
