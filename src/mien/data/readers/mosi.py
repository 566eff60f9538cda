"""CMU-MOSI: opinions on films, one speaker to a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.data.readers._mmsa import clips
from mien.data.readers.base import LeftOut, readers
from mien.data.rows import Row


@readers.register
def mosi(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """CMU-MOSI (Zadeh et al., IEEE Intelligent Systems 2016, arXiv 1606.06259): 2,199 clips; video with sound, and text.

    Licence: research only; the videos are their YouTube authors'.
    To get it: linked from https://github.com/thuiar/MMSA (raw videos in MMSA's layout).
    Layout: label.csv (video_id, clip_id, text, label, annotation, mode) and Raw/<video_id>/<clip_id>.mp4.
    Labels: ``valence`` is the published label, a number from -3 to 3; ``sentiment`` negative, neutral or positive.
    Splits: the official ones of the CMU SDK, by video; a video stands for its speaker.
    """
    yield from clips(folder, {"valence": "label"}, left_out)
