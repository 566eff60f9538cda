"""CMU-MOSI: opinions on films, with one speaker in each video."""

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

    Licence: research only; the videos belong to their YouTube authors.
    To get it: https://github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK has the labels, words and folds. It no longer shares
    the recordings (CMU_MOSI.zip). https://github.com/thuiar/MMSA links the set in MMSA's layout.
    Layout: that of the authors, or MMSA's. The authors' has CMU_MOSI_Opinion_Labels.csd, CMU_MOSI_TimestampedWords.csd and
    the SDK's cmu_mosi_std_folds.py, in the folder or one folder down. Recordings are Raw/Video/Full/<video>.mp4 and
    Raw/Audio/WAV_16000/Full/<video>.wav of CMU_MOSI.zip; these names come from published code. A segment is called
    <video>[<row>], from 0, as in the SDK.
    MMSA's layout has label.csv (video_id, clip_id, text, label, annotation, mode) and Raw/<video_id>/<clip_id>.mp4.
    Labels: ``valence`` is the published label, a number from -3 to 3. ``sentiment`` is negative below 0, neutral at 0 and
    positive above it.
    Splits: the official ones of the CMU SDK, by video. Without its file of folds there are no splits, so divide by speaker.
    A video stands for its speaker. The authors say that each video has one speaker, but 89 people made the 93 videos.
    """
    yield from opinions(folder, _LAYOUT, left_out)
