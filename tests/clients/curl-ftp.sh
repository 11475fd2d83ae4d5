#!/usr/bin/env bash
# curl over FTP: plain, with TLS on the same port, with TLS from the first byte on, and over IPv6.
set -euo pipefail
. "$(dirname "$0")/common"

curl_secret "$WORK/secret" "$BULK_USER" "$BULK_PASSWORD"
curl_secret "$WORK/wrong" "$BULK_USER" "not-$BULK_PASSWORD"
plain=(curl -sS --connect-timeout 10 --max-time 300 -K "$WORK/secret")
tls=("${plain[@]}" --ssl-reqd --cacert "$CA")

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

resumes_at_every_tenth_byte() { # The smallest file: a cut may fall anywhere.
  local small size cut
  small=$(cd "$tree" && find . -type f -size +0 -printf '%s %P\n' | grep -v durum.json | sort -n | sed -n '1s/^[0-9]* //p')
  size=$(stat -c %s "$tree/$small")
  for cut in $(seq 0 10 "$size"); do
    head -c "$cut" "$tree/$small" >"$WORK/part"
    "${plain[@]}" -C - -o "$WORK/part" "$FTP/$small"
    cmp "$WORK/part" "$tree/$small"
  done
}
check 'resumes after a cut at every tenth byte of a small file' resumes_at_every_tenth_byte

finds_its_way() { # As one path, directory by directory, and with the whole path for each.
  local method
  for method in nocwd singlecwd multicwd; do
    "${plain[@]}" --ftp-method "$method" "$FTP/$scan" | cmp - "$tree/$scan"
    "${tls[@]}" --ftp-method "$method" "$FTP/$scan" | cmp - "$tree/$scan"
    "${plain[@]}" --ftp-method "$method" --disable-epsv "$FTP/$scan" | cmp - "$tree/$scan"
  done
}
check 'finds a file by each of its three methods, by EPSV and by PASV' finds_its_way

begins_with_tls() {
  "${plain[@]}" --cacert "$CA" "$FTPS/$scan" | cmp - "$tree/$scan"
  expect 67 status_of -K "$WORK/wrong" --cacert "$CA" "$FTPS/"
}
check 'fetches where TLS comes before the greeting' begins_with_tls

speaks_ipv6() {
  "${plain[@]}" -6 "$FTP6/$scan" | cmp - "$tree/$scan"
  "${tls[@]}" -6 "$FTP6/$scan" | cmp - "$tree/$scan"
}
check 'fetches over IPv6, in plain and over TLS' speaks_ipv6

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
