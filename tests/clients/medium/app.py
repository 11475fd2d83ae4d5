"""An operator's authenticator app (RFC 6238): `app.py SECRET STEPS` prints a code that was not used before.

A code works once. Where all that hold now were given out, it waits for the next one; the directory STEPS says which were.
"""

import base64
import hashlib
import hmac
import pathlib
import sys
import time

SECONDS = 30


def unused_code(secret, steps):
    given = steps / hashlib.sha256(secret.encode()).hexdigest()[:16]
    last = int(given.read_text()) if given.exists() else 0
    step = max(last + 1, int(time.time()) // SECONDS)
    time.sleep(max(0, (step - 1) * SECONDS + 0.5 - time.time()))  # It is taken one step early, and not before.
    steps.mkdir(exist_ok=True)
    given.write_text(str(step))
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    at = digest[19] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


if __name__ == "__main__":
    print(unused_code(sys.argv[1], pathlib.Path(sys.argv[2])))
