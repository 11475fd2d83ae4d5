#!/usr/bin/env python3
"""Python's own FTP library: what a party's home-made script uses. Plain, and with TLS for commands and data."""

import ftplib
import hashlib
import io
import os
import pathlib
import ssl
import sys
import time
import traceback
import urllib.parse
import zlib

ADDRESS = urllib.parse.urlsplit(os.environ["FTP"])
TREES = pathlib.Path(os.environ["TREES"])
TRUST = ssl.create_default_context(cafile=os.environ["CA"])
failures = 0


def check(sentence, run):
    global failures
    began, outcome, why = time.monotonic(), "pass", ""
    try:
        run()
    except Exception:
        outcome, why = "FAIL", traceback.format_exc()
        failures += 1
    print(f"{outcome}  ftplib: {sentence} ({(time.monotonic() - began) * 1000:.0f} ms)", flush=True)
    for line in why.splitlines()[-15:]:
        print("     ", line)


def log_in(tls, password=os.environ["BULK_PASSWORD"]):
    return session(tls, password)


def session(tls, password):
    ftp = ftplib.FTP_TLS(context=TRUST, timeout=30) if tls else ftplib.FTP(timeout=30)
    ftp.encoding = "utf-8"
    ftp.connect(ADDRESS.hostname, ADDRESS.port)
    ftp.login(os.environ["BULK_USER"], password)
    if tls:
        ftp.prot_p()
    return ftp


def fetch(ftp, path, rest=None):
    parts = []
    ftp.retrbinary(f"RETR {path}", parts.append, rest=rest)
    return b"".join(parts)


def walk(ftp, path=""):
    """All files below a directory, by MLSD: (path, facts)."""
    for name, facts in sorted(ftp.mlsd(path or "/")):
        if facts["type"] == "dir":
            yield from walk(ftp, f"{path}/{name}")
        elif facts["type"] == "file":
            yield f"{path}/{name}", facts


def whole_tree(tls, to):
    with log_in(tls) as ftp:
        files = list(walk(ftp))
        assert files, "an empty tree"
        for path, facts in files:
            got = fetch(ftp, path)
            assert path == "/durum.json" or len(got) == int(facts["size"]), f"{path}: {len(got)} bytes, MLSD said {facts}"
            kept = TREES / to / path.lstrip("/")
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(got)


def a_scan():
    return sorted(p for p in (TREES / "ftplib-ftp" / "tutanaklar").rglob("*.png"))[0]


def single_file(tls):
    scan = a_scan()
    path, whole = "/" + str(scan.relative_to(TREES / "ftplib-ftp")), scan.read_bytes()
    with log_in(tls) as ftp:
        ftp.voidcmd("TYPE I")
        assert ftp.size(path) == len(whole)
        assert ftp.sendcmd(f"MDTM {path}").startswith("213 ")
        assert fetch(ftp, path, rest=len(whole) // 2) == whole[len(whole) // 2 :]
        assert fetch(ftp, path, rest=len(whole)) == b""
        ftp.cwd(os.path.dirname(path))
        assert os.path.basename(path) in [os.path.basename(name) for name in ftp.nlst()]
        # A transfer broken off by the client must leave the session usable.
        with ftp.transfercmd(f"RETR {path}") as data:
            data.recv(1)
        try:
            ftp.voidresp()
        except ftplib.Error:
            pass
        assert fetch(ftp, path) == whole


def sums(tls):
    scan = a_scan()
    path, whole = "/" + str(scan.relative_to(TREES / "ftplib-ftp")), scan.read_bytes()
    digest, crc = hashlib.sha256(whole).hexdigest(), f"{zlib.crc32(whole):08X}"
    with log_in(tls) as ftp:
        assert ftp.sendcmd(f"HASH {path}") == f"213 SHA-256 0-{len(whole)} {digest} {path}"
        assert ftp.sendcmd(f"XSHA256 {path}") == f"250 {digest}"
        assert ftp.sendcmd(f'XCRC "{path}"') == f"250 {crc}"
        listed = dict(ftp.mlsd(os.path.dirname(path)))[os.path.basename(path)]
        assert listed["x.sha256"] == digest, listed
        listed = dict(ftp.mlsd(os.path.dirname(path), facts=["size"]))[os.path.basename(path)]
        assert listed == {"size": str(len(whole))}, listed


def crowd():
    """Five hundred sessions at a time, from two addresses; every fifth fetches."""
    scan = a_scan()
    path, whole = "/" + str(scan.relative_to(TREES / "ftplib-ftp")), scan.read_bytes()
    crowd = []
    for number in range(500):
        ftp = ftplib.FTP(timeout=30, source_address=(f"127.0.0.{number % 4 + 2}", 0))
        ftp.connect(ADDRESS.hostname, ADDRESS.port)
        ftp.login(os.environ["BULK_USER"], os.environ["BULK_PASSWORD"])
        crowd.append(ftp)
    for ftp in crowd[::5]:
        assert fetch(ftp, path) == whole
    for ftp in crowd:
        assert ftp.voidcmd("NOOP").startswith("200")
    for ftp in crowd:
        ftp.quit()


def refused(run, *replies):
    try:
        answer = run()
    except ftplib.error_perm as error:
        assert str(error)[:3] in replies, f"refused, but with {error}"
    else:
        raise AssertionError(f"was not refused: {answer}")


def store(ftp, command):
    try:
        return ftp.storbinary(command, io.BytesIO(b"x"))
    except OSError:
        # The server hung up on the data before the client had written it; why stands on the control connection.
        return ftp.voidresp()


def cannot_write(tls):
    for command in ["STOR x.png", "APPE OKU-BENI.txt"]:
        ftp = log_in(tls)
        refused(lambda: store(ftp, command), "500", "502", "532", "550", "553")
        ftp.close()
    with log_in(tls) as ftp:
        for command in ["DELE OKU-BENI.txt", "MKD yeni", "RMD tutanaklar"]:
            refused(lambda: ftp.sendcmd(command), "500", "502", "532", "550", "553")
        refused(lambda: ftp.rename("OKU-BENI.txt", "x"), "500", "502", "532", "550", "553")
        assert len(fetch(ftp, "/OKU-BENI.txt")) > 0


def cannot_log_in(tls):
    refused(lambda: log_in(tls, "not-" + os.environ["BULK_PASSWORD"]), "530")


def main():
    for tls, name in [(False, "plain"), (True, "over TLS")]:
        to = "ftplib-ftps" if tls else "ftplib-ftp"
        if sys.argv[1:] == ["refused"]:  # The second run: see `common`.
            check(f"is refused with a wrong password, {name}", lambda: cannot_log_in(tls))
            continue
        check(f"fetches the whole tree by MLSD, {name}", lambda: whole_tree(tls, to))
        check(f"asks size and time, resumes, breaks off, {name}", lambda: single_file(tls))
        check(f"is told sums that are right, {name}", lambda: sums(tls))
        check(f"cannot write, {name}", lambda: cannot_write(tls))
    if sys.argv[1:] != ["refused"]:
        check("holds five hundred sessions at a time", crowd)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
