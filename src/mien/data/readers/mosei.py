"""CMU-MOSEI: opinions on any topic, ten times as many segments as CMU-MOSI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.data.readers._csd import Layout, opinions
from mien.data.readers.base import LeftOut, readers
from mien.data.rows import Row

_LAYOUT = Layout(
    emotions={
        "happy": "happy",
        "sad": "sad",
        "anger": "angry",
        "surprise": "surprised",
        "disgust": "disgusted",
        "fear": "fearful",
    },
    folds="cmu_mosei_std_folds.py",
    files={"video": "Raw/Videos/Full/Combined/{video}.mp4", "audio": "Raw/Audio/Full/WAV_16000/{video}.wav"},
)


@readers.register
def mosei(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """CMU-MOSEI (Zadeh et al., ACL 2018, P18-1208): 23,259 segments, 22,856 in MMSA's edition; video with sound, and text.

    Licence: research only; the videos belong to their YouTube authors.
    To get it: https://github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK has the labels, words and folds. It no longer shares
    the recordings (CMU_MOSEI.zip). https://github.com/thuiar/MMSA links the set in MMSA's layout.
    Layout: that of the authors, or MMSA's. The authors' has CMU_MOSEI_Labels.csd (not the older CMU_MOSEI_LabelsEmotions and
    LabelsSentiment), CMU_MOSEI_TimestampedWords.csd and the SDK's cmu_mosei_std_folds.py, in the folder or one folder down.
    Recordings are Raw/Videos/Full/Combined/<video>.mp4 and Raw/Audio/Full/WAV_16000/<video>.wav of CMU_MOSEI.zip; these
    names come from published code. A segment is called <video>[<row>], from 0, as in the SDK. Segments may overlap. Users
    report videos whose times do not fit the recording (issues 227 and 278 of the SDK); mien cannot tell which.
    MMSA's layout has label.csv (video_id, clip_id, text, label, annotation, mode) and Raw/<video_id>/<clip_id>.mp4.
    Labels: ``valence`` is the published sentiment, a number from -3 to 3. ``sentiment`` is negative below 0, neutral at 0
    and positive above it. The authors' layout also gives ``intensity_*``, the six emotions from 0 to 3. Those above 0, which
    the authors call present, are ``emotion``, and by their published names ``label``; several are joined by "|". When no
    emotion is present, ``emotion`` is empty, because the authors did not ask for neutral.
    Splits: the official ones, by video. Labelled videos that are not in the authors' folds (66, issue 256 of the SDK) are
    left out. Without the file of folds there are no splits, so divide by speaker. A video stands for its speaker: it is a
    monologue, but some people have several videos. The authors say that nobody is in two folds (issue 71). The people in
    the videos are not published, so any other division may have one person in two splits.
    """
    yield from opinions(folder, _LAYOUT, left_out)
