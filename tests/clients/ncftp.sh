#!/usr/bin/env bash
# ncftp: whole directories, and a transfer that goes on. It knows no TLS.
set -euo pipefail
. "$(dirname "$0")/common"

export HOME=$WORK # It keeps state below the home directory.
where=${FTP#ftp://}
login() { (umask 077; printf 'host %s\nuser %s\npass %s\n' "${where%:*}" "$BULK_USER" "$2" >"$1"); }
login "$WORK/right" "$BULK_PASSWORD"
login "$WORK/wrong" "not-$BULK_PASSWORD"
get() { ncftpget -f "$WORK/right" -P "${where##*:}" -r 1 -t 30 -V "$@"; }

is_refused() { refused 'Login|login|denied|530' ncftpget -f "$WORK/wrong" -P "${where##*:}" -r 1 -t 30 -V "$WORK" /OKU-BENI.txt; }
when_refused is_refused

tree=$TREES/ncftp-ftp
mirrors() {
  mkdir -p "$tree"
  get -R "$tree" /OKU-BENI.txt /durum.json /defter /listeler /paketler /tutanaklar
}
check 'fetches the whole tree' mirrors

resumes() {
  local scan
  scan=$(a_scan "$tree")
  mkdir -p "$WORK/part"
  head -c 1000 "$tree/$scan" >"$WORK/part/$(basename "$scan")"
  touch -r "$tree/$scan" "$WORK/part/$(basename "$scan")"
  get -z "$WORK/part" "/$scan"
  cmp "$WORK/part/$(basename "$scan")" "$tree/$scan"
}
check 'goes on with a file' resumes

takes_a_pattern() {
  local dir
  dir=$(dirname "$(a_scan "$tree")")
  mkdir -p "$WORK/some"
  get "$WORK/some" "/$dir/*.png"
  diff <(cd "$WORK/some" && ls) <(cd "$tree/$dir" && ls -- *.png)
}
check 'fetches what a pattern names' takes_a_pattern

writes() {
  echo x >"$WORK/x"
  refused '550|denied|read-only' ncftpput -f "$WORK/right" -P "${where##*:}" -r 1 -t 30 / "$WORK/x"
}
check 'cannot write' writes
finish
