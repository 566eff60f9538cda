"""Reads a few long clips with all workers: each reads a stretch of faces or a page of words, and one joins them in the end."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mien.archive.folder import Results
from mien.errors import MienError
from mien.events import Progress, Work
from mien.runtime.crew import Crashed, Crew
from mien.runtime.messages import Table

if TYPE_CHECKING:
    from mien.media.decoding.open import MediaInfo

LONG = 240.0
"""Seconds; a shorter clip is read by one worker."""
_SHARE = 60.0  # seconds of clips that are worth a worker


@dataclass(frozen=True)
class _Step:
    """An order: the clip that it is about, what it says, and the file that is there when it was carried out."""

    name: str
    order: Table
    file: Path


def long_ones(clips: Mapping[str, Path], hours: float) -> dict[str, MediaInfo]:
    """Which of some clips are worth reading in parts, and what they hold.

    Left out are videos without an index, of which no stretch can be found, and what is refused for its length or cannot be
    read.

    Args:
        clips: the clips by name.
        hours: the longest clip that is read.
    """
    from mien.media.decoding.open import probe

    found = {}
    for name, clip in clips.items():
        with suppress(MienError, OSError):
            found[name] = probe(clip)
    return {
        name: info
        for name, info in found.items()
        if LONG <= info.duration <= 3600 * hours and (info.indexed or info.kind == "audio")
    }


def useful(clips: Mapping[str, MediaInfo]) -> int:
    """How many workers have something to do with some long clips."""
    return math.ceil(sum(info.duration for info in clips.values()) / _SHARE)


def read_ahead(
    crew: Crew, clips: Mapping[str, Path], long: Mapping[str, MediaInfo], results: Results
) -> Work[dict[str, Path]]:
    """Reads long clips ahead, see ``mien.media.ahead``.

    What was found before the work was stopped is there when it goes on. A clip that cannot be read in parts is left out, so
    that it is read in one pass.

    Args:
        crew: carries out the work.
        clips: the clips by name.
        long: those of them to be read ahead.
        results: the folder of results, where what is found is kept until the clip is read.

    Returns:
        {name of a clip: the folder of ``Ahead``}.
    """
    folders = {name: _folder(results, name, clips[name]) for name in long}
    steps = [step for name, info in long.items() for step in _first(name, clips[name], info, folders[name])]
    # To go over the sound is the longest step, and words wait for it.
    steps.sort(key=lambda step: "look" in step.order)
    failed = yield from _carried_out(crew, steps, clips)
    pages = [
        _Step(name, {"hear": str(page)}, page.with_suffix(".json"))
        for name, folder in folders.items()
        if name not in failed
        for page in sorted(folder.glob("said-*.npz"))
    ]
    failed |= yield from _carried_out(crew, pages, clips)
    for name in failed:
        shutil.rmtree(folders[name], ignore_errors=True)
    return {name: folder for name, folder in folders.items() if name not in failed}


def _folder(results: Results, name: str, clip: Path) -> Path:
    """The folder for what is read of a clip ahead, which holds nothing of an earlier state of the clip."""
    found, state = clip.stat(), hashlib.sha256(name.encode("utf-8", "surrogateescape"))
    state.update(f" {found.st_size} {found.st_mtime_ns}".encode())
    folder = results.root / "ahead" / state.hexdigest()[:32]
    results.make(folder)
    return folder


def _first(name: str, clip: Path, info: MediaInfo, folder: Path) -> list[_Step]:
    """What needs nothing else: the search for faces, and where somebody speaks."""
    from mien.media.ahead.looking import stretches

    about: Table = {"clip": str(clip), "ahead": str(folder)}
    orders: list[Table] = [about | {"name": "planned"}] if info.has_audio else []
    if info.kind == "video":
        orders += [
            about | {"name": f"look-{number:06d}.npz", "look": [span.start, span.end]}
            for number, span in enumerate(stretches(info.duration))
        ]
    steps = [_Step(name, order, folder / order["name"]) for order in orders]
    return [step for step in steps if not step.file.is_file()]


def _carried_out(crew: Crew, steps: Sequence[_Step], clips: Mapping[str, Path]) -> Work[set[str]]:
    """Carries out steps, and gives the names of the clips of which one failed."""
    failed: set[str] = set()
    done = 0
    with closing(crew.perform([step.order for step in steps])) as told:
        for number, message in told:
            step = steps[number]
            if isinstance(message, Crashed) or "failed" in message:
                failed.add(step.name)
            elif "end" not in message:
                continue
            done += 1
            yield Progress("read", clips[step.name].name, done, len(steps))
    return failed
