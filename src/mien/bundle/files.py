"""The files of a bundle: graphs, and what encoders read, each under the SHA-256 that ``bundle.json`` gives."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien import bundles
from mien.errors import MienError
from mien.runtime import threads
from mien.runtime.cache import file_sha256

if TYPE_CHECKING:
    import onnxruntime


class Artefacts:
    """Files by their entries in a ``bundle.json``: ``file`` (a name) and ``sha256``.

    Args:
        name: of the bundle, for messages.
        folder: the bundle's own; what shipped bundles share lies in the package.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self._opened: dict[str, onnxruntime.InferenceSession] = {}

    def path(self, entry: Mapping[str, Any]) -> Path:
        """Where a file lies.

        Raises:
            MienError: it is missing, or not the one that was exported.
        """
        name: str = entry["file"]
        for path in (self.folder / name, bundles.folder() / "shared" / name):
            if path.is_file():
                if file_sha256(path) != entry["sha256"]:
                    raise MienError(
                        f"'{path}' is damaged (its SHA-256 is not the one in bundle.json); install or export it again"
                    )
                return path
        raise MienError(f"the bundle '{self.name}' lacks its file '{name}'; install or export it again")

    def graph(self, entry: Mapping[str, Any]) -> onnxruntime.InferenceSession:
        """A graph, opened when it is first asked for."""
        if entry["file"] not in self._opened:
            self._opened[entry["file"]] = threads.open_graph(self.path(entry))
        return self._opened[entry["file"]]

    def copy(self, entry: Mapping[str, Any], folder: Path) -> None:
        """Put a file into another folder, under its own name."""
        shutil.copyfile(self.path(entry), folder / entry["file"])
