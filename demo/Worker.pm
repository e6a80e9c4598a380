# A worker: accepts a connection, answers one request line, and again. TERM: finishes the request it is in, then ends.
package Worker;
use strict;
use warnings;
use POSIX qw(SIGTERM SIG_SETMASK);
use Socket;
use Common;

my ($idle, $stop) = (0, 0);

sub serve {
    my ($listener, $mask) = @_;
    # Perl delays handlers until a blocking call is over; this one, which runs at once, can end an idle worker in accept.
    my $action = POSIX::SigAction->new(sub { $stop = 1; POSIX::_exit(0) if $idle });
    POSIX::sigaction(SIGTERM, $action);
    POSIX::sigprocmask(SIG_SETMASK, $mask);
    until ($stop) {
        $idle = 1;
        my $client;
        my $peer = accept($client, $listener);
        $idle = 0;
        next unless $peer;
        answer($client);
        close $client;
    }
    say_log('request finished; worker ends');
}

sub answer {
    my ($client) = @_;
    my $request = read_line($client) // return;
    if ($request eq 'report') {
        say_log('report: asking upstream');
        my $start = now();
        my $text = upstream('report');
        say_log(sprintf 'report: upstream answered after %.3f s', now() - $start);
        write_line($client, $text);
    }
    else {
        write_line($client, "hello from worker $$");
    }
}

sub upstream {
    my ($what) = @_;
    socket my $s, PF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
    connect $s, sockaddr_in(setting('UPSTREAM_PORT'), inet_aton(setting('UPSTREAM_ADDRESS'))) or die "upstream: $!\n";
    write_line($s, $what);
    return read_line($s) // 'upstream closed';
}

sub write_line {
    my ($s, $text) = @_;
    syswrite $s, "$text\n";
}

# Up to the newline. A signal does not cut it short.
sub read_line {
    my ($s) = @_;
    my $line = '';
    until ($line =~ /\n/) {
        my $n = sysread $s, $line, 4096, length $line;
        next if !defined $n && $!{EINTR};
        return undef unless $n;
    }
    return $line =~ s/\n.*//sr;
}

1;
