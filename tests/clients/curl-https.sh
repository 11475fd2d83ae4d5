#!/usr/bin/env bash
# curl over HTTPS: the whole archive by its links, and what a careful program does with single files.
set -euo pipefail
. "$(dirname "$0")/common"

archive=$HTTPS/arsiv
curl_secret "$WORK/secret" "$BULK_USER" "$BULK_PASSWORD"
curl_secret "$WORK/wrong" "$BULK_USER" "not-$BULK_PASSWORD"
bare=(curl -sS --cacert "$CA" --connect-timeout 10 --max-time 300)
CURL=("${bare[@]}" -K "$WORK/secret")
code() { "$@" -o /dev/null -w '%{http_code}'; }
tree=$TREES/curl-https
# The clients before this one have tried wrong passwords from the same address: 429 asks to wait.
wrong_password() { case $(code "${bare[@]}" -K "$WORK/wrong" "$archive/OKU-BENI.txt") in 401 | 429) ;; *) return 1 ;; esac }
when_refused wrong_password

check 'fetches the whole tree by its links' curl_tree names_in_html "$archive/" "$tree"
scan=$(a_scan "$tree")
big=$(largest "$tree")

resumes() {
  local half=$(($(stat -c %s "$tree/$big") / 2))
  head -c "$half" "$tree/$big" >"$WORK/part"
  expect 206 "${CURL[@]}" -C - -o "$WORK/part" -w '%{http_code}' "$archive/$big"
  cmp "$WORK/part" "$tree/$big"
}
check 'resumes in the middle of the largest file' resumes

asks_again() {
  "${CURL[@]}" --fail -o /dev/null --etag-save "$WORK/etag" -D "$WORK/head" "$archive/$scan"
  expect 304 code "${CURL[@]}" --etag-compare "$WORK/etag" "$archive/$scan"
  expect 304 code "${CURL[@]}" -z "$(sed -n 's/^last-modified: *//Ip' "$WORK/head" | tr -d '\r')" "$archive/$scan"
}
check 'is told 304 for what it has, by ETag and by date' asks_again

check 'finds the digest in the ETag' grep -i "$(sha256sum <"$tree/$scan" | cut -c1-64)" "$WORK/etag"

takes_a_range() {
  expect 206 code "${CURL[@]}" -r 100-199 "$archive/$scan"
  "${CURL[@]}" --fail -r 100-199 "$archive/$scan" | cmp - <(tail -c +101 "$tree/$scan" | head -c 100)
  "${CURL[@]}" --fail -r -100 "$archive/$scan" | cmp - <(tail -c 100 "$tree/$scan")
  expect 416 code "${CURL[@]}" -r 99999999999- "$archive/$scan"
}
check 'takes ranges: inside, the end, and none beyond it' takes_a_range

asks_the_head() {
  "${CURL[@]}" --fail -I "$archive/$scan" | tr -d '\r' >"$WORK/head"
  grep -ix "content-length: $(stat -c %s "$tree/$scan")" "$WORK/head"
  grep -i '^content-type: image/png' "$WORK/head"
}
check 'learns size and type from HEAD' asks_the_head

is_refused() {
  expect 401 code "${bare[@]}" "$archive/"
  expect 401 code "${bare[@]}" "$archive/$scan"
  refused 'certificate' curl -sS --max-time 20 -o /dev/null -K "$WORK/secret" --capath /nonexistent "$archive/"
}
check 'is refused without a password, and distrusts an unknown certificate' is_refused

writes() {
  local method status
  for method in PUT DELETE POST; do
    status=$(code "${CURL[@]}" -X "$method" --data x "$archive/$scan")
    case $status in 40[1345]) ;; *) echo "$method: $status"; return 1 ;; esac
  done
  "${CURL[@]}" --fail "$archive/$scan" | cmp - "$tree/$scan"
}
check 'cannot write' writes
check 'is told 404 for what is not there' expect 404 code "${CURL[@]}" "$archive/yok/boyle-bir-dosya.png"
finish
