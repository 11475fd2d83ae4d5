#!/usr/bin/env python3
"""Defteri bizim programımız olmadan doğrular / checks the log without our program.

  dogrula.py KOPYA                      a mirror's directory (the one that holds defter/)
  dogrula.py https://SUNUCU/arsiv/      a server; TUTANAK_USER, TUTANAK_PASSWORD, --ca PEM
  dogrula.py X.png                      one scan, by X.png.tlog-proof beside it (--key is needed)
  --key ANAHTAR|DOSYA                   the published key, name+id+key; without it defter/anahtar.txt, which proves
                                        only that the copy is whole, not who signed it

What is checked: the signature of defter/checkpoint (C2SP signed-note, Ed25519); every entry of every bundle and every
tile of hashes (C2SP tlog-tiles, RFC 6962); the root over all of them; in a mirror, the SHA-256 of every scan.
Exit: 0 right, 1 wrong, 2 could not check. Needs Python 3.9 and `cryptography`; 200 lines, meant to be read.
"""
import argparse
import base64
import hashlib
import json
import os
import ssl
import sys
import urllib.request
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception):
    """Something is not as it was signed."""


def sha256(*parts):
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(part)
    return hasher.digest()


def leaf(entry):  # RFC 6962, 2.1
    return sha256(b"\x00", entry)


def parent(left, right):
    return sha256(b"\x01", left, right)


class Frontier:
    """The root over leaves that come one after another."""

    def __init__(self):
        self.size, self.roots = 0, []

    def push(self, node):
        size = self.size
        while size & 1:
            node, size = parent(self.roots.pop(), node), size >> 1
        self.roots.append(node)
        self.size += 1

    def root(self):
        if not self.roots:
            return sha256(b"")
        node = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            node = parent(left, node)
        return node


def parse_keys(text):
    keys = {}
    for line in text.split():
        name, key_id, key = line.split("+", 2)
        raw = base64.b64decode(key, validate=True)
        if raw[0] != 1 or sha256(name.encode(), b"\n", raw)[:4].hex() != key_id:
            raise Wrong(f"anahtar geçersiz / not an Ed25519 verifier key: {line}")
        keys[name, bytes.fromhex(key_id)] = Ed25519PublicKey.from_public_bytes(raw[1:])
    return keys


def open_checkpoint(note, keys):
    """Origin, size and root of a checkpoint that one of the keys has signed."""
    text, lines = note.rsplit("\n\n", 1)
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    signed = False
    for line in lines.splitlines():
        dash, name, signature = line.split(" ")
        raw = base64.b64decode(signature, validate=True)
        key = keys.get((name, raw[:4]))
        if dash == "\u2014" and key and name == origin:
            try:
                key.verify(raw[4:], text.encode())
            except InvalidSignature as error:
                raise Wrong("imza tutmuyor / the signature does not fit the checkpoint") from error
            signed = True
    if not signed:
        raise Wrong("güvenilen bir anahtarın imzası yok / no signature of a trusted key")
    return origin, int(size), base64.b64decode(root, validate=True)


def tile_path(kind, index, width):
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return f"defter/tile/{kind}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else "")


