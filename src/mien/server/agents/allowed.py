"""The files that an agent may read: those in the folders that the user named, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from mien.errors import InputError
from mien.workflows.analyze_files import expanded

MOST = 500
"""The largest number of files that are listed or searched at once."""


class Allowed:
    """The folders that an agent may read.

    Args:
        roots: the folders.

    Raises:
        InputError: one is no folder, or there is none.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        if not roots:
            raise InputError("name the folders that agents may read, each with --root")
        for root in roots:
            if not root.is_dir():
                raise InputError(f"--root names a folder, but '{root}' is none")
        self._roots = [root.resolve() for root in roots]

    def file(self, name: str) -> Path:
        """The file with a name, as ``names`` gives it, or with a whole path.

        Raises:
            InputError: there is no such file in the folders. A link that leads out of them counts as none.
        """
        return self._inside(name, folder=False)

    def files(self, name: str) -> list[Path]:
        """A file, or the media files in a folder; all of them for "". At most ``MOST``.

        Raises:
            InputError: there is no such file or folder, or it holds no media.
        """
        wanted = [self._inside(name, folder=True)] if name else self._roots
        found = [path for path in expanded(wanted) if self._allowed(path.resolve())]
        return found[:MOST]

    def name(self, path: Path) -> str:
        """The name of a file, relative to its folder."""
        root = next((root for root in self._roots if path.is_relative_to(root)), path.parent)
        return path.relative_to(root).as_posix()

    def _inside(self, name: str, folder: bool) -> Path:
        for root in self._roots:
            try:
                path = (root / name).resolve()
                if self._allowed(path) and (path.is_file() or (folder and path.is_dir())):
                    return path
            except (OSError, ValueError):  # too long, or with a zero byte
                continue
        raise InputError(f"there is no file '{name[:200]}' that may be read; 'files' lists them{self._like(name)}")

    def _like(self, name: str) -> str:
        """A file of about that name, in whatever folder."""
        wanted = Path(name[:200]).stem.lower()
        with suppress(InputError):
            names = {self.name(path): path.stem.lower() for path in self.files("")}
            near = get_close_matches(wanted, names.values(), 1)
            return next((f"; did you mean '{whole}'?" for whole, own in names.items() if [own] == near), "")
        return ""

    def _allowed(self, path: Path) -> bool:
        return any(path.is_relative_to(root) for root in self._roots)
