"""Opens the files of a bundle: graphs, and files that encoders read. Each must have the SHA-256 in ``bundle.json``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mien import bundles
from mien.bundle.inspection import check_graph
from mien.bundle.table import FileEntry
from mien.errors import InputError, MienError
from mien.runtime import running
from mien.runtime.cache import file_sha256

if TYPE_CHECKING:
    import onnxruntime


class Files:
    """Finds files by their entries. A graph that was opened stays open.

    Args:
        name: of the bundle, for messages.
        folder: of the bundle. Files that shipped bundles share are found in the package.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._name, self._folder = name, folder
        self._opened: dict[str, onnxruntime.InferenceSession] = {}

    def path(self, entry: FileEntry) -> Path:
        """The path of a file.

        Raises:
            InputError: the file is missing, is no plain file, or is not the one that was exported.
            MienError: the same, where the file belongs to the installation of mien.
        """
        for path in (self._folder / entry.file, bundles.folder() / "shared" / entry.file):
            ours = bundles.folder() in path.parents
            if path.is_symlink() and not ours:
                raise InputError(f"'{path}' is a link; a bundle holds plain files")
            if path.is_file():
                if path.stat().st_size != entry.bytes or file_sha256(path) != entry.sha256:
                    raise (MienError if ours else InputError)(
                        f"'{path}' is damaged (its SHA-256 is not the one in bundle.json); install or export it again"
                    )
                return path
        raise InputError(f"the bundle '{self._name}' lacks its file '{entry.file}'; install or export it again")

    def graph(self, entry: FileEntry) -> onnxruntime.InferenceSession:
        """A graph. It is opened at the first call.

        Raises:
            InputError, MienError: see ``path``.
            InputError: it reads other files, or ONNX Runtime cannot open it.
        """
        if entry.file not in self._opened:
            path = self.path(entry)
            check_graph(path, entry.bytes)
            self._opened[entry.file] = running.opened(path)
        return self._opened[entry.file]

    def copy(self, entry: FileEntry, folder: Path) -> None:
        """Copies a file into another folder, under the same name.

        Raises:
            InputError, MienError: see ``path``.
        """
        shutil.copyfile(self.path(entry), folder / entry.file)
