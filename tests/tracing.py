"""What a program does to reach others, seen from outside it: a native library's sockets are invisible to Python."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

# To an address of the network, or to the service of systemd that looks names up.
REACHES_OUT = re.compile(r"\b(connect|sendto|sendmsg|sendmmsg)\(.*(sa_family=AF_INET|sun_path=\"[^\"]*resolve)")
_STRACE = ("strace", "-f", "--seccomp-bpf")  # all threads and children; the filter keeps other calls at full speed


@cache
def untraceable() -> str:
    """Why system calls cannot be written down here; empty where they can."""
    if shutil.which("strace") is None:
        return "there is no strace: apt-get install strace"
    tried = subprocess.run([*_STRACE, "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return f"strace is not allowed here: {tried.stderr.strip()[-200:]}" if tried.returncode else ""


def traced(log: Path) -> list[str]:
    """The start of a command whose network calls are written to ``log``; empty where that cannot be."""
    return [] if untraceable() else [*_STRACE, "-qq", "-e", "trace=network", "-o", str(log)]


def attempts(log: Path) -> list[str]:
    """The calls that reach for another machine."""
    return [line for line in log.read_text(encoding="utf-8").splitlines() if REACHES_OUT.search(line)]
