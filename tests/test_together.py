"""Words, voice and face together are not worse than each alone, and invent no label; on speakers that were never trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from mien.bundle.answer import Answer, Subset
from mien.bundle.bundle import Bundle
from mien.data.corpus import Corpus
from mien.data.sets import example_sets
from mien.evaluation.composites import Reader, Shelf
from mien.events import finish
from mien.metrics.uar import uar
from mien.recipe.recipe import Recipe
from mien.study import bench
from mien.study.together import Together
from mien.types import EMOTION, MODALITIES, Modality, Segment, Span, Track, Word, Words

_SENTENCES = ("Kids are talking by the door.", "Dogs are sitting by the door.")
_DRAWS = 200
ALL: Subset = frozenset({"text", "voice", "face"})
FEWER: list[Subset] = [frozenset({m}) for m in MODALITIES] + [ALL - {m} for m in MODALITIES]


class Clip(NamedTuple):
    """The answer about one clip, and the index of its label."""

    answer: Answer
    label: int


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load("research")


def tracks_of(bundle: Bundle, data: Path, source: str, modality: Modality) -> list[tuple[Track, int]]:
    """Tracks of the test split of a data set of the bundle, with their labels."""
    recipe: Recipe = bundle.recipe
    only = next(s for s in recipe.data if s.name == source)
    encoders = {modality: bundle.encoders[modality]}
    corpus = Corpus.of(Recipe("test", {modality: recipe.encoders[modality]}, (only,), tasks=recipe.tasks), data)
    tables = {modality: bundle.tables[modality]}
    populations = {m: p for m, p in bundle.populations.items() if m == modality}
    (part,) = finish(example_sets(corpus, "test", encoders, tables, populations))
    return [(part.tracks(i)[modality], int(label)) for i, label in enumerate(part.labels()) if label >= 0]


def words(bundle: Bundle, text: str) -> Track:
    span = Span(0.0, 2.0)
    track = bundle.encoders["text"].prepare(Segment(span, words=Words((Word(text, span),), "en")))
    assert track is not None
    return track


def check(clips: Sequence[Clip], whole: Subset, parts: Sequence[Subset]) -> None:
    """The whole is at least as good as each part, within one standard error, and its label is among some input's first two."""
    labels = np.asarray([c.label for c in clips])
    targets = np.eye(EMOTION.size, dtype=np.float32)[labels]
    scores = {s: np.stack([c.answer.subsets[s]["emotion"] for c in clips]) for s in (whole, *parts)}
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, len(clips), len(clips)) for _ in range(_DRAWS)]
    for part in parts:
        error = float(np.std([uar(scores[whole][r], targets[r]) for r in rows]))
        gap = uar(scores[whole], targets) - uar(scores[part], targets)
        assert gap >= -error, (sorted(whole), sorted(part), gap, error)
    for clip in clips:
        opinions: Mapping[Modality, Mapping[str, np.ndarray]] = clip.answer.opinions
        first_two = {int(i) for o in opinions.values() for i in np.argsort(-o["emotion"])[:2]}
        assert int(clip.answer.scores["emotion"].argmax()) in first_two


@pytest.mark.slow
def test_neutral_words_do_not_spoil_a_voice(bundle: Bundle, data: Path) -> None:
    """RAVDESS: actors say one of two neutral sentences in every emotion."""
    said = [words(bundle, s) for s in _SENTENCES]
    voices = tracks_of(bundle, data, "ravdess", "voice")
    clips = [Clip(bundle.answer({"text": said[i % 2], "voice": t}), label) for i, (t, label) in enumerate(voices)]
    check(clips, frozenset({"text", "voice"}), [frozenset({"text"}), frozenset({"voice"})])


@pytest.mark.slow
def test_all_three_are_not_worse_than_any_fewer(bundle: Bundle, data: Path) -> None:
    """Composites of held-out clips: a voice, a face with the same label, and neutral words."""
    said = [words(bundle, s) for s in _SENTENCES]
    voices, faces = tracks_of(bundle, data, "ravdess", "voice"), tracks_of(bundle, data, "ferplus", "face")
    rng = np.random.default_rng(0)
    by_label = {k: [t for t, label in faces if label == k] for k in range(EMOTION.size)}
    clips = []
    for i, (voice, label) in enumerate(voices):
        face = by_label[label][rng.integers(len(by_label[label]))]
        clips.append(Clip(bundle.answer({"text": said[i % 2], "voice": voice, "face": face}), label))
    check(clips, ALL, FEWER)


@pytest.mark.slow
@pytest.mark.parametrize(
    "label", ["", "babble at 0 dB", "face blurred", "lower face covered", "40 % of the words wrong"]
)
def test_a_poor_input_does_not_spoil_the_others(bundle: Bundle, data: Path, label: str) -> None:
    """Composites of the benchmark `default`, where each input shows the label as often as people saw it do so."""
    wanted, _ = bench.load("default")
    assert isinstance(wanted, Together)
    how = next((c for c in wanted.corruptions if c.label == label), None)
    rng = np.random.default_rng(0)
    shelf = Shelf(Corpus(bundle.recipe.data, bundle.tasks, data))
    made = shelf.drawn(210, wanted.expressed, rng)
    found = finish(Reader(bundle, shelf).answers(made, how, rng))
    clips = [Clip(a, c.label) for a, c in zip(found, made, strict=True) if ALL in a.subsets]
    assert len(clips) > 200
    check(clips, ALL, FEWER)
