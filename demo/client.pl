#!/usr/bin/perl
# client.pl PORT REQUEST: prints the service's answer; fails if there is none.
use strict;
use warnings;
use Socket;

my ($port, $request) = @ARGV;
socket my $s, PF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
connect $s, sockaddr_in($port, INADDR_LOOPBACK) or exit 1;
syswrite $s, "$request\n";
my $answer = <$s>;
defined $answer or exit 1;
print $answer;
