"""Reads the authors' layout of CMU-MOSI and CMU-MOSEI: computational sequences, which are HDF5 files ``.csd``.

A file has one root group with the name of the sequence. In it ``data/<video>/intervals`` is (N, 2) in seconds and
``data/<video>/features`` is (N, D). A file of labels has one row for each segment, not in order of time; a file of words has
one string in each row. In files that the SDK has aligned, an entry is called ``<video>[<segment>]``. This follows the code,
README files and issues of https://github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK. The files themselves were not available.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mien.data.readers._mmsa import clips
from mien.data.readers.base import LeftOut
from mien.data.rows import Row
from mien.errors import InputError, RecipeError

_FOLD = re.compile(r"^standard_(train|valid|test)_fold\s*=\s*\[([^\]]*)\]", re.MULTILINE)
_SHORTEST = 1e-5  # seconds; the SDK ignores shorter segments


class Layout(NamedTuple):
    """The differences between the two sets.

    Attributes:
        emotions: {published name: one of the seven}, for the columns of labels after the sentiment.
        folds: name of the authors' file of splits.
        files: {column of a row: path of a recording, with "{video}" in it}.
    """

    emotions: Mapping[str, str]
    folds: str
    files: Mapping[str, str]


def opinions(folder: Path, layout: Layout, left_out: LeftOut) -> Iterator[Row]:
    """Rows of the authors' layout if the folder has ``*Labels*.csd``; otherwise rows of MMSA's label.csv.

    Raises:
        InputError: h5py is not installed.
        RecipeError: the folder has neither layout, or its files have another form.
    """
    if (labels := _file(folder, "*Labels*.csd")) is None:
        yield from clips(folder, {"valence": "label"}, left_out)
        return
    words, folds = _words(folder, left_out), _folds(folder, layout, left_out)
    columns = ("sentiment", *layout.emotions)
    for entry, intervals, values in _entries(labels):
        if values.shape[1] != len(columns):
            told = f"not {', '.join(columns)}; docs/data.md names the edition to take"
            raise RecipeError(f"'{labels}' has {values.shape[1]} columns, {told}")
        video = entry.partition("[")[0]
        if folds and video not in folds:
            left_out["video in no fold"] += 1
            continue
        split = {"split": folds[video]} if folds else {}
        whole = {**_recordings(folder, layout, video, left_out), "speaker": video, **split, "dialogue": video}
        for number, (interval, scores) in enumerate(zip(intervals.tolist(), values.tolist(), strict=True)):
            # Some segments of CMU-MOSEI start up to half a second before their video. In this order of arguments NaN stays.
            start, end = max(interval[0], 0.0), interval[1]
            text = " ".join(word for middle, word in words[video] if start <= middle < end)
            fault = _fault(end - start, scores, text or any(whole[column] for column in layout.files))
            if fault:
                left_out[fault] += 1
                continue
            name = entry if "[" in entry else f"{entry}[{number}]"
            span = {"text": text, "start": start, "end": end, "turn": start}
            yield {"id": name, **whole, **span, **_targets(layout, scores)}


def _file(folder: Path, pattern: str) -> Path | None:
    """The first file that fits the pattern; ``None`` without one.

    It lies in the folder, or one folder down, as on the authors' server (labels/, language/).
    """
    return next(iter([*sorted(folder.glob(pattern)), *sorted(folder.glob(f"*/{pattern}"))]), None)


def _entries(path: Path) -> Iterator[tuple[str, Any, Any]]:
    """(name, intervals (N, 2), features (N, D)) of every entry of a sequence."""
    try:
        import h5py
    except ImportError as error:
        raise InputError(f"'{path.name}' needs h5py; run: pip install 'mien[csd]'") from error
    try:
        with h5py.File(path, "r") as file:
            for name, entry in file[next(iter(file), "no group")]["data"].items():
                intervals, features = entry["intervals"][()], entry["features"][()]
                if features.ndim != 2 or intervals.shape != (len(features), 2):
                    raise ValueError(f"'{name}' has intervals {intervals.shape} and features {features.shape}")
                yield name, intervals, features
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise RecipeError(f"'{path}' is no computational sequence: {error}") from error


def _words(folder: Path, left_out: LeftOut) -> defaultdict[str, list[tuple[float, str]]]:
    """{video: [(middle in seconds, word)]} in order of time. "sp", which marks a pause, is left out."""
    found: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    path = _file(folder, "*TimestampedWords.csd")
    if path is None:
        left_out["the file '*TimestampedWords.csd' is not there"] += 1
        return found
    for entry, intervals, features in _entries(path):
        if features.dtype.kind not in "SO":
            raise RecipeError(f"'{path}' holds no words but {features.dtype}")
        texts = [bytes(x).decode("utf-8", errors="replace") for x in features[:, 0]]
        timed = zip(intervals.mean(axis=1).tolist(), texts, strict=True)
        found[entry.partition("[")[0]] += [word for word in timed if word[1] not in ("", "sp")]
    return defaultdict(list, {video: sorted(words, key=lambda word: word[0]) for video, words in found.items()})


def _folds(folder: Path, layout: Layout, left_out: LeftOut) -> dict[str, str]:
    """{video: split} from the authors' file; empty when there is none. The file is Python code: it is read, never run."""
    path = _file(folder, layout.folds)
    if path is None:
        left_out[f"the file '{layout.folds}' is not there, so there are no splits"] += 1
        return {}
    lists = dict(_FOLD.findall(path.read_text(encoding="utf-8", errors="replace")))
    if len(lists) != 3:
        raise RecipeError(
            f"'{path}' should have the lists standard_train_fold, standard_valid_fold, standard_test_fold"
        )
    return {video: split for split, names in lists.items() for video in re.findall(r"""['"]([^'"]+)['"]""", names)}


def _recordings(folder: Path, layout: Layout, video: str, left_out: LeftOut) -> dict[str, str]:
    paths = {column: place.format(video=video) for column, place in layout.files.items()}
    found = {column: path if (folder / path).is_file() else "" for column, path in paths.items()}
    left_out.update(f"there is no '{place}'" for column, place in layout.files.items() if not found[column])
    return found


def _fault(seconds: float, scores: list[float], given: object) -> str:
    """Why a segment cannot be used; "" when it can."""
    if not seconds > _SHORTEST:
        return "segment without duration"
    if not (-3 <= scores[0] <= 3 and all(0 <= x <= 3 for x in scores[1:])):
        return "label outside its scale"
    return "" if given else "segment without words and recording"


def _targets(layout: Layout, scores: list[float]) -> dict[str, Any]:
    """The sentiment by its sign, and the emotions with a score above 0, which the authors call present."""
    sentiment = "negative" if scores[0] < 0 else "positive" if scores[0] > 0 else "neutral"
    targets: dict[str, Any] = {"sentiment": sentiment, "valence": round(scores[0], 4)}
    if not layout.emotions:
        return targets
    amounts = dict(zip(layout.emotions, scores[1:], strict=True))
    present = [name for name, amount in amounts.items() if amount > 0]
    targets |= {"label": "|".join(present), "emotion": "|".join(layout.emotions[name] for name in present)}
    return targets | {f"intensity_{layout.emotions[name]}": round(amount, 4) for name, amount in amounts.items()}
