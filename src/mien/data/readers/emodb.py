"""EmoDB: ten actors say ten German sentences in seven ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mien.data.readers.base import LeftOut, found, mapped, readers
from mien.data.rows import Row

_EMOTIONS = {
    "W": "angry",
    "E": "disgusted",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
    "L": "",
}
_SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
_SPLITS = {
    **dict.fromkeys(("03", "08", "09", "10", "11", "12", "14"), "train"),
    "13": "valid",
    "15": "test",
    "16": "test",
}
_NAME = re.compile(r"(?P<speaker>\d\d)(?P<sentence>[ab]\d\d)(?P<emotion>[A-Z])(?P<version>[a-z]?)")


@readers.register
def emodb(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """EmoDB (Burkhardt et al., Interspeech 2005): 535 recordings; sound.

    Licence: CC0 1.0 in audEERING's edition (`emodb` of audb).
    To get it: http://emodb.bilderbar.info.
    Layout: wav/<speaker><sentence><emotion><version>.wav, such as 03a01Fa.wav.
    Labels: W(ut) is angry, E(kel) disgusted, A(ngst) fearful, F(reude) happy, T(rauer) sad, N neutral. L(angeweile), which
    means bored, has no counterpart.
    Splits: no official ones. They are by speaker: 13 is valid, 15 and 16 (a man and a woman) are test, the others train.
    """
    for path in sorted(found(folder, "wav").glob("*.wav")):
        name = _NAME.fullmatch(path.stem)
        if name is None:
            left_out["file that is not named as EmoDB names its own"] += 1
            continue
        yield {
            "id": path.stem,
            "audio": f"wav/{path.name}",
            "text": mapped(name["sentence"], _SENTENCES, left_out),
            "speaker": f"emodb_{name['speaker']}",
            "split": mapped(name["speaker"], _SPLITS, left_out),
            "label": name["emotion"],
            "emotion": mapped(name["emotion"], _EMOTIONS, left_out),
        }
