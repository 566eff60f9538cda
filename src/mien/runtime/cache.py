"""Where mien keeps what it can make again: one folder, written atomically.

Work never stops for want of this folder. Where it cannot be made, read or written, a temporary folder stands in for it until
the process ends, and ``no_cache`` gives the notice that says so.
"""

from __future__ import annotations

import atexit
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from mien.events import Notice

_refused: dict[Path | None, str] = {}
"""Folders that could not be used, and why; ``None`` stands for a home that nobody knows."""


def cache_folder() -> Path:
    """The folder of the cache. It exists and can be written.

    ``MIEN_CACHE``, else ``mien`` in the user's cache folder (``XDG_CACHE_HOME`` or ``~/.cache``), else a temporary folder.
    """
    folder = _wanted()
    why = _refused.get(folder) or _unusable(folder)
    if folder is None or why:
        _refused[folder] = why
        return _temporary()
    return folder


def cached_folder(name: str, fill: Callable[[Path], None]) -> Path:
    """A folder of the cache, made when it is not there yet; see ``make_folder``.

    A folder that is there is taken even where the cache cannot be written. Where the disk refuses (it is full), the temporary
    folder is taken from then on.

    Args:
        name: of the folder, below that of the cache.
        fill: writes the content into the folder it is given. It may be called twice.

    Raises:
        OSError: the temporary folder cannot be written either.
    """
    wanted = _wanted()
    if wanted is not None and os.path.isdir(wanted / name):
        return wanted / name
    folder = cache_folder()
    try:
        return make_folder(folder / name, fill)
    except OSError as error:
        if folder != wanted:
            raise
        _refused[wanted] = error.strerror or str(error)
        return make_folder(_temporary() / name, fill)


def no_cache() -> Notice | None:
    """The notice that nothing is kept for the next time; ``None`` while the cache can be used, or nobody asked for it."""
    folder = _wanted()
    if folder not in _refused:
        return None
    return Notice("no_cache", {"folder": str(folder or "~/.cache/mien"), "why": _refused[folder]})


def _wanted() -> Path | None:
    """The folder that the user or the system names; ``None`` where there is no home."""
    if asked := os.environ.get("MIEN_CACHE"):
        return Path(asked)
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "mien"
    try:
        return Path.home() / ".cache" / "mien"
    except RuntimeError:  # no HOME, and the system does not know the user (a container with a made-up number)
        return None


def _unusable(folder: Path | None) -> str:
    """Why a folder cannot be used; "" if it can."""
    if folder is None:
        return "nobody knows the home of this user"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return error.strerror or str(error)
    return "" if os.access(folder, os.R_OK | os.W_OK | os.X_OK) else os.strerror(errno.EACCES)


@cache
def _temporary() -> Path:
    """A folder for this process only."""
    folder = tempfile.mkdtemp(prefix="mien-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


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


@cache
def code_sha256(*names: str) -> str:
    """SHA-256 of the source of modules, and of all modules in packages. It is read once in a process.

    What code has made is out of date when the code changes, and a version that is raised by hand is forgotten.
    """
    digest = hashlib.sha256()
    for name in names:
        for place, file in _sources(name):
            digest.update(f"{name}/{place}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def _sources(name: str) -> Iterator[tuple[str, Path]]:
    """The files of a module or package: (place in it, file)."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"there is no module '{name}'")
    file = Path(spec.origin)
    if spec.submodule_search_locations is None:
        yield "", file
    else:
        yield from ((f.relative_to(file.parent).as_posix(), f) for f in sorted(file.parent.rglob("*.py")))


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
