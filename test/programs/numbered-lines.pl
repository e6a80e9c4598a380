# Writes lines "NUMBER filling" 1 to COUNT to standard output as fast as it is read, then makes the file `written`.
# Lengths go round through short, long and very long ones, so that what cuts lines is seen.
use strict;
use warnings;
my ($count) = @ARGV;
$SIG{PIPE} = 'IGNORE';
my $buffer = '';
my $flush = sub {
    while (length $buffer) {
        my $n = syswrite STDOUT, $buffer;
        die "write: $!" unless defined $n;
        substr $buffer, 0, $n, '';
    }
};
for my $i (1 .. $count) {
    my $length = $i % 1009 == 0 ? 9000 : $i % 101 == 0 ? 960 + $i % 50 : $i % 120;
    $buffer .= "$i " . 'x' x $length . "\n";
    $flush->() if length $buffer > 3000 + $i % 5000;
}
$flush->();
open my $done, '>', 'written' or die;
close $done;
sleep 1000 while 1;
