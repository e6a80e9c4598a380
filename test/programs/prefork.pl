#!/usr/bin/perl
# Usage: prefork.pl [wait|leave [SECONDS]]. A manager with two workers. On TERM it passes TERM on; then it waits for its
# workers, or leaves them behind. A worker takes SECONDS to obey.
use strict;
use warnings;

my $manner = $ARGV[0] // 'wait';
my $seconds = $ARGV[1] // 0;
$| = 1;
my $over = 0;
my @workers;
$SIG{TERM} = sub { $over = 1 };
for (1 .. 2) {
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        select undef, undef, undef, 0.05 until $over;
        my $end = time + $seconds;
        while ((my $left = $end - time) > 0) { select undef, undef, undef, $left }
        exit 7;
    }
    push @workers, $pid;
}
print "manager $$ workers @workers\n";
select undef, undef, undef, 0.05 until $over;
kill TERM => @workers;
if ($manner eq 'wait') { waitpid $_, 0 for @workers }
exit 5;
