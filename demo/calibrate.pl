#!/usr/bin/perl
# calibrate.pl DIR SECONDS BYTES: how many writes of that size this disk syncs in that time, 40 to 1000.
use strict;
use warnings;
use File::Basename;
use IO::Handle;
use lib dirname(__FILE__);
use Common;

my ($dir, $seconds, $bytes) = @ARGV;
my $path = "$dir/calibrate";
open my $f, '>', $path or die "$path: $!\n";
my ($n, $synced, $begun) = (0, 0, now());
do {
    syswrite $f, 'x' x $bytes or die "$path: $!\n";
    my $start = now();
    $f->sync or die "$path: fsync: $!\n";
    $synced += now() - $start;
    $n++;
} until now() - $begun > 0.25 && $n >= 5;
my $each = $synced / $n;
unlink $path;
my $records = int($seconds / $each);
print $records < 40 ? 40 : $records > 1000 ? 1000 : $records, "\n";
