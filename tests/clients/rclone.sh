#!/usr/bin/env bash
# rclone over HTTPS, plain FTP and FTP with TLS, and its comparison of what it has with SHA256SUMS of the archive.
set -euo pipefail
. "$(dirname "$0")/common"

where=${FTP#ftp://}
# rclone's FTP part takes trusted certificates from Go's own variable only, its HTTP part from both.
unset AWS_CA_BUNDLE
export SSL_CERT_FILE=$CA RCLONE_CONFIG=$WORK/rclone.conf RCLONE_RETRIES=1 RCLONE_LOW_LEVEL_RETRIES=1 RCLONE_TIMEOUT=30s
remotes() { # SUFFIX PASSWORD: three remotes in the file of settings, which only this user may read
  local obscured
  obscured=$(rclone obscure - <<<"$2")
  cat <<END
[https$1]
type = http
url = $HTTPS/arsiv/
headers = Authorization,Basic $(printf '%s:%s' "$BULK_USER" "$2" | base64 -w 0)

[ftp$1]
type = ftp
host = ${where%:*}
port = ${where##*:}
user = $BULK_USER
pass = $obscured

[ftps$1]
type = ftp
host = ${where%:*}
port = ${where##*:}
user = $BULK_USER
pass = $obscured
explicit_tls = true

END
}
(umask 077; { remotes '' "$BULK_PASSWORD"; remotes -wrong "not-$BULK_PASSWORD"; } >"$RCLONE_CONFIG" 2>"$WORK/obscure.log")

is_refused() {
  for by in https ftp ftps; do refused '401|429|530' rclone lsf "$by-wrong:"; done
}
when_refused is_refused

for by in https ftp ftps; do
  tree=$TREES/rclone-$by
  check "copies the whole tree by $by" rclone copy --transfers 4 --checkers 4 "$by:" "$tree"

  again() {
    rclone copy -v --transfers 4 --exclude /durum.json --exclude '/listeler/**' --exclude '*.p/**' --exclude '*.zip.sha256' "$by:" "$tree" 2>&1 | tee "$WORK/again"
    ! grep -E ': Copied' "$WORK/again"
  }
  check "copies nothing a second time by $by" again

  syncs() { # What is gone here comes back, and what is too much here goes.
    local scan
    scan=$(a_scan "$tree")
    mv "$tree/$scan" "$WORK/kept"
    echo x >"$tree/tutanaklar/fazla.txt"
    rclone sync --transfers 4 "$by:tutanaklar" "$tree/tutanaklar"
    cmp "$WORK/kept" "$tree/$scan"
    [ ! -e "$tree/tutanaklar/fazla.txt" ]
  }
  check "brings a tree that was changed back in order by $by" syncs

  compares() {
    local dir
    dir=$(dirname "$(a_scan "$tree")")
    rclone checksum sha256 "$by:$dir/SHA256SUMS" "$by:$dir" --download --one-way
    rclone check -C SHA256 "$by:$dir/SHA256SUMS" "$tree/$dir" --one-way
  }
  check "finds every checksum right by $by" compares
done

writes() {
  echo x >"$WORK/x"
  for by in ftp ftps; do
    refused '5[035][0-9]' rclone copyto "$WORK/x" "$by:tutanaklar/x.png"
    rclone deletefile "$by:OKU-BENI.txt" || true # It takes every 550 for "gone already", so look.
    expect OKU-BENI.txt rclone lsf --files-only "$by:" --include OKU-BENI.txt
  done
}
check 'cannot write' writes
finish
