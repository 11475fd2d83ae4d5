#!/usr/bin/env bash
# `tutanak ftp-check`, as a party's administrator would run it.
set -euo pipefail
. "$(dirname "$0")/common"

export TUTANAK_USER=$BULK_USER TUTANAK_PASSWORD=$BULK_PASSWORD
is_refused() { TUTANAK_PASSWORD=not-$BULK_PASSWORD refused 'WRONG  login: 530' "$TUTANAK" ftp-check --ca "$CA" "${FTP#ftp://}"; }
when_refused is_refused

finds() { "$TUTANAK" ftp-check --ca "$CA" --json "$@" | tee "$WORK/found" && ! grep '"good": false' "$WORK/found"; }
check 'finds everything in order on the port that begins in the clear' finds "${FTP#ftp://}"
check 'finds everything in order over IPv6' finds "${FTP6#ftp://}"
check 'finds everything in order where TLS comes first' finds --implicit "${FTPS#ftps://}"
check 'says that nobody listens' refused 'WRONG  control connection' "$TUTANAK" ftp-check --ca "$CA" 127.0.0.1:1
check 'says that a certificate is not trusted' refused 'WRONG  TLS' "$TUTANAK" ftp-check "${FTP#ftp://}"
finish
