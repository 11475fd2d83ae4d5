#!/usr/bin/env bash
# A board's upload by curl alone: the address is the content, a retry is the same request, and what was taken in can
# be read back by every channel.
set -euo pipefail
. "$(dirname "$0")/common"

(umask 077
  printf 'header = "Authorization: Bearer %s"\n' "$BOARD_TOKEN" >"$WORK/board"
  printf 'header = "Authorization: Bearer not-%s"\n' "$BOARD_TOKEN" >"$WORK/wrong")
curl_secret "$WORK/party" "$BULK_USER" "$BULK_PASSWORD"
scan=$(find "$SAMPLES" -name '*.png' | sort | sed -n 1p)
[ -n "$scan" ] || { echo "FAIL  upload: no sample below $SAMPLES"; exit 1; }
digest=$(sha256sum <"$scan" | cut -c1-64)
CURL=(curl -sS --cacert "$CA" --connect-timeout 10 --max-time 60)
put() { "${CURL[@]}" -K "$1" -T "$2" -H 'Content-Type: image/png' -o "$4" -w '%{http_code}' "$HTTPS/v1/scans/$3"; }
field() { python3 -c 'import json, sys; value = json.load(open(sys.argv[1]))[sys.argv[2]]; print("" if value is None else value)' "$1" "$2"; }

when_refused expect 401 put "$WORK/wrong" "$scan" "$digest" "$WORK/refused"

is_kept() {
  first=$(put "$WORK/board" "$scan" "$digest" "$WORK/first")
  case $first in 200 | 201) ;; *) echo "first PUT: $first"; cat "$WORK/first"; return 1 ;; esac
  expect 200 put "$WORK/board" "$scan" "$digest" "$WORK/second"
  expect "$digest" field "$WORK/second" sha256
  expect "$(field "$WORK/first" position)" field "$WORK/second" position
}
check 'gets a receipt, and the same position for the same bytes again' is_kept

is_readable() {
  path=$(field "$WORK/first" path)
  [ -n "$path" ] || { echo "parked: $(cat "$WORK/first")"; return 1; }
  path=${path#/}
  "${CURL[@]}" --fail -K "$WORK/party" "$HTTPS/arsiv/$path" | cmp - "$scan"
  "${CURL[@]}" -K "$WORK/party" --ssl-reqd --retry 4 --retry-all-errors --retry-delay 1 "$FTP/$path" | cmp - "$scan"
}
check 'is read back whole over HTTPS and FTP' is_readable

is_refused() {
  local status
  status=$(put "$WORK/party" "$scan" "$digest" "$WORK/refused")
  case $status in 401 | 403) ;; *) echo "with a party's credential: $status"; return 1 ;; esac
  head -c 1000 "$scan" >"$WORK/torn"
  status=$(put "$WORK/board" "$WORK/torn" "$digest" "$WORK/refused")
  case $status in 4??) ;; *) echo "bytes of another digest: $status"; return 1 ;; esac
  status=$(put "$WORK/board" "$WORK/torn" "$(sha256sum <"$WORK/torn" | cut -c1-64)" "$WORK/refused")
  case $status in 4??) ;; *) echo "a torn PNG: $status"; return 1 ;; esac
}
check 'is refused from a party, with other bytes, and torn' is_refused
finish
