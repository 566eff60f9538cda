"""CMU-MOSEI: ten times CMU-MOSI, on any topic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.data.readers._mmsa import clips
from mien.data.readers.base import LeftOut, readers
from mien.data.rows import Row


@readers.register
def mosei(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """CMU-MOSEI (Zadeh et al., ACL 2018, P18-1208): 22,856 clips in MMSA's edition; video with sound, and text.

    Licence: research only; the videos are their YouTube authors'.
    To get it: linked from https://github.com/thuiar/MMSA (raw videos in MMSA's layout).
    Layout: label.csv (video_id, clip_id, text, label, annotation, mode) and Raw/<video_id>/<clip_id>.mp4.
    Labels: ``valence`` is the published label, a number from -3 to 3; ``sentiment`` negative, neutral or positive. The
    emotions of the CMU SDK are not part of this edition.
    Splits: the official ones, by video; a video stands for its speaker, though some people have several.
    """
    yield from clips(folder, {"valence": "label"}, left_out)
