#!/usr/bin/perl
# The world around the service: a slow name server, a slow upstream, and a database whose queue is full so that the
# kernel drops every attempt to connect. Writes where they are to the file named, then serves until killed.
use strict;
use warnings;
use File::Basename;
use IO::Handle;
use Socket;
use lib dirname(__FILE__);
use Common;

my ($where) = @ARGV;
defined $where or die "usage: world.pl FILE\n";
STDOUT->autoflush(1);

my ($dns_address, $dns_port, $dns) = name_server();
my ($upstream_address, $upstream_port, $upstream) = tcp_listener('127.0.0.78', 8080, 128);
my ($database_address, $database_port, $database) = tcp_listener('127.0.0.79', 5432, 0);
my @clog = fill_queue($database_address, $database_port);
spew($where, join '', map { "$_\n" }
    "DNS_ADDRESS=$dns_address", "DNS_PORT=$dns_port",
    "UPSTREAM_ADDRESS=$upstream_address", "UPSTREAM_PORT=$upstream_port",
    "DATABASE_ADDRESS=$database_address", "DATABASE_PORT=$database_port");

my @due;    # [time, what to do then]
my %clients;
while (1) {
    my $set = '';
    vec($set, fileno $_, 1) = 1 for $dns, $upstream, values %clients;
    my $wait = @due ? $due[0][0] - now() : undef;
    $wait = 0 if defined $wait && $wait < 0;
    my $n = select $set, undef, undef, $wait;
    while (@due && $due[0][0] <= now()) { (shift @due)->[1]->() }
    next if $n <= 0;
    query() if vec $set, fileno $dns, 1;
    if (vec $set, fileno $upstream, 1) {
        my $client = accepted($upstream);
        $clients{ fileno $client } = $client if $client;
    }
    for my $client (grep { vec $set, fileno $_, 1 } values %clients) { request($client) }
}

sub later {
    my ($seconds, $work) = @_;
    @due = sort { $a->[0] <=> $b->[0] } @due, [now() + $seconds, $work];
}

# Answers an A query with the database's address.
sub query {
    my $from = recv $dns, my $packet, 512, 0;
    return if !defined $from || length $packet < 17;
    my $answer = substr($packet, 0, 2) . pack('n5', 0x8180, 1, 1, 0, 0) . substr($packet, 12)
        . pack('n3Nna4', 0xc00c, 1, 1, 60, 4, inet_aton($database_address));
    later(setting('DNS_SECONDS'), sub { send $dns, $answer, 0, $from });
}

sub request {
    my ($client) = @_;
    delete $clients{ fileno $client };
    sysread $client, my $line, 4096 or return;
    print "upstream: asked\n";
    later(setting('UPSTREAM_SECONDS'), sub { syswrite $client, "the report\n"; close $client });
}

# Port 53 where we may, which is what a resolver would use; else any.
sub name_server { return bound(SOCK_DGRAM, '127.0.0.77', 53) }

sub tcp_listener {
    my ($address, $port, $queue) = @_;
    my @at = bound(SOCK_STREAM, $address, $port);
    listen $at[2], $queue or die "listen: $!\n";
    return @at;
}

# A socket at the address and port people know, or where there is room.
sub bound {
    my ($type, $wanted_address, $wanted_port) = @_;
    for ([$wanted_address, $wanted_port], [$wanted_address, 0], ['127.0.0.1', 0]) {
        my ($address, $port) = @$_;
        socket my $s, PF_INET, $type, 0 or die "socket: $!\n";
        setsockopt $s, SOL_SOCKET, SO_REUSEADDR, 1;
        bind $s, sockaddr_in($port, inet_aton($address)) or next;
        ($port) = sockaddr_in(getsockname $s);
        return ($address, $port, $s);
    }
    die "no port to be had: $!\n";
}

sub accepted {
    my ($listener) = @_;
    my $client;
    return accept($client, $listener) ? $client : undef;
}

# Connects until a connection is not established any more: from then on nobody else's is either.
sub fill_queue {
    my ($address, $port) = @_;
    my @kept;
    for (1 .. 16) {
        my $s = IO::Handle->new;
        socket $s, PF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
        $s->blocking(0);
        connect $s, sockaddr_in($port, inet_aton($address));
        vec(my $set = '', fileno $s, 1) = 1;
        return @kept if select(undef, $set, undef, 0.2) == 0;
        push @kept, $s;
    }
    die "the database's queue does not fill\n";
}