def tiles(hashes):
    """Index and width of each tile over so many hashes."""
    return [(index, min(256, hashes - 256 * index)) for index in range((hashes + 255) // 256)]


def unbundle(bundle, width):
    entries, at = [], 0
    for _ in range(width):
        length = int.from_bytes(bundle[at:at + 2], "big")
        entries.append(bundle[at + 2:at + 2 + length])
        at += 2 + length
    if at != len(bundle):
        raise Wrong("demet kesik ya da fazla / a bundle is cut off or too long")
    return entries


def perfect(hashes):
    while len(hashes) > 1:
        hashes = [parent(*pair) for pair in zip(hashes[::2], hashes[1::2])]
    return hashes[0]


def replay(read, keys):
    """Every entry under the checkpoint, after the root over all of them was found to be the signed one."""
    origin, size, root = open_checkpoint(read("defter/checkpoint").decode(), keys)
    frontier, entries, level = Frontier(), [], []
    for index, width in tiles(size):
        bundle = unbundle(read(tile_path("entries", index, width)), width)
        leaves = [leaf(entry) for entry in bundle]
        if b"".join(leaves) != read(tile_path(0, index, width)):
            raise Wrong(f"{tile_path('entries', index, width)}: kayıtlar karo ile uyuşmuyor / not what its tile says")
        for hash_ in leaves:
            frontier.push(hash_)
        if width == 256:
            level.append(perfect(leaves))
        entries += bundle
    for number in range(1, 8):
        for index, width in tiles(len(level)):
            if b"".join(level[256 * index:256 * index + width]) != read(tile_path(number, index, width)):
                raise Wrong(f"{tile_path(number, index, width)}: yanlış karo / a wrong tile")
        level = [perfect(level[at:at + 256]) for at in range(0, len(level) - 255, 256)]
    if frontier.root() != root:
        raise Wrong(f"{size} kayıt imzalanan köke ulaşmıyor / the entries do not lead to the signed root")
    return origin, size, root, entries


def check_scans(copy, entries):
    count = 0
    for position, entry in enumerate(map(json.loads, entries)):
        path = entry.get("path")
        if entry["kind"] not in ("linked", "resolved") or not path or ".." in path:
            continue
        if not (copy / path).is_file():
            raise Wrong(f"{path}: EKSİK / MISSING ({position})")
        if hashlib.sha256((copy / path).read_bytes()).hexdigest() != entry["sha256"]:
            raise Wrong(f"{path}: DEĞİŞTİRİLMİŞ / CHANGED ({position})")
        count += 1
    return count


def check_proof(scan, keys):
    """C2SP tlog-proof: from the scan's digest over its entry and the path of hashes to the signed root."""
    head, note = Path(f"{scan}.tlog-proof").read_text("utf-8").split("\n\n", 1)
    version, extra, index, *hashes = head.split("\n")
    if version != "c2sp.org/tlog-proof@v1" or not extra.startswith("extra ") or not index.startswith("index "):
        raise Wrong("kanıt biçimi / this is no tlog-proof with its entry")
    entry, number = base64.b64decode(extra[6:], validate=True), int(index[6:])
    origin, size, root = open_checkpoint(note, keys)
    if json.loads(entry)["sha256"] != hashlib.sha256(scan.read_bytes()).hexdigest():
        raise Wrong(f"{scan}: kanıttaki kayıt bu dosya değil / the entry is not of this file")
    node, last = leaf(entry), size - 1  # RFC 9162, 2.1.3.2
    if number > last:
        raise Wrong("kayıt defterin dışında / the entry is outside the log")
    for other in (base64.b64decode(line, validate=True) for line in hashes):
        if last == 0:
            raise Wrong("kanıt uzun / the proof is too long")
        if number & 1 or number == last:
            node = parent(other, node)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            node = parent(node, other)
        number, last = number >> 1, last >> 1
    if last or node != root:
        raise Wrong("kanıt köke ulaşmıyor / the proof does not lead to the signed root")
    return origin, size, root


def reader(source, ca):
    if "://" not in source:
        return lambda path: (Path(source) / path).read_bytes()
    context = ssl.create_default_context(cafile=ca)
    secret = f"{os.environ['TUTANAK_USER']}:{os.environ['TUTANAK_PASSWORD']}".encode()
    headers = {"Authorization": "Basic " + base64.b64encode(secret).decode()}

    def read(path):
        request = urllib.request.Request(f"{source.rstrip('/')}/{path}", headers=headers)
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            return answer.read(1 << 25)
    return read


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("--key")
    parser.add_argument("--ca")
    args = parser.parse_args()
    key = args.key
    try:
        if key and os.path.exists(key):
            key = Path(key).read_text("utf-8")
        if args.source.endswith(".png"):
            if not key:
                print("--key gerekli / --key is needed", file=sys.stderr)
                return 2
            origin, size, root = check_proof(Path(args.source), parse_keys(key))
            what = "1 tutanak/scan"
        else:
            read = reader(args.source, args.ca)
            keys = parse_keys(key or read("defter/anahtar.txt").decode())
            origin, size, root, entries = replay(read, keys)
            what = f"{len(entries)} kayıt/entries"
            if "://" not in args.source and (Path(args.source) / "tutanaklar").is_dir():
                what += f", {check_scans(Path(args.source), entries)} tutanak/scans"
    except (Wrong, ValueError, KeyError) as error:
        print(f"YANLIŞ / WRONG: {error}")
        return 1
    except OSError as error:
        print(f"denetlenemedi / could not check: {error}", file=sys.stderr)
        return 2
    print(f"DOĞRU / RIGHT: {origin}, {size} kayıt/entries, {what}, kök/root {root.hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
