#!/usr/bin/env bash
# A medium for an independent candidate, judged by programs that are not ours: BagIt's own validator, sha256sum,
# ssh-keygen, age and tar, LibreOffice, and a browser that opens the pages from the disk.
#
# The service is the script's own: whoever judges media needs operators and a candidate, which the demo has not.
set -euo pipefail
. "$(dirname "$0")/common"
[ "$phase" = fetch ] || exit 0 # No password is tried here.

root=$(cd "$(dirname "$0")/../.." && pwd)
tutanak=${TUTANAK:-$root/target/release/tutanak}
bagit=$root/tests/clients/.venv/bin/bagit.py
service=$WORK/service medium=$WORK/usb
export TUTANAK_CONFIG=$service/tutanak.toml
unset TUTANAK_USER TUTANAK_PASSWORD

app() { python3 "$root/tests/clients/medium/app.py" "$1" "$WORK/steps"; }
first() { TUTANAK_CODE=$(app "$TUTANAK_APP") "$tutanak" "$@"; }
second() {
  TUTANAK_USER=$TUTANAK_SECOND_USER TUTANAK_PASSWORD=$TUTANAK_SECOND_PASSWORD TUTANAK_CODE=$(app "$TUTANAK_SECOND_APP") "$tutanak" "$@"
}
both() { TUTANAK_CODE=$(app "$TUTANAK_APP") TUTANAK_SECOND_CODE=$(app "$TUTANAK_SECOND_APP") "$tutanak" "$@"; }

set_up() {
  "$tutanak" init "$service"
  "$tutanak" election import "$root/samples/election"
  python3 -B "$root/tests/clients/medium/stock.py" "$tutanak" "$service" "$root/samples" "$WORK/pages"
  # shellcheck source=/dev/null
  . "$WORK/operators"
  both gate lift-ban --reason 'YSK kararı 2024/1'
  first export request --candidate aday-1 --reason 'Dilekçe 2024/15, 1.4.2024'
  first export approve 1
  second export approve 1
}
check 'a service with scans, two operators and a candidate' set_up
# shellcheck source=/dev/null
. "$WORK/operators"

writes() {
  mkdir -p "$medium"
  both export --candidate aday-1 --to "$medium" | tee "$WORK/receipt"
  grep 'TESLİM TUTANAĞI' "$WORK/receipt"
}
check 'writes the medium, and prints its receipt' writes
check 'says itself that the medium is right' "$tutanak" verify "$medium" --lang tr

validates() { "$bagit" --validate "$medium"; }
check 'bagit-python: the bag is valid' validates
finds_a_byte() { # One byte of one scan, and bagit-python finds it too.
  local scan got=0
  cp -r "$medium" "$WORK/changed"
  scan=$(find "$WORK/changed/data/tutanaklar" -name '*.png' | sort | head -n 1)
  printf x | dd of="$scan" bs=1 seek=100 conv=notrunc status=none
  "$bagit" --validate "$WORK/changed" || got=$?
  [ "$got" != 0 ]
  got=0
  "$tutanak" verify "$WORK/changed" --json >"$WORK/told" || got=$?
  [ "$got" = 1 ]
  grep -F "${scan#"$WORK/changed/"}" "$WORK/told"
}
check 'bagit-python and ours: one changed byte is found' finds_a_byte

# The commands of DOGRULA.txt, as they stand there.
sums() { cd "$medium" && sha256sum -c --quiet manifest-sha256.txt && sha256sum -c --quiet tagmanifest-sha256.txt; }
check 'sha256sum: every file is as the manifests say' sums
told() { grep -F "$1" "$medium/DOGRULA.txt" | head -n 1 | tr -d '\r' | sed 's/^ *//'; }
ssh_verifies() {
  local command
  command=$(told 'ssh-keygen -Y verify')
  (cd "$medium" && bash -c "$command") >"$WORK/good"
  grep '^Good "tutanak-medium" signature' "$WORK/good"
  grep -F "$("$tutanak" key show --ssh | tail -n 1)" "$WORK/good"
  grep -F "$("$tutanak" key show --ssh | tail -n 1)" "$WORK/receipt"
  if (cd "$WORK/changed" && printf x >>tagmanifest-sha256.txt && bash -c "$command"); then return 1; fi
}
check 'ssh-keygen: the signature is good, and of the key that is shown; a changed one is not' ssh_verifies
for directory in $(cd "$medium/data" && find tutanaklar -name SHA256SUMS -printf '%h\n'); do
  check "sha256sum: $directory" bash -c "cd '$medium/data/$directory' && sha256sum -c --quiet SHA256SUMS"
