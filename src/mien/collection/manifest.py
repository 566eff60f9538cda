"""Writes ``manifest.csv``: what ``mien train --data`` and ``mien data check`` read. It may be written at any time."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mien.collection.dataset import MANIFEST, DataSet
from mien.collection.rights.permission import USABLE, Ground, ground
from mien.collection.rows import Cut, Person, Recording
from mien.collection.truth import Truth, truths
from mien.runtime.cache import write_atomic

_CLIP = ("id", "video", "audio", "image", "text", "start", "end", "speaker", "split")
_ABOUT = ("language", "gender", "age", "source", "sha256", "licence", "reference", "group", "annotators", "draft")


@dataclass(frozen=True)
class Exported:
    """What was written: the file, its rows, how many of them have a label, and {why: clips that were left out}."""

    path: Path
    rows: int
    labelled: int
    left_out: Mapping[str, int]


def export_manifest(
    dataset: DataSet,
    to: Path | None = None,
    anyone: bool = False,
    day: date | None = None,
    truth: Mapping[str, Truth] | None = None,
) -> Exported:
    """Writes the usable clips as a manifest, completely or not at all. Paths are relative to the file.

    Args:
        dataset: the set.
        to: the file; ``None`` for ``manifest.csv`` in the set.
        anyone: also clips of people without a consent or licence for training. Withdrawn consents still count.
        day: on which consents must hold; ``None`` for today.
        truth: {id of a clip: its labels}; ``None`` to count the votes.

    Raises:
        InputError, OSError: the set cannot be read, or the file cannot be written.
    """
    path = dataset.folder / MANIFEST if to is None else to
    known = truths(dataset.votes()) if truth is None else truth
    recordings, people = {r.id: r for r in dataset.recordings()}, dataset.people()
    drafts = {clip: draft.label for clip, draft in dataset.drafts().items()}
    left_out: Counter[str] = Counter()
    rows = []
    for clip in dataset.clips():
        recording = recordings[clip.recording]
        why = _left_out(clip, ground(clip, recording, people, "train", day or date.today()), anyone)
        if why:
            left_out[why] += 1
            continue
        found = _row(dataset, clip, recording, people.get(clip.person), path.parent)
        rows.append(found | {"draft": drafts.get(clip.id, "")} | labels_of(dataset, known.get(clip.id)))
    task, labels = dataset.settings.task, dataset.settings.labels
    divided = any(len(found.votes) > 1 for found in known.values())
    votes = [f"votes_{label}" for label in labels] if divided else []  # else they say no more than the label
    columns = [*_CLIP, task, *votes, "valence", "arousal", *_ABOUT]
    write_atomic(path, _text(columns, rows))
    return Exported(path, len(rows), sum(bool(row.get(task)) for row in rows), dict(left_out))


def _left_out(clip: Cut, why: Ground, anyone: bool) -> str:
    """A code for why a clip is not written; "" when it is."""
    if clip.refused:
        return clip.refused[0]
    if why in USABLE or (anyone and why != "withdrawn"):
        return ""
    return why


def _row(dataset: DataSet, clip: Cut, recording: Recording, person: Person | None, folder: Path) -> dict[str, str]:
    row = {
        "id": clip.id,
        "text": clip.text,
        "speaker": clip.person,
        "split": clip.split,
        "language": clip.language,
        "source": recording.name,
        "sha256": recording.sha256,
        "licence": recording.licence,
        "group": clip.kin,
    }
    if recording.kind != "text":
        # A voice off screen has no face of its own, so the faces of others are not read for it.
        column = "audio" if recording.kind == "video" and "face" not in clip.modalities else recording.kind
        row[column] = _place(dataset, recording, folder)
        row |= {"start": _number(clip.start), "end": _number(clip.end)}
    if person is not None:
        row |= {"gender": person.gender, "age": person.age}
        row["reference"] = person.consent.reference if person.consent is not None else ""
    return row


def _place(dataset: DataSet, recording: Recording, folder: Path) -> str:
    if Path(recording.path).is_absolute():
        return recording.path
    return Path(os.path.relpath(dataset.path_of(recording), folder)).as_posix()


def labels_of(dataset: DataSet, truth: Truth | None) -> dict[str, str]:
    """The columns of the labels. Votes are shares, because mien drops single votes among whole numbers as noise."""
    if truth is None:
        return {}
    total = sum(truth.votes.values())
    votes = {f"votes_{x}": f"{truth.votes.get(x, 0.0) / total:.4f}" for x in dataset.settings.labels} if total else {}
    numbers = {"valence": _number(truth.valence), "arousal": _number(truth.arousal)}
    return {dataset.settings.task: truth.label, **votes, **numbers, "annotators": str(truth.annotators)}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _text(columns: list[str], rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
