"""What is measured: who fetches what, and how it reads in the table."""

import os
import pathlib
import socket
import subprocess
import threading
import time

RTT = 0.020
SESSIONS = 150
LISTS = 20
# FTPS with lftp is slow with every server (it does its handshakes one by one), so it fetches only one district.
SOME = 500


def sh(*command, **more):
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, **more}
    return subprocess.run([str(part) for part in command], check=True, **more)


class Measure:
    """`rows` say what the table tells of the rounds `[(wall, CPU, value)]`: title, digits, and the number."""

    def __init__(self, name, run, rows, keeps=False):
        self.name, self.run, self.rows, self.keeps = name, run, rows, keeps


def least(column):
    return lambda rounds: min(one[column] for one in rounds)


def transfer(name, run, title, unit, amount, gigabytes, *more):
    return Measure(name, run, [
        (f"{title}, {unit}", 0, lambda rounds: amount / least(0)(rounds)),
        (f"{title}, server CPU s/GB", 3, lambda rounds: least(1)(rounds) / gigabytes),
        *more,
    ])


def busy(program):
    """How busy the client was in the fastest round: at 100 % no server can make it faster."""
    return (f"… {program} itself, % of a core", 0, lambda rounds: min(rounds)[2])


class Measures:
    def __init__(self, field, work):
        self.field, self.work = field, work
        self.env = dict(os.environ, HOME=str(work), SSL_CERT_FILE=str(work / "trusted.pem"), RCLONE_CONFIG=str(work / "rclone.conf"))
        trusted = sorted({server.ca for server in field.servers})
        (work / "trusted.pem").write_text("".join(pathlib.Path(ca).read_text() for ca in trusted))
        with open(os.open(work / "rclone.conf", os.O_CREAT | os.O_WRONLY, 0o600), "w") as conf:
            for server in field.servers:
                hidden = sh("rclone", "obscure", "-", input=server.password, stderr=subprocess.DEVNULL).stdout.strip()
                # vsftpd 3.0.3 does not understand rclone's TLS 1.3.
                for kind, more in [("ftp", ""), ("ftps", "explicit_tls = true\ndisable_tls13 = true\n")]:
                    conf.write(f"[{kind}-{server.name}]\ntype = ftp\nhost = 127.0.0.1\nport = {server.port}\nuser = {server.user}\n"
                               f"pass = {hidden}\n{more}\n")

    def all(self):
        many, gb, large = self.field.count, self.field.bytes / 1e9, self.field.large_bytes
        some = min(many, SOME)
        return [
            transfer("large", lambda server: self.curl(server), "one 256 MiB file, curl", "MB/s", large / 1e6, large / 1e9),
            transfer("large-tls", lambda server: self.curl(server, "--ssl-reqd", "--cacert", server.ca),
                     "the same with TLS", "MB/s", large / 1e6, large / 1e9),
            transfer("lftp", lambda server: self.lftp(server, self.field.top), f"{many:,} files, lftp × 4", "files/s", many, gb, busy("lftp")),
            transfer("lftp-tls", lambda server: self.lftp(server, self.field.top, True), "the same with TLS", "files/s", many, gb,
                     busy("lftp")),
            transfer("rclone", lambda server: self.rclone(server, "ftp"), f"{many:,} files, rclone × 4", "files/s", many, gb),
            transfer("rclone-tls", lambda server: self.rclone(server, "ftps"), "the same with TLS 1.2", "files/s", many, gb),
            transfer("one-tls", lambda server: self.one_by_one(server, some), f"{some} files one by one, ftplib, TLS 1.3", "files/s",
                     some, gb * some / many),
            self.listing("LIST"),
            self.listing("MLSD"),
            Measure("again", self.again, [(f"lftp × 4 again, nothing new, {RTT * 1000:.0f} ms round trip, s", 1, least(0)),
                                          ("… server CPU s", 3, least(1))], keeps=True),
            Measure("sessions", lambda server: self.sessions(server, False), [(f"{SESSIONS} sessions at rest, KiB each", 0, least(2))]),
            Measure("sessions-tls", lambda server: self.sessions(server, True), [("the same with TLS, KiB each", 0, least(2))]),
        ]

    def curl(self, server, *more):
        conf = self.work / "curl.conf"
        conf.write_text(f'user = "{server.user}:{server.password}"\n')
        sh("curl", "-sS", "-K", conf, *more, "-o", "/dev/null", f"ftp://127.0.0.1:{server.port}{self.field.large}")

    def got(self, server):
        return self.field.got / server.name

    def whole(self, server):
        """A run that did not fetch everything is no measurement."""
        files = [path.stat().st_size for path in self.got(server).rglob("*") if path.is_file()]
        if (len(files), sum(files)) != (self.field.count, self.field.bytes):
            raise RuntimeError(f"it fetched {len(files)} files with {sum(files)} bytes")

    def mirror(self, server, port, directory, tls=False):
        script = self.work / "lftp.script"
        encrypt = f"yes\nset ftp:ssl-force yes\nset ftp:ssl-protect-data yes\nset ssl:ca-file '{server.ca}'" if tls else "no"
        script.write_text(f"set cmd:fail-exit yes\nset ftp:ssl-allow {encrypt}\nopen --env-password -u '{server.user}' ftp://127.0.0.1:{port}\n"
                          f"mirror --parallel=4 --exclude-glob '{self.field.large_name}' {directory.lstrip('/')} '{self.got(server)}'\nexit\n")
        sh("lftp", "-f", script, env=dict(self.env, LFTP_PASSWORD=server.password))

    def lftp(self, server, directory, tls=False):
        """The share of a core that lftp, which has one thread, took for itself."""
        before = os.times()
        self.mirror(server, server.port, directory, tls)
        after = os.times()
        self.whole(server)
        used = after.children_user + after.children_system - before.children_user - before.children_system
        return 100 * used / (after.elapsed - before.elapsed)

    def rclone(self, server, kind):
        sh("rclone", "copy", "--transfers", "4", "--checkers", "4", "--retries", "1", "--exclude", self.field.large_name,
           f"{kind}-{server.name}:{self.field.top.lstrip('/')}", self.got(server), env=self.env)
        self.whole(server)

    def one_by_one(self, server, some):
        with server.connect(True) as ftp:
            for path in self.field.paths[:some]:
                ftp.retrbinary(f"RETR {path}", lambda piece: None, blocksize=1 << 18)

    def listing(self, command):
        def run(server):
            with server.connect() as ftp:
                if command not in server.lists:
                    raise RuntimeError(f"it has no {command}")
                for _ in range(LISTS):
                    ftp.retrbinary(f"{command} {self.field.fullest}", lambda piece: None, blocksize=1 << 18)
        title = f"{command} of {self.field.in_fullest:,} entries"
        return Measure(command.lower(), run, [(f"{title}, ms", 1, lambda rounds: least(0)(rounds) * 1000 / LISTS),
                                              (f"{title}, server CPU ms", 1, lambda rounds: least(1)(rounds) * 1000 / LISTS)])

    def again(self, server):
        """A mirror with nothing new, each word on the control connection RTT late."""
        if not self.got(server).exists():
            self.mirror(server, server.port, self.field.top)
        with Delay(server.port) as port:
            self.mirror(server, port, self.field.top)

    def sessions(self, server, tls):
        """KiB of a session at rest, in a server that has not served anybody else."""
        server.restart()
        with server.connect(tls):
            before = server.group.private_kib()
            crowd = [server.connect(tls) for _ in range(SESSIONS)]
            time.sleep(0.5)
            each = (server.group.private_kib() - before) / SESSIONS
        for ftp in crowd:
            ftp.close()
        return each


class Delay:
    """A line to a port on which everything takes half of RTT each way. Data connections go straight."""

    def __init__(self, port):
        self.to, self.server = port, socket.create_server(("127.0.0.1", 0))

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self.server.getsockname()[1]

    def __exit__(self, *_):
        self.server.close()

    def accept(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.to))
            for a, b in [(near, far), (far, near)]:
                a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.pass_on, args=(a, b), daemon=True).start()

    def pass_on(self, a, b):
        try:
            while piece := a.recv(65536):
                time.sleep(RTT / 2)
                b.sendall(piece)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass
