#!/usr/bin/env bash
# lftp's mirror, the usual tool for a whole tree: plain FTP, FTP with TLS for commands and data, and HTTPS.
set -euo pipefail
. "$(dirname "$0")/common"

export HOME=$WORK # lftp keeps state, and reads settings, below the home directory.
common="set cmd:fail-exit yes
set net:timeout 20
set net:max-retries 5
set net:reconnect-interval-base 1
set ssl:ca-file $CA
set ssl:verify-certificate yes"
plain='set ftp:ssl-allow no'
tls='set ftp:ssl-force yes
set ftp:ssl-protect-data yes
set ftp:ssl-protect-list yes'

session() { # ADDRESS SETTINGS COMMAND: the password travels in the environment
  LFTP_PASSWORD=$password lftp -f <(printf '%s\n' "$common" "$2" "open --env-password -u '$BULK_USER' '$1'" "$3" 'exit')
}
mirror() { session "$1" "$2" "mirror --parallel=4 --verbose $4 . '$3'"; }
# What may change from one minute to the next is left out of the second look.
again() {
  mirror "$1" "$2" "$3" '--dry-run --exclude ^durum\.json$ --exclude ^listeler/ --exclude \.p/ --exclude \.zip\.sha256$' | tee "$WORK/again"
  ! grep -E '^(get|mget|rm|mkdir)|Transferring|New:' "$WORK/again"
}

is_refused() {
  password=not-$BULK_PASSWORD
  refused '530|Login failed' session "$FTP" "$plain" ls
  refused '530|Login failed' session "$FTP" "$tls" ls
  refused '401|429' session "$HTTPS/arsiv/" '' ls
}
when_refused is_refused

password=$BULK_PASSWORD
check 'mirrors the whole tree over plain FTP' mirror "$FTP" "$plain" "$TREES/lftp-ftp" ''
check 'finds nothing to transfer a second time, over plain FTP' again "$FTP" "$plain" "$TREES/lftp-ftp"
check 'mirrors the whole tree over FTP with TLS' mirror "$FTP" "$tls" "$TREES/lftp-ftps" ''
check 'finds nothing to transfer a second time, over FTP with TLS' again "$FTP" "$tls" "$TREES/lftp-ftps"
# What it says on the control connection: with nothing new, no command about any file. Of the few directories that have no
# time it asks one.
says_nothing_of_files() {
  local said=$WORK/said
  session "$FTP" "$1" "debug -o '$said' 5
mirror --parallel=4 --exclude ^listeler/ --exclude \\.p/ --exclude \\.zip\\.sha256\$ --exclude ^durum\\.json\$ . '$2'"
  grep -c -- '---> MLSD' "$said"
  ! grep -E -- '---> (RETR|SIZE|LIST|MLST|HASH|MDTM .*(\.(png|zip|json|csv|txt|meta4)|SHA256SUMS.*))' "$said"
  [ "$(grep -c -- '---> MDTM' "$said")" -lt 30 ]
}
check 'asks for no single file when nothing is new, over plain FTP' says_nothing_of_files "$plain" "$TREES/lftp-ftp"
check 'asks for no single file when nothing is new, over FTP with TLS' says_nothing_of_files "$tls" "$TREES/lftp-ftps"

goes_on() { # A mirror that was cut: one file is half, one is missing.
  local scan
  scan=$(a_scan "$2")
  cp "$2/$scan" "$WORK/kept"
  head -c 1000 "$WORK/kept" >"$2/$scan"
  session "$FTP" "$1" "mirror -c --parallel=4 tutanaklar '$2/tutanaklar'"
  cmp "$WORK/kept" "$2/$scan"
  rm "$2/$scan"
  session "$FTP" "$1" "mirror --only-newer --parallel=4 tutanaklar '$2/tutanaklar'"
  cmp "$WORK/kept" "$2/$scan"
}
check 'goes on with a mirror that was cut, over plain FTP' goes_on "$plain" "$TREES/lftp-ftp"
check 'goes on with a mirror that was cut, over FTP with TLS' goes_on "$tls" "$TREES/lftp-ftps"
check 'lists over IPv6' session "$FTP6" "$tls" 'cls -1 tutanaklar'
check 'lists where TLS comes before the greeting' session "$FTPS" '' 'cls -1 tutanaklar'
check 'mirrors the whole tree over HTTPS' mirror "$HTTPS/arsiv/" '' "$TREES/lftp-https" ''

resumes() {
  local big
  big=$(largest "$TREES/lftp-ftp")
  head -c $(($(stat -c %s "$TREES/lftp-ftp/$big") / 2)) "$TREES/lftp-ftp/$big" >"$WORK/part"
  session "$FTP" "$1" "get -c '$big' -o '$WORK/part'"
  cmp "$WORK/part" "$TREES/lftp-ftp/$big"
  # Four connections, each with a part of its own.
  session "$FTP" "$1" "pget -n 4 '$big' -o '$WORK/whole'"
  cmp "$WORK/whole" "$TREES/lftp-ftp/$big"
  rm "$WORK/whole"
}
check 'resumes, and fetches one file in four parts, over plain FTP' resumes "$plain"
check 'resumes, and fetches one file in four parts, over FTP with TLS' resumes "$tls"

writes() {
  echo x >"$WORK/x"
  refused 'Access failed: 5' session "$FTP" "$plain" "put '$WORK/x'"
  refused 'Access failed: 5' session "$FTP" "$plain" 'mkdir yeni-klasor'
  refused 'Access failed: 5' session "$FTP" "$plain" 'rm OKU-BENI.txt'
  refused 'Access failed: 5' session "$FTP" "$plain" 'mv OKU-BENI.txt x.txt'
}
check 'cannot write' writes
finish
