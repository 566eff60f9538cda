"""The folder of results of an archive, and how its clips are read.

    results/run.json                  how all clips were read; another way is refused
    results/clips/NAME.json           one file a clip, `mien.timeline/1`; that it is there means that the clip is done
    results/segments/part-X.parquet   one row a segment, `mien.segments/1`; made from the files of clips
    results/read/part-X.parquet       one row a clip
    results/skipped.json              the clips that could not be read in the last run, and why
    results/ahead/                    what was read of long clips so far; gone when they are read
    results/index.html                the summary

The files of clips are the ledger: each is written whole or not at all, so nothing is done twice and nothing is lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien import __version__
from mien.errors import InputError
from mien.files.tables import read_table
from mien.pipeline import Analyzer
from mien.report import files
from mien.runtime import devices

if TYPE_CHECKING:
    from mien.media.cut import CutSettings

SCHEMA = "mien.results/1"
PARTS = tuple("0123456789abcdef")
"""The names of the parts of a table. A clip always belongs to the same one, so that a new clip changes one part alone."""


@dataclass(frozen=True)
class Reading:
    """How clips are read; see ``Analyzer``, ``CutSettings`` and ``Page`` for the meaning."""

    bundle: str = "research"
    asr: str = "auto"
    task: str | None = None
    prior: str = "even"
    tracks: bool = True
    voices: bool = True
    track: int | None = None
    hours: float | None = None
    portraits: bool = False
    device: str = "cpu"

    def analyzer(self) -> Analyzer:
        """What reads clips in this way.

        Raises:
            InputError: see ``Analyzer``.
        """
        if self.device != "cpu":
            devices.use(self.device)
        return Analyzer(self.bundle, self.asr, self.settings(), self.task, self.prior, self.tracks)

    def settings(self) -> CutSettings:
        """How clips are cut."""
        from mien.media.cut import CutSettings

        settings = CutSettings(voices=self.voices, track=self.track)
        return settings if self.hours is None else replace(settings, hours=self.hours)


@dataclass(frozen=True)
class Results:
    """A folder of results."""

    root: Path

    @classmethod
    def open(cls, root: Path, reading: Reading, bundle_sha256: str) -> Results:
        """A new folder, or one whose clips were read in the same way.

        Raises:
            InputError: it holds other files, its clips were read in another way, or it cannot be written.
        """
        found, run = cls(root), {**asdict(reading), "mien": __version__, "bundle_sha256": bundle_sha256}
        file = root / "run.json"
        if file.is_file():
            before = read_table(file, "name another folder")
            changed = sorted(k for k in run if before.get(k) != run[k])
            if before.get("schema") != SCHEMA or changed:
                raise InputError(
                    f"the clips in '{root}' were read with another {', '.join(changed)}; name another folder"
                )
            return found
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise InputError(f"'{root}' holds something else than results; name a new or empty folder")
        for folder in (root / "clips", root / "segments", root / "read"):
            found.make(folder)
        files.put(file, json.dumps({"schema": SCHEMA, **run}, indent=1) + "\n")
        return found

    @classmethod
    def there(cls, root: Path) -> Results:
        """A folder that exists.

        Raises:
            InputError: it is no folder of results.
        """
        if not (root / "run.json").is_file():
            raise InputError(f"'{root}' is no folder of results; make one with: mien analyze FOLDER --out '{root}'")
        return cls(root)

    def make(self, folder: Path) -> None:
        """Makes a folder.

        Raises:
            InputError: it cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"the folder '{folder}' cannot be made: {error.strerror}") from error

    def file(self, name: str) -> Path:
        """The file of a clip."""
        return self.root / "clips" / f"{name}.json"

    def done(self, name: str, clip: Path) -> bool:
        """Whether a clip was read, and has not changed since."""
        try:
            return self.file(name).stat().st_mtime_ns >= clip.stat().st_mtime_ns
        except OSError:
            return False

    def names(self, part: str | None = None) -> list[str]:
        """The names of the clips that were read, in order; those of one part of the tables, or all."""
        root = self.root / "clips"
        found = (p.relative_to(root).as_posix().removesuffix(".json") for p in root.rglob("*.json") if p.is_file())
        return sorted(name for name in found if part is None or part_of(name) == part)

    def timeline(self, name: str) -> Mapping[str, Any]:
        """What was read of a clip, as `mien.timeline/1`.

        Raises:
            InputError: the file is damaged.
        """
        return read_table(self.file(name), "remove it, and run the same command again", largest=2_000_000_000)


def part_of(name: str) -> str:
    """The part of the tables that a clip belongs to."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[0]


def named(paths: Sequence[Path], clips: Iterable[Path]) -> dict[str, Path]:
    """The clips by their names in results: the path below the named folder, with the name of that folder before it.

    So the name of a clip does not depend on which other clips there are.

    Raises:
        InputError: two clips have one name.
    """
    folders = [path for path in paths if path.is_dir()]
    found: dict[str, Path] = {}
    for clip in clips:
        above = next((folder for folder in folders if clip.is_relative_to(folder)), clip.parent)
        name = (Path(above.resolve().name if above in folders else "") / clip.relative_to(above)).as_posix()
        if name in found:
            raise InputError(f"'{found[name]}' and '{clip}' would have the same result; read them into two folders")
        found[name] = clip
    return found
