#!/usr/bin/perl
# calibrate.pl DIR SECONDS BYTES: how many synced writes of that size this disk does in that time, 40 to 200.
use strict;
use warnings;
use File::Basename;
use IO::Handle;
use lib dirname(__FILE__);
use Common;

my ($dir, $seconds, $bytes) = @ARGV;
my $path = "$dir/calibrate";
open my $f, '>', $path or die "$path: $!\n";
my ($n, $start) = (0, now());
do {
    syswrite $f, 'x' x $bytes or die "$path: $!\n";
    $f->sync or die "$path: fsync: $!\n";
    $n++;
} until now() - $start > 0.25 && $n >= 5;
my $each = (now() - $start) / $n;
unlink $path;
my $records = int($seconds / $each);
print $records < 40 ? 40 : $records > 200 ? 200 : $records, "\n";
