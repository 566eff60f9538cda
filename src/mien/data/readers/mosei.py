"""CMU-MOSEI: ten times CMU-MOSI, on any topic."""

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

    Licence: research only; the videos are their YouTube authors'.
    To get it: the labels, words and folds by https://github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK, which no longer
    shares the recordings (CMU_MOSEI.zip); or in MMSA's layout, linked from https://github.com/thuiar/MMSA.
    Layout: either that of the authors: CMU_MOSEI_Labels.csd (not the older CMU_MOSEI_LabelsEmotions and LabelsSentiment),
    CMU_MOSEI_TimestampedWords.csd and, from the SDK, cmu_mosei_std_folds.py, here or one folder down;
    Raw/Videos/Full/Combined/<video>.mp4 and Raw/Audio/Full/WAV_16000/<video>.wav of CMU_MOSEI.zip (names as published code
    reads them; not seen). A segment is called <video>[<row>], from 0, as in the SDK; its neighbours may overlap it. Users have
    reported videos whose times do not fit the recording (issues 227 and 278 of the SDK); mien cannot tell which.
    Or MMSA's: label.csv (video_id, clip_id, text, label, annotation, mode) and Raw/<video_id>/<clip_id>.mp4.
    Labels: ``valence`` is the published sentiment, a number from -3 to 3; ``sentiment`` negative, neutral or positive: below,
    at or above 0. Of the authors' layout alone, ``intensity_*`` are the six emotions from 0 to 3; those above 0, which is
    when the authors call them present, are ``emotion``, several joined by "|", by their published names ``label``. Where
    none is present ``emotion`` is empty: the authors did not ask for neutral.
    Splits: the official ones, by video; labelled videos that the authors' folds do not name (66, issue 256 of the SDK) are
    left out. Without the file of folds there are none, so divide by speaker. A video stands for its speaker: it is a
    monologue, but some people have several. Nobody is in two of the folds, say the authors (issue 71); who is in which
    video is not published, so whatever divides videos otherwise may have a person on both sides.
    """
    yield from opinions(folder, _LAYOUT, left_out)
