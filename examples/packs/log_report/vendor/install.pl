#!/usr/bin/env perl
# Copies the modules that a cpanfile requires: install.pl CPANFILE FROM TO
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);

my ($cpanfile, $from, $to) = @ARGV;
die "usage: install.pl CPANFILE FROM TO\n" unless defined $to;
open my $lines, '<', $cpanfile or die "$cpanfile: $!\n";
while (my $line = <$lines>) {
    next unless $line =~ /^\s*requires\s+'([\w:]+)'(?:\s*,\s*'([\d.]+)')?/;
    my ($module, $needed) = ($1, $2 // 0);
    my $file = join('/', split /::/, $module) . '.pm';
    die "$module is not among the modules of the pack\n" unless -f "$from/$file";
    open my $source, '<', "$from/$file" or die "$from/$file: $!\n";
    my ($version) = map { /\$VERSION\s*=\s*'([\d.]+)'/ ? $1 : () } <$source>;
    die "$module is version " . ($version // 'unknown') . ", needed is $needed\n" if ($version // 0) < $needed;
    make_path(dirname("$to/$file"));
    copy("$from/$file", "$to/$file") or die "$to/$file: $!\n";
    print "installed $module $version\n";
}
