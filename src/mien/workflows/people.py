"""Says which clips show the same person, and finds what is usual for that person over all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from mien.errors import InputError, closest, of_the_clip
from mien.events import Progress, Work
from mien.media.voices.over_clips import main_voice, same_voice
from mien.media.voices.pieces import Piece, pieces
from mien.person import People
from mien.pipeline import Analyzer
from mien.types import Segment

SAME = ("clip", "one", "folder", "name", "voice")
"""Who is the same over several clips: nobody; one person in all clips; one person in each folder; one person in all clips whose
names begin with the same letters and digits, up to the first other character; one person in all clips in which mostly the same
voice is heard."""


def known_people(analyzer: Analyzer, clips: Sequence[Path], same: str) -> Work[Mapping[Path, People]]:
    """What is usual for the person of each clip, from the sound of all clips of the person.

    Nothing is known of a clip that is missing in the result: all clips with "clip", and with "voice" those in which no voice
    has four fifths of the speech. Clips without sound, and those that cannot be read, add nothing. Their own analysis says why.

    Args:
        analyzer: it answers the clips afterwards.
        clips: the files.
        same: one of ``SAME``. With "voice", voices are biometric data: they stay in memory, and only until this returns.

    Raises:
        InputError: ``same`` is unknown.
    """
    if same not in SAME:
        raise InputError(f"--people cannot be '{same}'; {closest(same, SAME)}")
    if same == "clip":
        return {}
    shown: dict[Path, People] = {clip: {} for clip in clips}
    spoken: dict[Path, list[Piece]] = {clip: [] for clip in clips}
    for done, clip in enumerate(clips, start=1):
        try:
            yield from analyzer.observe(clip, shown[clip], partial(_keep, spoken[clip]) if same == "voice" else None)
        except Exception as error:
            if not of_the_clip(error):
                raise
        yield Progress("read", clip.parent.name or ".", done, len(clips))
    owners = _by_voice(spoken) if same == "voice" else {clip: _person(clip, same) for clip in clips}
    found: dict[str, People] = {}
    for clip, person in owners.items():
        known = found.setdefault(person, {})
        for key, usual in shown[clip].items():
            known.setdefault(key, usual.beginning()).include(usual)
    return {clip: found[person] for clip, person in owners.items()}


def _keep(spoken: list[Piece], segment: Segment) -> None:
    if segment.audio is not None:
        spoken += pieces(segment.audio.samples)


def _by_voice(spoken: Mapping[Path, Sequence[Piece]]) -> dict[Path, str]:
    """The person of each clip that one voice has nearly to itself."""
    mains = {clip: voice for clip, heard in spoken.items() if (voice := main_voice(heard)) is not None}
    if not mains:
        return {}
    return dict(zip(mains, map(str, same_voice(np.stack(list(mains.values())))), strict=True))


def _person(clip: Path, same: str) -> str:
    if same == "one":
        return ""
    if same == "folder":
        return str(clip.resolve().parent)
    return re.split(r"[^\w]|_", clip.stem, maxsplit=1)[0]
