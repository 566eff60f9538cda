"""IEMOCAP: ten actors in scripted and improvised scenes, two in each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mien.data.readers.base import LeftOut, mapped, readers
from mien.data.rows import Row
from mien.errors import RecipeError

_EMOTIONS = {
    "neu": "neutral",
    "hap": "happy",
    "exc": "happy",
    "sad": "sad",
    "ang": "angry",
    "fea": "fearful",
    "dis": "disgusted",
    "sur": "surprised",
    "fru": "",
    "oth": "",
    "xxx": "",
}
_SPLITS = {1: "train", 2: "train", 3: "train", 4: "valid", 5: "test"}
_TURN = re.compile(
    r"^\[(?P<start>[\d.]+) - (?P<end>[\d.]+)\]\t(?P<id>Ses\d\d[FM]\w*_[FM]\w+)\t(?P<label>\w+)\t"
    r"\[(?P<valence>[\d.]+), (?P<arousal>[\d.]+), (?P<dominance>[\d.]+)\]"
)
_SAID = re.compile(r"^(?P<id>Ses\d\d[FM]\w*) \[[\d.]+-[\d.]+\]: (?P<text>.*)$")


@readers.register
def iemocap(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """IEMOCAP (Busso et al., Language Resources and Evaluation 2008): 10,039 turns; sound and text.

    Licence: research only, under an agreement with the SAIL lab of USC.
    To get it: ask at https://sail.usc.edu/iemocap; unpack IEMOCAP_full_release.
    Layout: Session<1-5>/dialog/EmoEvaluation/*.txt, Session<N>/dialog/transcriptions/*.txt and
    Session<N>/sentences/wav/<dialogue>/<turn>.wav. The films show both actors side by side, so no face is read from them.
    Labels: neu, hap, exc (excited, joined with happy as in the literature), sad, ang, fea, dis, sur. Frustrated (fru),
    other (oth) and no agreement (xxx) have no counterpart. valence, arousal and dominance are means of ratings from 1 to 5.
    Splits: no official ones. They are by session, and so by speaker: 1-3 are train, 4 is valid, 5 is test. For the usual
    five folds set ``folds = 5`` and ``group = "session"``.
    """
    for session in range(1, 6):
        sheets = sorted((folder / f"Session{session}" / "dialog" / "EmoEvaluation").glob("*.txt"))
        if not sheets:
            left_out[f"Session{session} is not there"] += 1
        for sheet in sheets:
            said = _transcript(sheet.parents[1] / "transcriptions" / sheet.name)
            yield from _dialogue(session, sheet, said, left_out)


def _dialogue(session: int, sheet: Path, said: dict[str, str], left_out: LeftOut) -> Iterator[Row]:
    matches = (_TURN.match(line) for line in sheet.read_text(encoding="utf-8", errors="replace").splitlines())
    turns = sorted((m for m in matches if m), key=lambda m: float(m["start"]))
    if not turns:
        raise RecipeError(f"'{sheet}' has no line of the form '[start - end]  turn  label  [v, a, d]'")
    for number, turn in enumerate(turns):
        if turn["id"] not in said:
            left_out["no transcript"] += 1
        yield {
            "id": turn["id"],
            "audio": f"Session{session}/sentences/wav/{sheet.stem}/{turn['id']}.wav",
            "text": said.get(turn["id"], ""),
            # The letter in the name of the dialogue is the person with the markers. The letter of the turn is the speaker.
            "speaker": f"Ses{session:02d}{turn['id'].rpartition('_')[2][0]}",
            "split": _SPLITS[session],
            "dialogue": sheet.stem,
            "turn": number,
            "session": f"Session{session}",
            "label": turn["label"],
            "emotion": mapped(turn["label"], _EMOTIONS, left_out),
            **{name: turn[name] for name in ("valence", "arousal", "dominance")},
        }


def _transcript(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = (_SAID.match(line) for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return {m["id"]: m["text"].strip() for m in lines if m}
