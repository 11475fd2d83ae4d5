#!/usr/bin/env bash
# Our own mirror and verify, and two verifiers that share no code with us, Python's and Go's, over what they copied.
set -euo pipefail
. "$(dirname "$0")/common"

root=$(cd "$(dirname "$0")/../.." && pwd)
tutanak=${TUTANAK:-$root/target/release/tutanak}
dogrula=(python3 "$root/samples/dogrula.py")
export TUTANAK_USER=$BULK_USER TUTANAK_PASSWORD=$BULK_PASSWORD
copy=$WORK/https

wrong_password() {
  expect 2 status env TUTANAK_PASSWORD="not-$BULK_PASSWORD" "$tutanak" mirror "$HTTPS/arsiv/" "$WORK/none" --ca "$CA"
}
status() { local got=0; "$@" >/dev/null 2>&1 || got=$?; echo "$got"; }
when_refused wrong_password

mirrors() { # URL DIR
  "$tutanak" mirror "$1" "$2" --ca "$CA" --json >"$WORK/told"
  "$tutanak" verify "$2" --json >"$WORK/verdict"
  grep '"right":true' "$WORK/verdict"
}
ftps=ftps://${FTP#*://}
check 'mirrors over HTTPS, and the copy verifies' mirrors "$HTTPS/arsiv/" "$copy"
check 'mirrors over FTPS, and the copy verifies' mirrors "$ftps" "$WORK/ftps"
same_log() { cmp "$copy/defter/checkpoint" "$WORK/ftps/defter/checkpoint" && diff -r "$copy/tutanaklar" "$WORK/ftps/tutanaklar"; }
check 'has the same log and scans both ways' same_log
nothing_new() { "$tutanak" mirror "$HTTPS/arsiv/" "$copy" --ca "$CA" --json | grep '"requests":1,'; }
check 'asks once where nothing is new' nothing_new
keeps_packs() {
  "$tutanak" mirror "$HTTPS/arsiv/" "$WORK/packs" --ca "$CA" --packs --json
  "$tutanak" verify "$WORK/packs" --json | grep '"right":true'
  python3 -c 'import sys, zipfile; [sys.exit(1) for z in sys.argv[1:] if zipfile.ZipFile(z).testzip()]' \
    "$(find "$WORK/packs/paketler" -name '*.zip' | head -n 1)"
}
check 'keeps packs, and they verify' keeps_packs

scan=$(a_scan "$copy")
curl_secret "$WORK/secret" "$BULK_USER" "$BULK_PASSWORD"
curl -sS --fail --cacert "$CA" -K "$WORK/secret" -o "$copy/$scan.tlog-proof" "$HTTPS/arsiv/$scan.tlog-proof"
check 'proves one scan by its file alone' "$tutanak" verify "$copy/$scan"

check 'Python: replays the copy, and hashes its scans' "${dogrula[@]}" "$copy"
check 'Python: replays the log of the server' "${dogrula[@]}" "$HTTPS/arsiv" --ca "$CA"
check 'Python: checks the proof of a scan' "${dogrula[@]}" "$copy/$scan" --key "$copy/defter/anahtar.txt"
build() { cd "$root/tests/clients/verify-go" && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$WORK/go go build -o "$WORK/verify" .; }
check 'Go: builds the verifier' build
check "Go: replays the copy, and checks the scan's proof" "$WORK/verify" "$copy" "$copy/$scan.tlog-proof"

# Each must find one flipped bit, wherever it is.
flipped() { # FILE COMMAND…: the command must fail while a bit of the file is flipped
  local file=$1 got=0
  shift
  cp "$file" "$WORK/sound"
  python3 -c 'import sys; b = bytearray(open(sys.argv[1], "rb").read()); b[len(b) // 2] ^= 1; open(sys.argv[1], "wb").write(b)' "$file"
  "$@" >"$WORK/said" 2>&1 || got=$?
  cp "$WORK/sound" "$file"
  [ "$got" = 1 ] || { echo "status $got for $file: $(cat "$WORK/said")"; return 1; }
}
finds() {
  local bundle tile
  bundle=$(find "$copy/defter/tile/entries" -type f | head -n 1)
  tile=$(find "$copy/defter/tile/0" -type f | head -n 1)
  for file in "$bundle" "$tile" "$copy/defter/checkpoint"; do
    flipped "$file" "$tutanak" verify "$copy"
    flipped "$file" "${dogrula[@]}" "$copy"
    flipped "$file" "$WORK/verify" "$copy"
  done
  flipped "$copy/$scan" "$tutanak" verify "$copy"
  flipped "$copy/$scan" "${dogrula[@]}" "$copy"
}
check 'all three find a flipped bit of an entry, a tile, the checkpoint; two of a scan' finds
finish
