"""The servers that are measured, each over the same files and in a group of its own."""

import ftplib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

from accounting import Group

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "dist"
LARGE = 256 << 20
SMALL = 150_000
# Result sheets in one directory: two for each box of one mahalle.
BOXES = 1500
PROFTPD = "/usr/local/lib/proftpd/usr"
PURE_FTPD = "/usr/local/lib/pure-ftpd/usr"
os.environ["PATH"] += f":/usr/sbin:{PROFTPD}/sbin:{PURE_FTPD}/sbin:{PURE_FTPD}/bin"


def quiet(*command):
    command = [str(part) for part in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.stdout


def version(package):
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True).stdout
    return " " + found.split(":")[-1].split("-")[0].split("+")[0] if found else ""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Server:
    """A running server: where it is, who may log in, and what it has used."""

    lists = ("LIST", "MLSD")

    def __init__(self, name, title, port, user, password, ca, command, log, **more):
        self.name, self.title, self.port, self.user, self.password, self.ca = name, title, port, user, password, str(ca)
        self.command, self.log, self.more = [str(part) for part in command], log, more
        self.group, self.waited, self.total = Group(name), 0.0, None
        self.launch()

    def launch(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        preexec_fn=self.group.enter, **self.more)
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        self.stop()
        self.log.flush()
        sys.exit(f"{self.name} did not come up: {pathlib.Path(self.log.name).read_text()[-500:]}")

    def connect(self, tls=False):
        ftp = ftplib.FTP_TLS(context=ssl.create_default_context(cafile=self.ca)) if tls else ftplib.FTP()
        ftp.connect("127.0.0.1", self.port, timeout=60)
        ftp.login(self.user, self.password)
        if tls:
            ftp.prot_p()
        ftp.voidcmd("TYPE I")
        return ftp

    def end(self):
        os.kill(self.process.pid, signal.SIGTERM)  # Not `terminate`, which takes away what one that has ended used.
        deadline = time.monotonic() + 20
        while (ended := os.wait4(self.process.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() > deadline:
                os.kill(self.process.pid, signal.SIGKILL)
            time.sleep(0.05)
        self.process.returncode = os.waitstatus_to_exitcode(ended[1])
        self.waited += ended[2].ru_utime + ended[2].ru_stime

    def restart(self):
        """So that it has no memory that was used before."""
        self.end()
        self.launch()

    def stop(self):
        if self.total is None:
            self.end()
            self.total = self.group.cpu()
            self.group.close()


class Field:
    """The stock, the folder and the servers."""

    top = "/tutanaklar"

    def __init__(self, work, copies, files):
        self.work, self.got, self.files, self.servers = work, copies / "got", files, []

    def open(self, names):
        """Lays the files out and starts the servers; whatever was started is stopped by `stop`."""
        work = self.work
        self.logs = open(work / "servers.log", "w")
        self.folder = work / "files"
        self.folder.mkdir()
        quiet("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
              "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
              "-keyout", work / "key.pem", "-out", work / "cert.pem")
        (work / "both.pem").write_text((work / "cert.pem").read_text() + (work / "key.pem").read_text())
        if "tutanak" in names:
            self.servers.append(self.tutanak())
            self.copy(self.servers[0])
        else:
            self.draw()
        self.look()
        makers = {
            "vsftpd": self.vsftpd, "proftpd": self.proftpd, "pure-ftpd": self.pure_ftpd,
            "libunftp": lambda: self.bare("libunftp", "libunftp 0.24.0"), "folder": lambda: self.bare("folder", "tutanak-ftp alone"),
        }
        for name in names:  # One by one, so that who is up already is stopped when the next one is not.
            if name != "tutanak":
                self.servers.append(makers[name]())
        self.servers.sort(key=lambda server: names.index(server.name))

    def start(self, *which, **more):
        return Server(*which, self.logs, **more)

    def empty_got(self):
        shutil.rmtree(self.got, ignore_errors=True)
        self.got.mkdir()

    def stop(self):
        for server in self.servers:
            server.stop()

    def tutanak(self):
        """A service whose scans have SMALL bytes each, and one of LARGE bytes."""
        at, tutanak, election = self.work / "service", TARGET / "tutanak", self.work / "election"
        quiet(tutanak, "init", at)
        config, port = at / "tutanak.toml", free_port()
        text = config.read_text()
        for old, new in [("0.0.0.0:8443", f"127.0.0.1:{free_port()}"), ("0.0.0.0:2121", f"127.0.0.1:{port}")]:
            if old not in text:
                sys.exit(f"{config} has no {old}")
            text = text.replace(old, new, 1)
        config.write_text(text)
        shutil.copytree(ROOT / "samples" / "election", election)
        with open(election / "boxes.csv", "a") as boxes:
            boxes.writelines(f"{9100000 + number},34-KAD-101,{3000 + number},0,\n" for number in range(1, BOXES + 1))
        quiet(tutanak, "election", "--config", config, "import", election)
        made = json.loads(quiet(tutanak, "party", "--config", config, "add", "parti", "--name", "Parti", "--from", "127.0.0.0/8", "--json"))
        quiet(TARGET / "examples" / "stock", config, self.files, 1, SMALL)
        quiet(TARGET / "examples" / "stock", config, 1, 2, LARGE)
        bulk = made["bulk"]
        return self.start("tutanak", "tutanak", port, bulk["user"], bulk["password"], at / "ca.pem", [tutanak, "serve", "--config", config])

    def copy(self, ours):
        """The tree as a folder for the others."""
        def walk(ftp, path):
            for name, facts in list(ftp.mlsd(path, facts=["type"])):
                if facts["type"] == "dir":
                    walk(ftp, f"{path}/{name}")
                    continue
                to = self.folder / f"{path}/{name}".lstrip("/")
                to.parent.mkdir(parents=True, exist_ok=True)
                with open(to, "wb") as file:
                    ftp.retrbinary(f"RETR {path}/{name}", file.write, blocksize=1 << 18)
        with ours.connect() as ftp:
            walk(ftp, self.top)

    def draw(self):
        """As many files of the same sizes, without a service that knows them."""
        chance = random.Random(1)
        for number in range(self.files):
            district = "kadikoy" if number < 2 * BOXES else f"ilce-{number // 100}"
            to = self.folder / self.top.lstrip("/") / "34-istanbul" / district / f"{number}-cb-sonuc-1.v1.png"
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(chance.randbytes(SMALL))
        with open(self.folder / self.top.lstrip("/") / "34-istanbul" / "buyuk.png", "wb") as file:
            for _ in range(LARGE >> 20):
                file.write(chance.randbytes(1 << 20))

    def look(self):
        """Counts what is there, and makes it readable for those that serve anybody."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        at = {path: "/" + str(path.relative_to(self.folder)) for path in files}
        large = next(path for path in files if path.stat().st_size == LARGE)
        self.large, self.large_bytes, self.large_name = at[large], LARGE, large.name
        files.remove(large)
        self.count, self.bytes, self.paths = len(files), sum(path.stat().st_size for path in files), [at[path] for path in files]
        entries = {}
        for path in files:
            entries[path.parent] = entries.get(path.parent, 0) + 1
        fullest = max(entries, key=entries.get)
        self.fullest, self.in_fullest = "/" + str(fullest.relative_to(self.folder)), entries[fullest]
        subprocess.run(["chmod", "-R", "a+rX,a-w", self.folder], check=True)
        os.chmod(self.work, 0o755)

    def vsftpd(self):
        port, conf = free_port(), self.work / "vsftpd.conf"
        (self.work / "empty").mkdir()
        conf.write_text(f"""listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=YES
local_enable=NO
write_enable=NO
anon_root={self.folder}
secure_chroot_dir={self.work}/empty
xferlog_enable=YES
xferlog_file={self.work}/vsftpd.log
max_clients=0
max_per_ip=0
ssl_enable=YES
allow_anon_ssl=YES
force_local_logins_ssl=NO
force_local_data_ssl=NO
require_ssl_reuse=NO
ssl_ciphers=HIGH
rsa_cert_file={self.work}/cert.pem
rsa_private_key_file={self.work}/key.pem
""")
        server = self.start("vsftpd", "vsftpd" + version("vsftpd"), port, "anonymous", "x", self.work / "cert.pem", ["vsftpd", conf])
        server.lists = ("LIST",)
        return server

    def proftpd(self):
        port, conf = free_port(), self.work / "proftpd.conf"
        conf.write_text(f"""ModulePath {PROFTPD}/lib/proftpd
LoadModule mod_tls.c
ServerType standalone
ServerName bench
Port {port}
DefaultAddress 127.0.0.1
SocketBindTight on
UseReverseDNS off
User nobody
Group nogroup
PidFile {self.work}/proftpd.pid
ScoreboardFile {self.work}/proftpd.scoreboard
DelayEngine off
TransferLog {self.work}/proftpd.log
SystemLog {self.work}/proftpd-system.log
MaxInstances none
RequireValidShell off
UseFtpUsers off
TLSEngine on
TLSRSACertificateFile {self.work}/cert.pem
TLSRSACertificateKeyFile {self.work}/key.pem
TLSECCertificateFile {self.work}/cert.pem
TLSECCertificateKeyFile {self.work}/key.pem
TLSOptions NoSessionReuseRequired
TLSRequired off
<Anonymous {self.folder}>
  User nobody
  Group nogroup
  UserAlias anonymous nobody
  AnonRequirePassword off
</Anonymous>
""")
        return self.start("proftpd", "proftpd 1.3.8", port, "anonymous", "x", self.work / "cert.pem", ["proftpd", "-n", "-q", "-c", conf])

    def pure_ftpd(self):
        port, users, database = free_port(), self.work / "pure.passwd", self.work / "pure.pdb"
        secret = quiet("openssl", "passwd", "-6", "x").strip()
        users.write_text(f"x:{secret}:65534:65534::{self.folder}/./:::::::::::::\n")
        quiet("pure-pw", "mkdb", database, "-f", users)
        command = ["pure-ftpd", "-S", f"127.0.0.1,{port}", "-c", "1000", "-C", "1000", "-H", "-A", "-E", "-u", "1", "-L", "20000:8",
                   "-l", f"puredb:{database}", "-Y", "1", f"--certfile={self.work}/both.pem", "-O", f"clf:{self.work}/pure.log"]
        return self.start("pure-ftpd", "pure-ftpd 1.0.50", port, "x", "x", self.work / "cert.pem", command)

    def bare(self, name, title):
        """An engine over the folder, without a service."""
        port = free_port()
        command = [TARGET / "examples" / "folder", self.folder, f"127.0.0.1:{port}", self.work / "cert.pem", self.work / "key.pem"]
        return self.start(name, title, port, "x", "x", self.work / "cert.pem", command, env=dict(os.environ, ENGINE=name))
