# What the demo's programs share. Only modules of Debian's perl-base are used.
package Common;
use strict;
use warnings;
use POSIX ();
use Exporter 'import';
our @EXPORT = qw(now say_log measured setting spew slurp);

# Time::HiRes is not in perl-base; the system call's number depends on the machine.
my %clock_gettime = (x86_64 => 228, aarch64 => 113);
my $number = $clock_gettime{ (POSIX::uname())[4] };

# Seconds on the monotonic clock.
sub now {
    if (defined $number) {
        my $buffer = "\0" x 16;
        if (syscall($number, 1, $buffer) == 0) {
            my ($seconds, $nanoseconds) = unpack 'q2', $buffer;
            return $seconds + $nanoseconds / 1e9;
        }
    }
    return (POSIX::times())[0] / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

sub say_log { print STDOUT "[$$] @_\n" }

sub setting {
    my ($name) = @_;
    defined $ENV{$name} or die "$0: $name is not set\n";
    return $ENV{$name};
}

# What a step took by the program's own clock, for whoever wants to compare.
sub measured {
    my ($step, $seconds) = @_;
    open my $f, '>>', setting('DATA') . '/measured' or die "measured: $!\n";
    syswrite $f, sprintf "%s %.6f\n", $step, $seconds;
    say_log(sprintf '%s took %.3f s', $step, $seconds);
}

# Readers never see half a file.
sub spew {
    my ($path, $text) = @_;
    open my $f, '>', "$path.new" or die "$path.new: $!\n";
    print $f $text;
    close $f or die "$path.new: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
}

sub slurp {
    my ($path) = @_;
    open my $f, '<', $path or return undef;
    local $/;
    return scalar <$f>;
}

1;
