#!/usr/bin/env bash
# aria2 over a district's Metalink (RFC 5854): it fetches every scan that is named there and checks each digest.
set -euo pipefail
. "$(dirname "$0")/common"

settings() { # PASSWORD: in a file, so that it is no argument that every user of the machine can list
  (umask 077; printf '%s\n' "http-user=$BULK_USER" "http-passwd=$1" "ca-certificate=$CA" \
    check-integrity=true max-tries=3 summary-interval=0 console-log-level=error >"$WORK/aria2.conf")
}
by_metalink() { aria2c --conf-path="$WORK/aria2.conf" --metalink-file="$1" --dir="$2"; } # METALINK DIR

curl_secret "$WORK/secret" "$BULK_USER" "$BULK_PASSWORD"
fetch() { curl -sS --fail --cacert "$CA" -K "$WORK/secret" "$HTTPS/arsiv/$1"; }

wrong_password() {
  settings "not-$BULK_PASSWORD"
  refused 'Authorization failed|status=429' aria2c --conf-path="$WORK/aria2.conf" --dir="$WORK" "$HTTPS/arsiv/OKU-BENI.txt"
}
when_refused wrong_password
settings "$BULK_PASSWORD"

# The first district that has scans: two levels below the directory of all.
district=tutanaklar/$(fetch tutanaklar/ | names_in_html | head -n 1)
district=$district$(fetch "$district" | names_in_html | grep '/$' | head -n 1)
fetch "${district}indir.meta4" >"$WORK/indir.meta4"
fetch "${district}SHA256SUMS-ILCE" >"$WORK/SHA256SUMS-ILCE"
# Its addresses carry the service's name, whatever address it was asked at.
named=https://localhost:${HTTPS##*:}
carries_addresses() { grep -q "<url>$named/arsiv/$district" "$WORK/indir.meta4"; }
check 'finds whole addresses, with the port' carries_addresses

fetches() {
  by_metalink "$WORK/indir.meta4" "$WORK/district"
  (cd "$WORK/district" && sha256sum -c --strict --quiet ../SHA256SUMS-ILCE)
  expect "$(wc -l <"$WORK/SHA256SUMS-ILCE")" find_count
}
find_count() { find "$WORK/district" -name '*.png' | wc -l; }
check 'fetches what a Metalink names, and every digest is right' fetches

finds() {
  sed -E '0,/(<hash type="sha-256">)[0-9a-f]{8}/s//\100000000/' "$WORK/indir.meta4" >"$WORK/wrong.meta4"
  refused 'checksum|Checksum' by_metalink "$WORK/wrong.meta4" "$WORK/wrong"
}
check 'finds a scan that is not what the Metalink says' finds
finish
