#!/usr/bin/env bash
# wget2 (Fedora's wget), recursive, over HTTPS. It takes what is said to be a Metalink for more of the page's own links: a
# tree with one must still come to an end.
set -euo pipefail
. "$(dirname "$0")/common"

# The secret goes in a file of settings, not on the command line.
settings() {
  (umask 077; printf 'user = %s\npassword = %s\nca-certificate = %s\n' "$BULK_USER" "$2" "$CA" >"$1")
}
settings "$WORK/rc" "$BULK_PASSWORD"
settings "$WORK/wrong" "not-$BULK_PASSWORD"
WGET2=(wget2 --config="$WORK/rc" -nv --tries 2 --timeout 30 --no-hsts --robots=off --progress=none)
is_refused() { # It ends with 0 when it is told to wait, so only what it says tells that it got nothing.
  local said
  said=$(wget2 --config="$WORK/wrong" -v --tries 1 --timeout 30 --no-hsts --progress=none -O "$WORK/nothing" \
    "$HTTPS/arsiv/durum.json" 2>&1) || true
  grep -qE 'ERROR response (401|429)' <<<"$said" || { echo "was not refused: $said"; return 1; }
  [ ! -s "$WORK/nothing" ] || ! grep -q '"size"' "$WORK/nothing" || { echo 'got the file'; return 1; }
}
when_refused is_refused

mirror() { # DIR URL: without wget2's own listings, which are not files of the tree
  mkdir -p "$1"
  timeout 300 "${WGET2[@]}" -r -l 20 -np -nH --cut-dirs 1 -N -P "$1" "$2"
  find "$1" -name 'index.html*' -delete
}
check 'mirrors the whole tree over HTTPS, to an end' mirror "$TREES/wget2-https" "$HTTPS/arsiv/"

has_metalinks() { find "$TREES/wget2-https" -name indir.meta4 | grep -q .; }
check 'with its Metalinks as files' has_metalinks

as_readme_says() { # The line of README.md, with the password from a file.
  (cd "$WORK" && timeout 300 "${WGET2[@]}" -r -np -nH -c "$HTTPS/arsiv/tutanaklar/")
  cmp "$WORK/arsiv/$(a_scan "$TREES/wget2-https")" "$TREES/wget2-https/$(a_scan "$TREES/wget2-https")"
  (cd "$WORK" && timeout 300 "${WGET2[@]}" -r -np -nH -c "$HTTPS/arsiv/tutanaklar/")
}
check "does what README's line says, and again" as_readme_says
finish
