"""CH-SIMS: Chinese film and television, with a label for each modality."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.data.readers._mmsa import clips
from mien.data.readers.base import LeftOut, readers
from mien.data.rows import Row

_SCORES = {"valence": "label", "valence_text": "label_T", "valence_voice": "label_A", "valence_face": "label_V"}


@readers.register
def chsims(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """CH-SIMS (Yu et al., ACL 2020, 2020.acl-main.343): 2,281 clips in Mandarin; video with sound, and text.

    Licence: none is stated; the scenes are copyrighted, for research only.
    To get it: linked from https://github.com/thuiar/MMSA.
    Layout: label.csv (video_id, clip_id, text, label, label_T, label_A, label_V, annotation, mode) and
    Raw/<video_id>/<clip_id>.mp4. Clip numbers have four digits.
    Labels: ``valence`` is for all modalities; ``valence_text``, ``valence_voice`` and ``valence_face`` are for each modality
    alone. They are numbers from -1 to 1. ``sentiment`` is negative, neutral or positive.
    Splits: the official ones. They were drawn by clip, so people and scenes are in several splits; `mien data check` tells
    which. For results on new people set ``folds`` with ``clip.speaker``. A video stands for its speakers.
    """
    yield from clips(folder, _SCORES, left_out, digits=4)
