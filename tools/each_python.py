"""Tests mien on each Python, with the newest and with the lowest libraries that pyproject.toml allows, without torch.

    python tools/each_python.py [3.12 3.13 ...]

Each environment first gets the wheel alone and must answer `mien demo`. Then it gets the extras and runs the fast tests that
need no torch (tests/conftest.py skips the others), at both ends of what is promised: the oldest Python with the lowest
libraries, and the newest with the newest. Between them, all is installed and answers the demo. A Python that is not installed
and cannot be downloaded is named below the table. A Python that no classifier names may fail. This tool needs uv.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST = 11  # of Python 3
RESOLUTIONS = ("highest", "lowest-direct")
EXTRAS = (
    "train",
    "report",
    "lora",
    "opensmile",
    "tune",
    "csd",
    "llm",
    "store",
    "exchange",
    "scale",
    "serve",
    "mcp",
    "test",
)
# The extras name torch. This requirement, which holds nowhere, replaces it.
WITHOUT_TORCH = "torch; python_version < '3'\n"
ANSWER = ("jacket", "person-1", "happy", "neutral (")


class FailedError(Exception):
    """A command failed. The message holds the end of its output."""


@dataclass(frozen=True)
class Row:
    """A row of the table at the end."""

    python: str
    resolution: str
    demo: str
    tests: str
    seconds: float

    @property
    def failed(self) -> bool:
        """Whether a promised Python failed. Other Pythons are only reported."""
        return "failed" in (self.demo, self.tests) and self.python in promised()

    def __str__(self) -> str:
        note = "" if self.python in promised() else "  not promised"
        return f"{self.python:8}{self.resolution:16}{self.demo:8}{self.tests:28}{self.seconds:5.0f} s{note}"


def run(*command: str | Path, **environment: str) -> str:
    """The output of a command.

    Raises:
        FailedError: its exit code is not 0.
    """
    # The command must not use the active environment or the path of the caller.
    clean = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FailedError("\n".join([f"$ {' '.join(words)}", *(done.stdout + done.stderr).splitlines()[-40:]]))
    return done.stdout


def uv(*arguments: str | Path) -> str:
    """The output of uv; see ``run``."""
    return run(sys.executable, "-m", "uv", *arguments)


@cache
def promised() -> list[str]:
    """The Pythons that the classifiers in pyproject.toml name."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [v for c in table["project"]["classifiers"] if re.fullmatch(r"3\.\d+", v := c.rpartition(" ")[2])]


def minors() -> list[str]:
    """3.11, 3.12 and so on, up to the newest released Python that uv knows."""
    finished = set(re.findall(r"^cpython-3\.(\d+)\.\d+-", uv("python", "list", "--only-downloads"), re.M))
    return [f"3.{minor}" for minor in sorted(map(int, finished)) if minor >= OLDEST]


def interpreter(minor: str) -> Path:
    """The path of a Python: one of pyenv, else one of the system, else one that uv downloads.

    Raises:
        FailedError: there is none, and none can be downloaded.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    if found := sorted(pyenv.glob(f"versions/{minor}.*/bin/python")):
        return found[-1]
    try:
        return Path(uv("python", "find", "--no-python-downloads", minor).strip())
    except FailedError:
        uv("python", "install", "--no-bin", minor)
        return Path(uv("python", "find", minor).strip())


def install(python: Path, resolution: str, wheel: Path, *options: str | Path) -> None:
    """Installs mien and what it asks for, from wheels only, because most machines cannot compile packages.

    What it asks for is named, not left to the wheel: for uv, the requirements of a wheel are not direct ones, and
    ``lowest-direct`` would give the newest of them.
    """
    asked = ("--resolution", resolution, "--only-binary", ":all:", *options, "-r", ROOT / "pyproject.toml")
    uv("pip", "install", "--python", python, *asked)
    uv("pip", "install", "--python", python, "--no-deps", wheel)


def demo(python: Path) -> None:
    """Runs `mien demo` and checks its answer.

    Raises:
        FailedError: the answer is another one.
    """
    said = run(python, "-m", "mien", "demo")
    if missing := [part for part in ANSWER if part not in said]:
        raise FailedError(f"the demo does not say {missing}:\n{said}")


def tests(python: Path) -> str:
    """Runs the fast tests. Returns the last line of their output."""
    said = run(python, "-m", "pytest", "-q", "-n", "2", "--dist", "loadscope", "-m", "not slow", MIEN_THREADS="1")
    return re.sub(r" in .*", "", said.splitlines()[-1])


def tested() -> set[tuple[str, str]]:
    """The Pythons and libraries on which the tests run: the ends of what is promised."""
    return {(promised()[0], "lowest-direct"), (promised()[-1], "highest")}


def attempt(minor: str, base: Path, resolution: str, wheel: Path, folder: Path) -> Row:
    """Makes and tests one environment. Returns its row."""
    begun, state = time.monotonic(), {"demo": "failed", "tests": "failed"}
    place, without = folder / f"{minor}-{resolution}", folder / "without-torch.txt"
    python = place / "bin" / "python"
    try:
        uv("venv", "--python", base, place)
        install(python, resolution, wheel)
        demo(python)
        state["demo"] = "ok"
        install(python, resolution, wheel, "--override", without, *(f"--extra={extra}" for extra in EXTRAS))
        state["tests"] = tests(python) if (minor, resolution) in tested() or minor not in promised() else "installed"
    except FailedError as error:
        tell(f"Python {minor}, {resolution}:\n{error}")
    return Row(minor, resolution, **state, seconds=time.monotonic() - begun)


def tell(line: str) -> None:
    """Prints a line at once, for readers of the log."""
    print(line, flush=True)


def main() -> int:
    """Prints the table. Returns 1 if a promised Python failed or nothing was tested."""
    rows: list[Row] = []
    absent: list[str] = []
    with tempfile.TemporaryDirectory(prefix="mien-each-") as name:
        folder = Path(name)
        (folder / "without-torch.txt").write_text(WITHOUT_TORCH, encoding="utf-8")
        uv("build", "--wheel", "--out-dir", folder, ROOT)
        wheel = next(folder.glob("*.whl"))
        for minor in sys.argv[1:] or minors():
            try:
                base = interpreter(minor)
            except FailedError as error:
                absent.append(f"Python {minor} is neither here nor to be had: {str(error).splitlines()[-1].strip()}")
                continue
            for resolution in RESOLUTIONS:
                rows.append(attempt(minor, base, resolution, wheel, folder))
                tell(str(rows[-1]))
    tell("\n".join(["", "python  resolution      demo    tests", *map(str, rows), *absent]))
    return int(not rows or any(row.failed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