done

# A stick as it is bought: FAT32. Taken off, and plugged in again.
plug_in() { fusefat -o rw+ "$WORK/stick" "$WORK/fat" >"$WORK/fusefat.log" 2>&1; }
on_fat() {
  PATH=$PATH:/usr/sbin:/sbin
  truncate -s 256M "$WORK/stick"
  mkfs.vfat -F 32 "$WORK/stick"
  mkdir "$WORK/fat"
  plug_in
  both export --candidate aday-1 --medium 1 --to "$WORK/fat"
  fusermount -u "$WORK/fat"
  fsck.vfat -n "$WORK/stick"
  plug_in
  "$tutanak" verify "$WORK/fat" --lang tr
  (cd "$WORK/fat" && sha256sum -c --quiet manifest-sha256.txt)
  "$bagit" --validate "$WORK/fat"
  diff -r "$medium" "$WORK/fat"
}
check 'FAT32: the same bag is written, and read again after it was taken off' on_fat
! mountpoint -q "$WORK/fat" || fusermount -u "$WORK/fat"

opens_sealed() {
  local recipient
  age-keygen -o "$WORK/key.txt" 2>/dev/null
  recipient=$(age-keygen -y "$WORK/key.txt")
  mkdir -p "$WORK/sealed" "$WORK/opened"
  both export --candidate aday-1 --medium 1 --to "$WORK/sealed" --age "$recipient"
  (cd "$WORK/sealed" && sha256sum -c SHA256SUMS)
  for file in "$WORK/sealed"/*.tar.age; do
    age -d -i "$WORK/key.txt" -o "$WORK/plain.tar" "$file"
    tar -x -f "$WORK/plain.tar" -C "$WORK/opened"
  done
  diff -r "$medium" "$WORK/opened"
}
check 'age and tar: an encrypted medium opens into the very same bag' opens_sealed

office() { # Every list, by LibreOffice, to CSV again: as many rows, letters whole, nothing computed.
  local lists=$medium/data/listeler
  mkdir -p "$WORK/office" "$WORK/profile"
  soffice "-env:UserInstallation=file://$WORK/profile" --headless --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1' \
    --outdir "$WORK/office" "$lists/secim-cevresi.xlsx" >"$WORK/soffice.log" 2>&1
  for sheet in Tutanaklar Güncel Değişiklikler Eksikler; do ls "$WORK/office/secim-cevresi-$sheet.csv"; done
  soffice "-env:UserInstallation=file://$WORK/profile" --headless --infilter='CSV:59,34,76,1' --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76' \
    --outdir "$WORK/office" "$lists/tutanaklar.csv" >>"$WORK/soffice.log" 2>&1
  python3 - "$lists/tutanaklar-virgul.csv" "$WORK/office/secim-cevresi-Tutanaklar.csv" "$WORK/office/tutanaklar.csv" <<'END'
import csv, sys
ours, sheet, table = (list(csv.reader(open(name, encoding="utf-8-sig"))) for name in sys.argv[1:])
assert len(ours) > 3 and len(ours) == len(sheet) == len(table), (len(ours), len(sheet), len(table))
assert ours[0] == sheet[0] == table[0], (ours[0], sheet[0], table[0])
column = {name: ours[0].index(name) for name in ("SHA256", "DOSYA", "MAHALLE/KÖY/GÜMRÜK", "KAREKOD")}
for one, other, third in zip(ours[1:], sheet[1:], table[1:]):
    for name in ("SHA256", "DOSYA", "MAHALLE/KÖY/GÜMRÜK"):
        assert one[column[name]] == other[column[name]] == third[column[name]], (one, other, third)
    assert one[column["KAREKOD"]] == other[column["KAREKOD"]], (one, other)
END
}
check 'LibreOffice: opens the workbook and the tables, row for row' office

browses() { node "$root/tests/clients/browser/medium.mjs" "$medium" "$WORK/shots"; }
check 'Chromium: opens the pages from the disk, without script, by keyboard alone, and axe finds nothing' browses
if [ -n "${KEEP:-}" ]; then cp -r "$WORK/shots" "$WORK/receipt" "$KEEP"; fi
finish
