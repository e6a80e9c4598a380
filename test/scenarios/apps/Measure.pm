# What the Perl applications of the scenarios share: a step timed by their own clock, told in the file $MEASURED.
package Measure;
use strict;
use warnings;
use Exporter 'import';
use Time::HiRes 'time';
our @EXPORT = ('measure');

sub measure {
    my ($name, $step) = @_;
    my $began = time;
    my $result = $step->();
    open my $out, '>>', $ENV{MEASURED} or die "$ENV{MEASURED}: $!";
    printf $out "%s %.6f\n", $name, time - $began;
    close $out;
    return $result;
}
1;
