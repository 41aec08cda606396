package Log::Tally;

# Counts lines by the first severity that each names.
use strict;
use warnings;

our $VERSION = '1.2';

my @SEVERITIES = qw(debug info warning error critical);

sub new { my ($class) = @_; return bless { map { $_ => 0 } @SEVERITIES, 'other' }, $class }

sub add {
    my ($self, $line) = @_;
    my ($severity) = grep { $line =~ /\b$_\b/i } @SEVERITIES;
    $self->{ $severity // 'other' }++;
    return $self;
}

sub json {
    my ($self) = @_;
    return '{' . join(', ', map { "\"$_\": $self->{$_}" } @SEVERITIES, 'other') . '}';
}

1;
