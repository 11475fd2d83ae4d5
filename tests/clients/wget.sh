#!/usr/bin/env bash
# wget, recursive, over HTTPS, FTP and FTP with TLS.
set -euo pipefail
. "$(dirname "$0")/common"

# The secret goes in a file of settings, not on the command line.
settings() {
  (umask 077; printf 'user = %s\npassword = %s\nca_certificate = %s\n' "$BULK_USER" "$2" "$CA" >"$1")
}
settings "$WORK/rc" "$BULK_PASSWORD"
settings "$WORK/wrong" "not-$BULK_PASSWORD"
export WGETRC=$WORK/rc
WGET=(wget -nv --tries 2 --timeout 30 --no-hsts -e robots=off)
is_refused() {
  for url in "$HTTPS/arsiv/" "$FTP/" "${FTP/#ftp:/ftps:}/"; do
    WGETRC=$WORK/wrong refused 'Authentication Failed|Too Many Requests|Login incorrect' "${WGET[@]}" -O /dev/null "$url"
  done
}
when_refused is_refused

mirror() { # DIR CUT URL: without wget's own listings, which are not files of the tree
  mkdir -p "$1"
  "${WGET[@]}" -r -l inf -np -nH --cut-dirs "$2" -N -R 'index.html,index.html.tmp' -P "$1" "$3"
}

check 'mirrors the whole tree over HTTPS' mirror "$TREES/wget-https" 1 "$HTTPS/arsiv/"
check 'mirrors the whole tree over plain FTP' mirror "$TREES/wget-ftp" 0 "$FTP/"
check 'mirrors the whole tree over FTP with TLS' mirror "$TREES/wget-ftps" 0 "${FTP/#ftp:/ftps:}/"

again() {
  mirror "$TREES/wget-https" 1 "$HTTPS/arsiv/tutanaklar/" 2>&1 | tee "$WORK/again"
  ! grep -F '.png"' "$WORK/again"
}
check 'transfers no scan a second time' again

resumes() {
  local scan size
  scan=$(a_scan "$TREES/wget-https")
  size=$(stat -c %s "$TREES/wget-https/$scan")
  for url in "$HTTPS/arsiv" "$FTP" "${FTP/#ftp:/ftps:}"; do
    head -c $((size / 2)) "$TREES/wget-https/$scan" >"$WORK/$(basename "$scan")"
    "${WGET[@]}" -c -P "$WORK" "$url/$scan"
    cmp "$WORK/$(basename "$scan")" "$TREES/wget-https/$scan"
  done
}
check 'resumes in the middle of a file, by each protocol' resumes

resumes() {
  local scan
  scan=$(a_scan "$TREES/wget-ftp")
  head -c 1000 "$TREES/wget-ftp/$scan" >"$WORK/part.png"
  (cd "$WORK" && "${WGET[@]}" -c -O part.png "$1/$scan")
  cmp "$WORK/part.png" "$TREES/wget-ftp/$scan"
}
check 'resumes over plain FTP' resumes "$FTP"
check 'resumes over FTP with TLS' resumes "${FTP/#ftp:/ftps:}"
finish
