"""What a server and everything it starts uses, alive or gone: the kernel counts it for a cgroup (version 2) of its own."""

import os
import pathlib
import subprocess
import sys


class Group:
    def __init__(self, name):
        mounts = (line.split() for line in open("/proc/self/mounts"))
        root = next((fields[1] for fields in mounts if fields[2] == "cgroup2"), None)
        own = next((line.strip().split("::")[1] for line in open("/proc/self/cgroup") if line.startswith("0::")), "/")
        if root is None:
            sys.exit("no cgroup2 is mounted: CPU cannot be counted")
        self.at = pathlib.Path(root + own) / f"tutanak-bench-{os.getpid()}-{name}"
        self.at.mkdir()

    def enter(self):
        """To be called by the process itself, before it becomes the server."""
        (self.at / "cgroup.procs").write_text(str(os.getpid()))

    def cpu(self):
        """Seconds."""
        lines = dict(line.split() for line in (self.at / "cpu.stat").read_text().splitlines())
        return int(lines["usage_usec"]) / 1e6

    def private_kib(self):
        """Memory that only these processes have."""
        total = 0
        for pid in (self.at / "cgroup.procs").read_text().split():
            try:
                text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(("Private_Clean", "Private_Dirty")))
        return total

    def close(self):
        try:
            self.at.rmdir()
        except OSError:
            pass  # Somebody in it has not ended yet.


# A process that leaves most of the work to a child, and is gone before the child is looked at by anybody.
WORK = """
import os, sys, time
for _ in range(4):
    if os.fork() == 0:
        while time.process_time() < 0.1: sum(range(1000))
        os._exit(0)
    os.wait()
while time.process_time() < 0.1: sum(range(1000))
"""


def check():
    """Counts a work of known cost both ways: by its cgroup, and by what the kernel tells whoever waits for it."""
    group = Group("check")
    process = subprocess.Popen([sys.executable, "-c", WORK], preexec_fn=group.enter)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    waited, counted = used.ru_utime + used.ru_stime, group.cpu()
    group.close()
    if process.returncode != 0 or not 0.5 <= counted or abs(counted - waited) > 0.03 * waited + 0.02:
        sys.exit(f"CPU is not counted well here: {counted:.3f} s by the cgroup, {waited:.3f} s by wait4")
    return f"Counting: a work of 0.5 s in five processes is {counted:.3f} s by its cgroup and {waited:.3f} s by wait4."
