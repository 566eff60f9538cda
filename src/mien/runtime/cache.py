"""The cache: one folder of files that mien can make again. They are written atomically.

Work goes on without this folder. When it cannot be made, read or written, a temporary folder replaces it until the process
ends, and ``no_cache`` gives a notice.
"""

from __future__ import annotations

import atexit
import errno
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from mien.events import Notice

_SUMS = "sums.json"
"""In each entry: {file: its SHA-256}. A disk may change bytes, and a machine that loses power may keep zeros."""
_checked: set[Path] = set()
"""Entries whose files had the right sums in this process."""
_healed: set[str] = set()
"""Names of entries that were damaged, and made again."""
_WEEK = 7 * 86_400.0  # seconds
_refused: dict[Path | None, str] = {}
"""{folder that could not be used: why}; the key ``None`` stands for an unknown home."""


def cache_folder() -> Path:
    """The folder of the cache. It exists and can be written.

    It is ``MIEN_CACHE``, else ``mien`` in the user's cache folder (``XDG_CACHE_HOME`` or ``~/.cache``), else a temporary
    folder.
    """
    folder = _wanted()
    why = _refused.get(folder) or _unusable(folder)
    if folder is None or why:
        _refused[folder] = why
        return _temporary()
    return folder


def cached_folder(name: str, fill: Callable[[Path], None]) -> Path:
    """A folder in the cache. It is made if it does not exist; see ``make_folder``.

    An existing folder is used even when the cache cannot be written. After an error of the disk (it is full, for example),
    the temporary folder is used until the process ends. A folder whose files have changed is made again, and ``healed``
    tells of it.

    Args:
        name: of the folder, below the folder of the cache.
        fill: writes the content into the folder it gets. It may be called twice.

    Raises:
        OSError: the temporary folder cannot be written either.
    """
    wanted = _wanted()
    if wanted is not None and os.path.isdir(wanted / name):
        if _whole(wanted / name):
            return wanted / name
        _healed.add(name)
        shutil.rmtree(wanted / name, ignore_errors=True)

    def summed(draft: Path) -> None:
        fill(draft)
        write_atomic(draft / _SUMS, json.dumps(_sums(draft)))

    folder = cache_folder()
    if os.path.isdir(folder / name):  # it is damaged, and cannot be removed
        folder = _temporary()
    try:
        made = make_folder(folder / name, summed)
    except OSError as error:
        if folder != wanted:
            raise
        _refused[wanted] = error.strerror or str(error)
        made = make_folder(_temporary() / name, summed)
    _checked.add(made)
    return made


def healed() -> Notice | None:
    """The notice that damaged entries were made again; ``None`` where none was."""
    return Notice("cache_healed", {"count": len(_healed)}) if _healed else None


def _whole(entry: Path) -> bool:
    """Whether an entry is as it was made. It is looked at once in a process."""
    if entry in _checked:
        return True
    try:
        with (entry / _SUMS).open("rb") as file:
            whole = bool(json.loads(file.read(1_000_000)) == _sums(entry))
    except (OSError, ValueError):
        return False
    if whole:
        _checked.add(entry)
    return whole


def _sums(entry: Path) -> dict[str, str]:
    files = sorted(p for p in entry.rglob("*") if p.is_file() and p.name != _SUMS)
    return {p.relative_to(entry).as_posix(): file_sha256(p) for p in files}


def no_cache() -> Notice | None:
    """The notice that nothing is kept for the next run; ``None`` when the cache works or was not used."""
    folder = _wanted()
    if folder not in _refused:
        return None
    return Notice("no_cache", {"folder": str(folder or "~/.cache/mien"), "why": _refused[folder]})


def _wanted() -> Path | None:
    """The folder that the user or the system names; ``None`` when there is no home."""
    if asked := os.environ.get("MIEN_CACHE"):
        return Path(asked)
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "mien"
    try:
        return Path.home() / ".cache" / "mien"
    except RuntimeError:  # there is no HOME, and the system does not know the user (a container with any user number)
        return None


def _unusable(folder: Path | None) -> str:
    """Why a folder cannot be used; "" when it can."""
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
    """SHA-256 of a JSON-like value. The order of keys does not matter."""
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
    """SHA-256 of the source of modules, and of all modules in packages. The source is read once in a process.

    What code has made is out of date when the code changes. A version number is no safe sign, because people forget to
    raise it.
    """
    digest = hashlib.sha256()
    for name in names:
        for place, file in _sources(name):
            digest.update(f"{name}/{place}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def _sources(name: str) -> Iterator[tuple[str, Path]]:
    """The files of a module or package: (path inside the package, file)."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"there is no module '{name}'")
    file = Path(spec.origin)
    if spec.submodule_search_locations is None:
        yield "", file
    else:
        yield from ((f.relative_to(file.parent).as_posix(), f) for f in sorted(file.parent.rglob("*.py")))


def make_folder(path: Path, fill: Callable[[Path], None]) -> Path:
    """Makes a whole folder or nothing: ``fill`` writes into a temporary folder beside it, which is then renamed.

    A folder that exists is returned as it is. When two processes make it at the same time, both use the first one.
    """
    if path.is_dir():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    draft = Path(tempfile.mkdtemp(prefix=f".draft-{_here()}-{os.getpid()}-", dir=path.parent))
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


def _sweep(folder: Path) -> None:
    """Removes the drafts of processes that were killed: of this machine when they are gone, of others after a week."""
    for draft in folder.glob(".draft-*"):
        where, _, number = draft.name.removeprefix(".draft-").rpartition("-")[0].partition("-")
        try:
            old = time.time() - draft.stat().st_mtime > _WEEK
            if old or (where == _here() and number.isdecimal() and not _runs(int(number))):
                shutil.rmtree(draft, ignore_errors=True)
        except OSError:  # another process has swept it
            continue


@cache
def _here() -> str:
    """A short name of this machine, for the names of drafts: several machines may share a cache."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _runs(process: int) -> bool:
    if os.name == "nt":  # there, os.kill would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def write_atomic(path: Path, content: str | bytes) -> None:
    """Writes a whole file or nothing."""
    data = content.encode() if isinstance(content, str) else content
    fill_atomic(path, lambda file: file.write(data))


def fill_atomic(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Writes a whole file or nothing. ``fill`` writes the content, so that it need not be held in memory."""
    with replacing(path) as file:
        fill(file)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file, open for writing, that takes the place of ``path`` when the block ends without an error."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(name, 0o666 & ~_mask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mask() -> int:
    """The umask of the process. Temporary files are private; files that are kept get the usual permissions."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
