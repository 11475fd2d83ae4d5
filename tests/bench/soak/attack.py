#!/usr/bin/env python3
"""The attacker of the soak: every nuisance at once, from many loopback addresses, until its standard input ends. Then it
prints, as JSON, what each kind of nuisance got done. It must never be aimed at anything but loopback.

    attack.py PLAN      a JSON file: {"https": [PORT…], "ftp": [PORT…], "ca": FILE, "junk": {"token", "pages": [FILE…]},
                        "party": {"user", "password"}, "path": …}
"""

import asyncio
import base64
import collections
import hashlib
import itertools
import json
import pathlib
import ssl
import struct
import sys
import zlib

DONE = collections.Counter()
PAUSE = 0.05  # after a refusal: a flood of refused connections would measure this program


def tls(ca, *protocols):
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = False
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


async def connect(port, address, context=None):
    return await asyncio.open_connection("127.0.0.1", port, ssl=context, local_addr=(address, 0))


def endless(kind):
    """Makes one visit a task that visits again and again."""

    def wrap(visit):
        async def loop(*args):
            while True:
                try:
                    await visit(*args)
                    DONE[kind] += 1
                except (OSError, ssl.SSLError, asyncio.IncompleteReadError, ValueError, IndexError):
                    DONE[kind + ", refused"] += 1
                    await asyncio.sleep(PAUSE)

        return loop

    return wrap


@endless("idle HTTP/2 connections")
async def idle(port, address, context):
    reader, writer = await connect(port, address, context)
    try:
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        while await reader.read(4096):
            pass
    finally:
        writer.transport.abort()


@endless("bodies that never come")
async def slow(port, address, context):
    reader, writer = await connect(port, address, context)
    try:
        writer.write(
            b"POST /hesap/oturum HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 100\r\n\r\nkullanici="
        )
        while await reader.read(4096):
            pass
    finally:
        writer.transport.abort()


@endless("FTP sessions before login")
async def ftp(port, address):
    reader, writer = await connect(port, address)
    try:
        while await reader.read(4096):
            pass
    finally:
        writer.transport.abort()


async def answer(reader):
    """One answer, read to its end; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split()[1])
    if "content-length:" in head:
        await reader.readexactly(int(head.split("content-length:")[1].split()[0]))
    return status


def asker(kind, request):
    """Requests one after the other over one connection, as fast as they are answered."""

    @endless(kind + ", connections")
    async def visit(port, address, context):
        reader, writer = await connect(port, address, context)
        try:
            for n in itertools.count():
                writer.write(request(n))
                await writer.drain()
                DONE[f"{kind}, {await answer(reader)}"] += 1
        finally:
            writer.transport.abort()

    return visit


def lost(n):
    return f"GET /yok/{n} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def stale(n):
    return (f"PUT /v1/scans/{n:064x} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer eski-{n % 3}\r\n"
            "Content-Length: 0\r\n\r\n").encode()


def looping(party, path):
    login = base64.b64encode(f"{party['user']}:{party['password']}".encode()).decode()
    request = f"GET /arsiv/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {login}\r\n\r\n".encode()
    return lambda n: request


def junk(token, pages):
    """Sound pages that belong to nobody's box, each another one by a text chunk."""

    def request(n):
        page, note = pages[n % len(pages)], b"tEXtComment\0junk %d" % n
        scan = page[:33] + struct.pack(">I", len(note) - 4) + note + struct.pack(">I", zlib.crc32(note)) + page[33:]
        head = (f"PUT /v1/scans/{hashlib.sha256(scan).hexdigest()} HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: Bearer {token}\r\nContent-Length: {len(scan)}\r\n\r\n")
        return head.encode() + scan

    return request


async def main():
    plan = json.loads(pathlib.Path(sys.argv[1]).read_text())
    two, one = tls(plan["ca"], "h2"), tls(plan["ca"], "http/1.1")
    pages = [pathlib.Path(page).read_bytes() for page in plan["junk"]["pages"]]
    askers = [
        (asker("unknown pages", lost), "127.0.3.{}", 8),
        (asker("wrong tokens", stale), "127.0.0.1", 4),
        (asker("a looping party", looping(plan["party"], plan["path"])), "127.0.0.1", 16),
        (asker("junk scans", junk(plan["junk"]["token"], pages)), "127.0.0.1", 4),
    ]
    tasks = []
    for https, ftp_port in zip(plan["https"], plan["ftp"]):
        for n in range(256):
            tasks.append(idle(https, f"127.0.1.{n % 16 + 1}", two))
            tasks.append(slow(https, f"127.0.2.{n % 8 + 1}", one))
            tasks.append(ftp(ftp_port, f"127.0.4.{n % 8 + 1}"))
        for visit, address, count in askers:
            tasks += [visit(https, address.format(n + 1), one) for n in range(count)]
    running = [asyncio.create_task(task) for task in tasks]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    print(json.dumps(DONE))


asyncio.run(main())
