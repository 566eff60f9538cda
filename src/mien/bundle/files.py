"""Opens the files of a bundle: graphs, and files that encoders read. Each must have the SHA-256 in ``bundle.json``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mien import bundles
from mien.bundle.table import FileEntry
from mien.errors import MienError
from mien.runtime import threads
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
            MienError: the file is missing, or is not the one that was exported.
        """
        for path in (self._folder / entry.file, bundles.folder() / "shared" / entry.file):
            if path.is_file():
                if file_sha256(path) != entry.sha256:
                    raise MienError(
                        f"'{path}' is damaged (its SHA-256 is not the one in bundle.json); install or export it again"
                    )
                return path
        raise MienError(f"the bundle '{self._name}' lacks its file '{entry.file}'; install or export it again")

    def graph(self, entry: FileEntry) -> onnxruntime.InferenceSession:
        """A graph. It is opened at the first call.

        Raises:
            MienError: see ``path``.
        """
        if entry.file not in self._opened:
            self._opened[entry.file] = threads.open_graph(self.path(entry))
        return self._opened[entry.file]

    def copy(self, entry: FileEntry, folder: Path) -> None:
        """Copies a file into another folder, under the same name.

        Raises:
            MienError: see ``path``.
        """
        shutil.copyfile(self.path(entry), folder / entry.file)
