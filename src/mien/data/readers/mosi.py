"""CMU-MOSI: opinions on films, one speaker to a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.data.readers._csd import Layout, opinions
from mien.data.readers.base import LeftOut, readers
from mien.data.rows import Row

_LAYOUT = Layout(
    emotions={},
    folds="cmu_mosi_std_folds.py",
    files={"video": "Raw/Video/Full/{video}.mp4", "audio": "Raw/Audio/WAV_16000/Full/{video}.wav"},
)


@readers.register
def mosi(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """CMU-MOSI (Zadeh et al., IEEE Intelligent Systems 2016, arXiv 1606.06259): 2,199 clips; video with sound, and text.

    Licence: research only; the videos are their YouTube authors'.
    To get it: the labels, words and folds by https://github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK, which no longer
    shares the recordings (CMU_MOSI.zip); or in MMSA's layout, linked from https://github.com/thuiar/MMSA.
    Layout: either that of the authors: CMU_MOSI_Opinion_Labels.csd, CMU_MOSI_TimestampedWords.csd and, from the SDK,
    cmu_mosi_std_folds.py, here or one folder down; Raw/Video/Full/<video>.mp4 and Raw/Audio/WAV_16000/Full/<video>.wav of
    CMU_MOSI.zip (names as published code reads them; not seen). A segment is called <video>[<row>], from 0, as in the SDK.
    Or MMSA's: label.csv (video_id, clip_id, text, label, annotation, mode) and Raw/<video_id>/<clip_id>.mp4.
    Labels: ``valence`` is the published label, a number from -3 to 3; ``sentiment`` negative, neutral or positive: below, at
    or above 0.
    Splits: the official ones of the CMU SDK, by video; without its file of folds there are none, so divide by speaker. A
    video stands for its speaker: it has one, say the authors, but 89 people made the 93 videos.
    """
    yield from opinions(folder, _LAYOUT, left_out)
