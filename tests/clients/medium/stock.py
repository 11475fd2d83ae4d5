"""A service's scans, operators and candidate for medium.sh: `stock.py TUTANAK SERVICE SAMPLES WORK`.

Draws sheets, has the running service take them in over HTTPS, and writes the operators' passwords where the script reads
them.
"""

import base64
import hashlib
import json
import os
import pathlib
import secrets
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

from app import unused_code

tutanak, service, samples, work = sys.argv[1], *map(pathlib.Path, sys.argv[2:])


def run(*args, **variables):
    environment = os.environ | variables
    done = subprocess.run([tutanak, *map(str, args)], check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return done.stdout


def operator(user):
    """An operator who has replaced the first password and set a second factor up, as all operators must."""
    first = json.loads(run("operator", "add", user, "--name", user.upper(), "--json"))["password"]
    password = secrets.token_urlsafe(24)
    run("operator", "change-password", user, TUTANAK_PASSWORD=first, TUTANAK_NEW_PASSWORD=password)
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    run("operator", "set-totp", user, TUTANAK_PASSWORD=password, TUTANAK_TOTP_SECRET=secret, TUTANAK_CODE=unused_code(secret, work.parent / "steps"))
    return user, password, secret


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


config, https = service / "tutanak.toml", free_port()
text = config.read_text().replace("0.0.0.0:8443", f"127.0.0.1:{https}")
config.write_text(text.replace("0.0.0.0:2121", f"127.0.0.1:{free_port()}"))
boards = [("kadikoy-1", "34-KAD-K1"), ("kadikoy-2", "34-KAD-K2"), ("edirne", "22-MRK-K1")]
tokens = [json.loads(run("board", "add", name, "--name", name, "--place", place, "--json"))["token"] for name, place in boards]
# An independent candidate has no way in on line: an account without any credential.
run("candidate", "add-independent", "aday-1", "--name", "Ayşe Çınar", "--place", "34-C1")
operators = [operator(f"skgm-{n}") for n in (1, 2)]
with open(work.parent / "operators", "w", encoding="utf-8") as out:
    for prefix, (user, password, secret) in zip(("TUTANAK", "TUTANAK_SECOND"), operators):
        out.write(f"export {prefix}_USER={shlex.quote(user)}\n")
        out.write(f"export {prefix}_PASSWORD={shlex.quote(password)}\n")
        out.write(f"{prefix}_APP={secret}\n")

run("sample", "scans", "--data", samples / "election", "--out", work, "--count", "24", "--seed", "7")
serving = subprocess.Popen([tutanak, "serve"], stdout=subprocess.DEVNULL, stderr=open(work.parent / "serve.log", "w"))
try:
    trust = ssl.create_default_context(cafile=service / "ca.pem")

    def put(token, scan):
        address = f"https://127.0.0.1:{https}/v1/scans/{hashlib.sha256(scan).hexdigest()}"
        ask = urllib.request.Request(address, data=scan, method="PUT", headers={"Authorization": f"Bearer {token}"})
        return json.load(urllib.request.urlopen(ask, context=trust, timeout=60))

    scans = [page.read_bytes() for page in sorted(work.glob("*.png"))]
    for _ in range(300):
        try:
            urllib.request.urlopen(f"https://127.0.0.1:{https}/readyz", context=trust, timeout=5)
            break
        except OSError:
            time.sleep(0.1)
    linked = 0
    for scan in scans:
        # A board that the sheet does not belong to has it parked; its own board then has it linked.
        linked += any(put(token, scan)["status"] == "linked" for token in tokens)
    print(f"{linked} of {len(scans)} scans were linked")
    assert linked > len(scans) // 2
finally:
    serving.send_signal(signal.SIGTERM)
    assert serving.wait(60) == 0

