"""What hiding faces and voices costs in recognition, and what it hides: real clips before and after `--anonymise`.

    python benchmarks/anonymise.py        # needs MIEN_DATA and pyarrow; writes docs/collect.md anew

The bundle answers from one modality alone. Who speaks is told as in mien, by the cosine of voice embeddings (GE2E): the equal
error rate of telling two sounds of one speaker from sounds of two of the same gender; 50 % is chance.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.bundle.bundle import Bundle
from mien.collection.choice.probe import uar
from mien.collection.rights.anonymise import blocked, disguised
from mien.emotions import EMOTIONS, canonical
from mien.media.decoding.sound import read_audio
from mien.media.voices.pieces import pieces, unit
from mien.person import Usual
from mien.runtime.cache import write_atomic
from mien.runtime.marks import rebuilt
from mien.types import Audio, Float32, Frames, Modality, Segment, Span

EACH = 24  # clips of each label


def chosen(labels: Sequence[str | None]) -> NDArray[np.int64]:
    """So many clips of each label, at random."""
    random, given = np.random.default_rng(0), np.asarray([label or "" for label in labels])
    return np.concatenate([random.permutation(np.flatnonzero(given == label))[:EACH] for label in EMOTIONS])


def recall(
    bundle: Bundle, modality: Modality, segments: Sequence[Segment], who: Sequence[str], labels: NDArray[np.int64]
) -> float:
    """UAR of one modality alone, relative to all clips of the person; a segment that it cannot read counts as wrong."""
    tracks = [bundle.encoders[modality].prepare(segment) for segment in segments]
    population = bundle.populations.get(modality)
    usual = {person: Usual(population.strength) for person in who} if population is not None else {}
    for person, track in zip(who, tracks, strict=True):
        if track is not None and usual:
            usual[person].observe(track.values)
    answers = []
    for person, track in zip(who, tracks, strict=True):
        if track is None:
            answers.append(-1)
            continue
        own = replace(track, values=usual[person].normalise(track.values)) if usual else track
        answers.append(int(bundle.answer({modality: own}).scores["emotion"].argmax()))
    return uar(np.asarray(answers), labels)


def voices(bundle: Bundle, root: Path) -> list[str]:
    """RAVDESS: recall, and how well speakers are told apart, before and after."""
    with (root / "ravdess_speech" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    names = [canonical(row["label"], EMOTIONS) for row in rows]
    picked = [rows[n] for n in chosen(names)]
    labels = np.asarray([EMOTIONS.index(canonical(row["label"], EMOTIONS) or "") for row in picked])
    plain = [read_audio(root / "ravdess_speech" / row["path"]).samples for row in picked]
    hidden = [disguised(samples) for samples in plain]
    who, gender = [row["speaker"] for row in picked], [row["gender"] for row in picked]
    before, after = (recall(bundle, "voice", [_sound(s) for s in sounds], who, labels) for sounds in (plain, hidden))
    known = errors([_voice(s) for s in plain], [_voice(s) for s in plain], who, gender)
    linked = errors([_voice(s) for s in plain], [_voice(s) for s in hidden], who, gender)
    return [
        f"| voice: UAR of {len(labels)} clips of RAVDESS, four test speakers | {before:.3f} | {after:.3f} |",
        f"| voice: equal error rate of who speaks, against plain recordings | {known:.3f} | {linked:.3f} |",
    ]


def faces(bundle: Bundle, root: Path) -> list[str]:
    """FER+: recall before and after."""
    from pyarrow import parquet

    rows = parquet.read_table(root / "ferplus" / "test.parquet").to_pylist()
    names = [canonical(str(row["label"]), EMOTIONS) for row in rows]
    picked = [rows[n] for n in chosen(names)]
    labels = np.asarray([EMOTIONS.index(canonical(str(row["label"]), EMOTIONS) or "") for row in picked])
    plain = [np.asarray(Image.open(io.BytesIO(_bytes(row["image"]))).convert("RGB")) for row in picked]
    before, after = (
        recall(
            bundle,
            "face",
            [Segment(Span(0, 0), frames=Frames(p[None], np.zeros(1))) for p in pictures],
            [""] * len(picked),
            labels,
        )
        for pictures in (plain, [blocked(p, [(0, 0, p.shape[1], p.shape[0])]) for p in plain])
    )
    return [f"| face: UAR of {len(labels)} pictures of FER+ | {before:.3f} | {after:.3f} |"]


def errors(one: Sequence[Float32], other: Sequence[Float32], who: Sequence[str], gender: Sequence[str]) -> float:
    """The equal error rate over pairs of different clips of one gender."""
    pairs = [(n, m) for n, m in combinations(range(len(who)), 2) if gender[n] == gender[m]]
    alike = np.asarray([float(one[n] @ other[m]) for n, m in pairs])
    same = np.asarray([who[n] == who[m] for n, m in pairs])
    limits = np.sort(alike)
    rates = [
        (float(np.mean(alike[~same] >= x)), float(np.mean(alike[same] < x)))
        for x in limits[:: max(1, len(limits) // 400)]
    ]
    return min((max(pair), sum(pair) / 2) for pair in rates)[1]


def _sound(samples: Float32) -> Segment:
    audio = Audio(samples)
    return Segment(audio.span, audio=audio)


def _voice(samples: Float32) -> Float32:
    return unit(np.mean([piece.voice for piece in pieces(samples)], axis=0))


def _bytes(image: object) -> bytes:
    return image if isinstance(image, bytes) else bytes(image["bytes"])  # type: ignore[index]  # the other form of such tables


def main() -> None:
    bundle, root = Bundle.load("research"), Path(os.environ["MIEN_DATA"])
    lines = ["| | before | after |", "|---|---|---|", *voices(bundle, root), *faces(bundle, root)]
    print("\n".join(lines))
    page = Path(__file__).parents[1] / "docs" / "collect.md"
    if page.is_file():
        write_atomic(page, rebuilt(page.read_text(encoding="utf-8"), "anonymise", "\n".join(lines)))


if __name__ == "__main__":
    main()
