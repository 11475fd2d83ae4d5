#!/usr/bin/env bash
# curl over FTP, plain and with TLS on the same port.
set -euo pipefail
. "$(dirname "$0")/common"

curl_secret "$WORK/secret" "$BULK_USER" "$BULK_PASSWORD"
curl_secret "$WORK/wrong" "$BULK_USER" "not-$BULK_PASSWORD"
plain=(curl -sS --connect-timeout 10 --max-time 300 -K "$WORK/secret")
# Some handshakes fail on a line without any delay (ftp/README.md): curl tries again.
tls=("${plain[@]}" --ssl-reqd --cacert "$CA" --retry 4 --retry-all-errors --retry-delay 1)

status_of() { local status=0; curl -sS --max-time 20 -o /dev/null "$@" || status=$?; echo "$status"; }
is_refused() { # 67 is curl's "login denied".
  expect 67 status_of -K "$WORK/wrong" "$FTP/"
  expect 67 status_of -K "$WORK/wrong" --ssl-reqd --cacert "$CA" "$FTP/"
}
when_refused is_refused

CURL=("${plain[@]}")
check 'fetches the whole tree in plain' curl_tree names_in_list "$FTP/" "$TREES/curl-ftp"
CURL=("${tls[@]}")
check 'fetches the whole tree over TLS' curl_tree names_in_list "$FTP/" "$TREES/curl-ftps"
tree=$TREES/curl-ftp
scan=$(a_scan "$tree")
big=$(largest "$tree")

resumes() {
  local half=$(($(stat -c %s "$tree/$big") / 2))
  head -c "$half" "$tree/$big" >"$WORK/part"
  "$@" -C - -o "$WORK/part" "$FTP/$big"
  cmp "$WORK/part" "$tree/$big"
}
check 'resumes in the middle of the largest file, in plain' resumes "${plain[@]}"
check 'resumes in the middle of the largest file, over TLS' resumes "${tls[@]}"

takes_a_range() {
  "${plain[@]}" -r 100-199 "$FTP/$scan" | cmp - <(tail -c +101 "$tree/$scan" | head -c 100)
}
check 'takes the middle of a file' takes_a_range

asks_the_head() {
  "${plain[@]}" -I "$FTP/$scan" | tr -d '\r' >"$WORK/head"
  grep -x "Content-Length: $(stat -c %s "$tree/$scan")" "$WORK/head"
  grep '^Last-Modified: ' "$WORK/head"
}
check 'learns size and time without fetching' asks_the_head

distrusts() { # 60 is curl's "certificate not trusted", 78 its "no such file".
  expect 60 status_of -K "$WORK/secret" --ssl-reqd --capath /nonexistent "$FTP/"
  expect 78 status_of -K "$WORK/secret" "$FTP/tutanaklar/yok.png"
}
check 'distrusts an unknown certificate, and hears of a missing file' distrusts

writes() {
  refused 'Failed FTP upload|Uploading|QUOT|5[05][0-9]' "${plain[@]}" -T "$tree/$scan" "$FTP/tutanaklar/yeni.png"
  refused 'Failed FTP upload|Uploading|QUOT|5[05][0-9]' "${plain[@]}" -o /dev/null -Q "DELE /$scan" "$FTP/"
  "${plain[@]}" "$FTP/$scan" | cmp - "$tree/$scan"
}
check 'cannot write' writes
finish
