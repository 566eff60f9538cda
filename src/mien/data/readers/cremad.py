"""CREMA-D: 91 actors say twelve sentences in six ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.data.readers.base import LeftOut, found, mapped, readers
from mien.data.rows import Row

_EMOTIONS = {"ANG": "angry", "DIS": "disgusted", "FEA": "fearful", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
_LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified"}
_SENTENCES = {
    "DFA": "Don't forget a jacket.",
    "IEO": "It's eleven o'clock.",
    "IOM": "I'm on my way to the meeting.",
    "ITH": "I think I have a doctor's appointment.",
    "ITS": "I think I've seen this before.",
    "IWL": "I would like a new alarm clock.",
    "IWW": "I wonder what this is about.",
    "MTI": "Maybe tomorrow it will be cold.",
    "TAI": "The airplane is almost full.",
    "TIE": "That is exactly what happened.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}


@readers.register
def cremad(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """CREMA-D (Cao et al., IEEE Transactions on Affective Computing 2014): 7,442 clips; video and sound.

    Licence: Open Database License 1.0, contents DbCL 1.0.
    To get it: https://github.com/CheyneyComputerScience/CREMA-D, with Git LFS.
    Layout: AudioWAV/<actor>_<sentence>_<emotion>_<level>.wav, and VideoFlash/ with the same names in .flv. One of the two
    folders may be absent.
    Labels: what the actor was asked to express: six of the seven, without surprised. People often perceived something else.
    Splits: no official ones. They are by actor: numbers that end in 0 or 5 are test, in 9 valid, and all others train.
    """
    found(folder, "AudioWAV", "VideoFlash")
    files = sorted([*(folder / "AudioWAV").glob("*.wav"), *(folder / "VideoFlash").glob("*.flv")])
    names = sorted({path.stem for path in files})
    have = {path.relative_to(folder).as_posix() for path in files}
    for name in names:
        parts = name.split("_")
        if len(parts) != 4:
            left_out["file that is not named as CREMA-D names its own"] += 1
            continue
        actor, sentence, emotion, level = parts
        video, audio = f"VideoFlash/{name}.flv", f"AudioWAV/{name}.wav"
        yield {
            "id": name,
            "video": video if video in have else "",
            "audio": audio if audio in have else "",
            "text": mapped(sentence, _SENTENCES, left_out),
            "speaker": f"cremad_{actor}",
            "split": "test" if actor[-1] in "05" else "valid" if actor[-1] == "9" else "train",
            # A few files have a single X as the level.
            "intensity": mapped("XX" if level == "X" else level, _LEVELS, left_out),
            "label": emotion,
            "emotion": mapped(emotion, _EMOTIONS, left_out),
        }
