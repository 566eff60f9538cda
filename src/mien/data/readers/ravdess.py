"""RAVDESS: 24 actors speak and sing two sentences in eight ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from mien.data.readers.base import LeftOut, mapped, readers
from mien.data.rows import Row

_EMOTIONS = {
    "neutral": "neutral",
    "calm": "",
    "happy": "happy",
    "sad": "sad",
    "angry": "angry",
    "fearful": "fearful",
    "disgust": "disgusted",
    "surprised": "surprised",
}
_LABELS = dict(zip((f"{n:02d}" for n in range(1, 9)), _EMOTIONS, strict=True))
_CHANNELS = {"01": "speech", "02": "song"}
_INTENSITIES = {"01": "normal", "02": "strong"}
_SENTENCES = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}


@readers.register
def ravdess(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """RAVDESS (Livingstone and Russo, PLOS ONE 2018, doi 10.1371/journal.pone.0196391): 1,440 spoken, 1,012 sung; video, sound.

    Licence: CC BY-NC-SA 4.0.
    To get it: https://zenodo.org/records/1188976.
    Layout: Actor_<NN>/<modality>-<channel>-<emotion>-<intensity>-<sentence>-<repetition>-<actor>.mp4 and .wav. The folders
    of actors may lie at any depth. A performance gives one row, from its files of the modalities 01 (sound and pictures),
    02 (pictures alone) and 03 (sound alone).
    Labels: by their published names; ``calm`` has no counterpart. ``channel`` is speech or song, so that
    ``where = { channel = "speech" }`` chooses speech.
    Splits: no official ones. They are by actor (odd numbers are men, even ones women): 1-18 are train, 19-20 valid and
    21-24 test.
    """
    performances: dict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(folder.rglob("Actor_*/*")):
        modality, _, code = path.stem.partition("-")
        if path.suffix not in (".mp4", ".wav") or len(code.split("-")) != 6:
            left_out["file that is not named as RAVDESS names its own"] += 1
            continue
        performances[code][modality] = path.relative_to(folder).as_posix()
    for code, files in performances.items():
        yield _row(code, files, left_out)


def _row(code: str, files: dict[str, str], left_out: LeftOut) -> Row:
    channel, emotion, intensity, sentence, repetition, actor = code.split("-")
    label = mapped(emotion, _LABELS, left_out)
    split = "train" if int(actor) <= 18 else "valid" if int(actor) <= 20 else "test"
    return {
        "id": code,
        "video": files.get("01", files.get("02", "")),
        "audio": files.get("03", ""),
        "text": mapped(sentence, _SENTENCES, left_out),
        "speaker": f"ravdess_{actor}",
        "split": split,
        "channel": mapped(channel, _CHANNELS, left_out),
        "intensity": mapped(intensity, _INTENSITIES, left_out),
        "repetition": repetition,
        "label": label,
        "emotion": mapped(label, _EMOTIONS, left_out),
    }
