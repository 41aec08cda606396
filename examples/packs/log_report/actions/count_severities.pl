#!/usr/bin/env perl
# Counts the lines of the file that the parameter `path` names.
use strict;
use warnings;
use Log::Tally;

my %parameters = map { /^(\w+)='?(.*?)'?\s*$/ ? ($1 => $2) : () } <STDIN>;
my $path = $parameters{path} or die "the parameter `path` is missing\n";
open my $log, '<', $path or die "$path: $!\n";
my $tally = Log::Tally->new;
$tally->add($_) while <$log>;
print $tally->json, "\n";
