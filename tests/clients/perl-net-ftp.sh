#!/usr/bin/env bash
# Perl's Net::FTP, plain and with TLS: walks by LIST, fetches, resumes.
set -euo pipefail
. "$(dirname "$0")/common"

where=${FTP#ftp://}
perl_ftp() { # plain|tls WHAT [ARGUMENT…]
  HOST=${where%:*} PORT=${where##*:} PASSWORD=$password perl - "$@" <<'END'
use strict; use warnings; use Net::FTP; use File::Path qw(make_path); use File::Basename qw(dirname);
my ($how, $what, @rest) = @ARGV;
my $ftp = Net::FTP->new($ENV{HOST}, Port => $ENV{PORT}, Passive => 1, Timeout => 30, SSL_ca_file => $ENV{CA}) or die "no connection: $@";
if ($how eq 'tls') { $ftp->starttls() or die 'no TLS: ' . $ftp->message }
$ftp->login($ENV{BULK_USER}, $ENV{PASSWORD}) or die 'login: ' . $ftp->message;
if ($how eq 'tls') { $ftp->prot('P') or die 'PROT: ' . $ftp->message }
$ftp->binary;
sub walk {
  my ($dir, $to) = @_;
  my @lines = $ftp->dir($dir); $ftp->ok or die "LIST $dir: " . $ftp->message;
  for (@lines) {
    my ($mode, $name) = (split ' ', $_, 9)[0, 8];
    if ($mode =~ /^d/) { walk("$dir$name/", "$to/$name") }
    else { make_path($to); $ftp->get("$dir$name", "$to/$name") or die "$dir$name: " . $ftp->message }
  }
}
if ($what eq 'walk') { walk('/', $rest[0]) }
elsif ($what eq 'resume') { $ftp->get($rest[0], $rest[1], -s $rest[1]) or die $ftp->message }
elsif ($what eq 'sizes') {
  my ($path, $size) = @rest;
  die 'SIZE ' . $ftp->size($path) unless $ftp->size($path) == $size;
  die 'MDTM' unless $ftp->mdtm($path) > 0;
  $ftp->cwd(dirname($path)) or die 'CWD'; die 'PWD ' . $ftp->pwd unless $ftp->pwd eq dirname($path);
  my @names = $ftp->ls('*.png'); die "NLST @names" unless @names && !grep { !/\.png$/ } @names;
  exit if $how eq 'tls'; # It sends ABOR's urgent bytes beside its own encryption, which no TLS connection survives.
  my $data = $ftp->retr($path) or die $ftp->message; my $some; $data->read($some, 100); $data->abort;
  die 'after ABOR' unless $ftp->size($path) == $size;
}
elsif ($what eq 'write') { die 'was not refused' if $ftp->put($rest[0], '/x.png') || $ftp->delete('/OKU-BENI.txt') || $ftp->mkdir('/x') }
$ftp->quit;
END
}

is_refused() {
  password=not-$BULK_PASSWORD
  for how in plain tls; do refused 'login:' perl_ftp "$how" walk "$WORK"; done
}
when_refused is_refused

password=$BULK_PASSWORD
for how in plain tls; do
  tree=$TREES/net-ftp-$how
  check "fetches the whole tree, $how" perl_ftp "$how" walk "$tree"
  scan=$(a_scan "$tree")
  resumes() {
    head -c 1000 "$tree/$scan" >"$WORK/part"
    perl_ftp "$how" resume "/$scan" "$WORK/part"
    cmp "$WORK/part" "$tree/$scan"
  }
  check "resumes, $how" resumes
  check "asks size and time, names by pattern, and breaks off, $how" perl_ftp "$how" sizes "/$scan" "$(stat -c %s "$tree/$scan")"
  check "cannot write, $how" perl_ftp "$how" write "$tree/$scan"
done
finish
