"""MELD: lines of a TV series in their dialogues, with emotion and sentiment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.data.readers.base import LeftOut, found, mapped, readers, table
from mien.data.rows import Row

_PARTS = {
    "train": ("train_splits",),
    "dev": ("dev_splits_complete", "dev_splits"),
    "test": ("output_repeated_splits_test", "test_splits"),
}
_EMOTIONS = {
    "neutral": "neutral",
    "joy": "happy",
    "sadness": "sad",
    "anger": "angry",
    "fear": "fearful",
    "disgust": "disgusted",
    "surprise": "surprised",
}
_SENTIMENTS = {name: name for name in ("negative", "neutral", "positive")}


@readers.register
def meld(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """MELD (Poria et al., ACL 2019, arXiv 1810.02508): 13,708 utterances of *Friends*; video with sound, and text.

    Licence: GPL-3.0 for the annotations; the scenes are copyrighted television, for research only.
    To get it: MELD.Raw.tar.gz, linked from https://affective-meld.github.io; unpack the three archives inside it too.
    Layout: {train,dev,test}_sent_emo.csv in the folder or in train/, dev/, test/. Videos dia<D>_utt<U>.mp4 are in
    train_splits, dev_splits_complete and output_repeated_splits_test, in the folder or one folder down. Without videos
    there is text alone.
    Labels: joy is happy, sadness sad, anger angry, fear fearful, disgust disgusted, surprise surprised.
    Splits: the official ones, by scene. The six main characters are in all three, so results are for known people.
    """
    for part, names in _PARTS.items():
        sheet = found(folder, f"{part}_sent_emo.csv", f"{part}/{part}_sent_emo.csv")
        clips = next((d for name in names for d in (f"{part}/{name}", name) if (folder / d).is_dir()), None)
        if clips is None:
            left_out[f"videos of '{part}' are not there"] += 1
        for line in table(sheet, "Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID"):
            code = f"dia{line['Dialogue_ID']}_utt{line['Utterance_ID']}"
            yield {
                "id": f"{part}_{code}",
                "video": f"{clips}/{code}.mp4" if clips else "",
                "text": line["Utterance"],
                "speaker": line["Speaker"],
                "split": "valid" if part == "dev" else part,
                "dialogue": f"{part}_{line['Dialogue_ID']}",
                "turn": line["Utterance_ID"],
                "label": line["Emotion"],
                "emotion": mapped(line["Emotion"], _EMOTIONS, left_out),
                "sentiment": mapped(line["Sentiment"], _SENTIMENTS, left_out),
            }
