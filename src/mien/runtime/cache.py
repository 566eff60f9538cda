"""Where mien keeps what it can make again: one folder, written atomically."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO


def cache_folder() -> Path:
    """``MIEN_CACHE``, else the user's cache folder (``XDG_CACHE_HOME`` or ``~/.cache``) + ``mien``."""
    asked = os.environ.get("MIEN_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(asked) if asked else Path(base) / "mien"


def content_key(value: Any) -> str:
    """SHA-256 of a JSON-like value, the same for the same content."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_of(file: Path) -> str:
    """SHA-256 of a file's bytes, read again only when the file has changed."""
    return _sha256(file, file.stat().st_mtime_ns)


@cache
def _sha256(file: Path, _changed: int) -> str:
    return file_sha256(file)


def make_folder(path: Path, fill: Callable[[Path], None]) -> Path:
    """Make a folder all at once: ``fill`` writes into a temporary one beside it, which is then renamed.

    A folder that exists is taken as it is. Two processes may race; one wins, both get the same content.
    """
    if path.is_dir():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=path.parent))
    try:
        fill(draft)
        draft.chmod(0o777 & ~_mask())
        try:
            draft.rename(path)
        except OSError:
            if not path.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return path


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a whole file or nothing."""
    data = content.encode() if isinstance(content, str) else content
    fill_atomic(path, lambda file: file.write(data))


def fill_atomic(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write a whole file or nothing, where the content is too large to be held twice: ``fill`` writes it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            fill(file)
        os.chmod(name, 0o666 & ~_mask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mask() -> int:
    """The umask: temporary files are private, what is kept has the usual permissions."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
