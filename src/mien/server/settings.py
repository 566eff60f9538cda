"""What a server may do, and for whom."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from mien.errors import InputError
from mien.runtime import threads
from mien.runtime.cache import cache_folder
from mien.workflows.llms.ask import LlmOptions

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Names of this machine that no other machine reaches."""
_PER_MINUTE = 600  # requests of one client
_SHORTEST_TOKEN = 16  # characters; a shorter secret can be guessed


@dataclass(frozen=True)
class Settings:
    """The settings of one server.

    Attributes:
        host: the address it listens on.
        port: its port; 0 takes a free one.
        token: the secret that clients send; ``None`` when only this machine reaches the server.
        bundle, asr, task, prior: see ``Analyzer``.
        workers: processes that read clips, each with one bundle in memory.
        live: live sessions at once, each with a worker of its own; 0 for none.
        queue: jobs that may wait; more are refused.
        each: jobs and live sessions that one client (an address) may have at once; ``None`` for half the queue where others
            reach the server, and for no limit where they do not.
        per_minute: requests of one client in a minute; ``None`` for 600 where others reach the server, and for no limit where
            they do not.
        max_bytes: the largest request, bytes.
        max_seconds: the longest clip, seconds.
        job_seconds: the longest time of one job, seconds; its worker is ended then.
        wait: seconds that a request waits for its answer; then it gets a job.
        keep: seconds that results are kept.
        keep_uploads: whether uploads are kept as long as results. Otherwise they are deleted when they have been read.
        receive_seconds: the longest pause of a client that sends a request, seconds; beside them, a body comes with at least
            10 kB a second.
        origins: other sites whose pages may call this server, as "https://lab.example".
        hosts: names of this server that requests may carry beside those of this machine, as "mien.example".
        certificate, key: files of TLS in the form PEM; ``None`` for plain HTTP.
        folder: where uploads and results lie; ``None`` for a folder in the cache.
        llm: which language model is asked about clips, too; ``None`` for none. No client can name one.

    Raises:
        InputError: a value cannot be used, or the server would be open to others without a token.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    bundle: str = "research"
    asr: str = "auto"
    task: str | None = None
    prior: str = "even"
    workers: int = 1
    live: int = 1
    queue: int = 16
    each: int | None = None
    per_minute: int | None = None
    max_bytes: int = 500_000_000
    max_seconds: float = 7200.0
    job_seconds: float = 7200.0
    wait: float = 20.0
    keep: float = 3600.0
    keep_uploads: bool = False
    receive_seconds: float = 30.0
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    folder: Path | None = None
    llm: LlmOptions | None = None

    def __post_init__(self) -> None:
        for name in (
            *("workers", "queue", "each", "per_minute"),
            *("max_bytes", "max_seconds", "job_seconds", "receive_seconds"),
        ):
            if getattr(self, name) is not None and not getattr(self, name) > 0:
                raise InputError(f"the setting '{name}' is a positive number, not {getattr(self, name)}")
        for name in ("wait", "keep", "live"):
            if not getattr(self, name) >= 0:
                raise InputError(f"the setting '{name}' is a number of at least 0, not {getattr(self, name)}")
        if not 0 <= self.port <= 65535:
            raise InputError(f"a port is a number from 0 to 65535, not {self.port}")
        if self.token is not None and (len(self.token) < _SHORTEST_TOKEN or not self.token.isascii()):
            raise InputError(f"a token has at least {_SHORTEST_TOKEN} characters, all of them ASCII; make a longer one")
        if self.exposed and self.token is None:
            raise InputError(
                f"'{self.host}' can be reached by others; name a file with a secret with --token-file, "
                "or leave --host out"
            )

        if (self.certificate is None) != (self.key is None):
            raise InputError("TLS needs two files: the certificate (--certificate) and its key (--key)")

    @property
    def exposed(self) -> bool:
        """Whether other machines may reach the server."""
        return not is_loopback(self.host)

    @property
    def most_each(self) -> int | None:
        """Jobs and live sessions of one client at once; ``None`` without a limit."""
        return self.each or (max(1, self.queue // 2) if self.exposed else None)

    @property
    def most_live_each(self) -> int:
        """Live sessions of one client at once. Where others reach the server, it is half of them, to leave room for others."""
        return max(1, (self.live + 1) // 2) if self.exposed else self.live

    @property
    def most_per_minute(self) -> int | None:
        """Requests of one client in a minute; ``None`` without a limit."""
        return self.per_minute or (_PER_MINUTE if self.exposed else None)

    @property
    def place(self) -> Path:
        """The folder of uploads and results. Each address has its own, so that two servers do not share one."""
        if self.folder is not None:
            return self.folder
        address = f"{self.host}-{self.port or os.getpid()}".replace(":", "_").replace("/", "_")
        return cache_folder() / "server" / address


def is_loopback(host: str) -> bool:
    """Whether an address is one of this machine alone."""
    if host in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def usual_workers() -> int:
    """How many workers suit this machine: one for every two threads, because decoding and words use one each."""
    return max(1, threads.count() // 2)


def token_of(file: Path | None) -> str | None:
    """The secret that clients send: that of a file, else that of the environment; ``None`` without one.

    Raises:
        InputError: the file cannot be read.
    """
    return read_token(file) if file else os.environ.get("MIEN_TOKEN") or None


def read_token(path: Path) -> str:
    """The secret in a file, without spaces around it. It stands in a file because others can see a command's options.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise InputError(f"the token cannot be read from '{path}'; write the secret into it as one line") from error
