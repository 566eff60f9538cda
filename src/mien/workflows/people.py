"""Says which clips show the same person, and finds what is usual for that person over all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from mien.errors import InputError, closest, of_the_clip
from mien.events import Progress, Work
from mien.person import People
from mien.pipeline import Analyzer

SAME = ("clip", "one", "folder", "name")
"""Who is the same over several clips: nobody; one person in all clips; one person in each folder; one person in all clips whose
names begin with the same letters and digits, up to the first other character."""


def known_people(analyzer: Analyzer, clips: Sequence[Path], same: str) -> Work[Mapping[Path, People] | None]:
    """What is usual for the person of each clip, from the sound of all clips of the person; ``None`` for "clip".

    Clips without sound, and those that cannot be read, add nothing. Their own analysis says why.

    Args:
        analyzer: it answers the clips afterwards.
        clips: the files.
        same: one of ``SAME``.

    Raises:
        InputError: ``same`` is unknown.
    """
    if same not in SAME:
        raise InputError(f"--people cannot be '{same}'; {closest(same, SAME)}")
    if same == "clip":
        return None
    found: dict[str, People] = {}
    for done, clip in enumerate(clips, start=1):
        try:
            yield from analyzer.observe(clip, found.setdefault(_person(clip, same), {}))
        except Exception as error:
            if not of_the_clip(error):
                raise
        yield Progress("read", clip.parent.name or ".", done, len(clips))
    return {clip: found[_person(clip, same)] for clip in clips}


def _person(clip: Path, same: str) -> str:
    if same == "one":
        return ""
    if same == "folder":
        return str(clip.resolve().parent)
    return re.split(r"[^\w]|_", clip.stem, maxsplit=1)[0]
