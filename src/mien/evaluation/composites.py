"""Composites: words, a voice and a face of different held-out clips with one label, put together as if one person showed them.

No large set of raw media has all three modalities. Composites tell what a bundle does when its inputs agree, when some of them
are silent (neutral), and when one of them is spoilt or belongs to somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mien.bundle.answer import Answer, Subset, subsets_of
from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.data import channel
from mien.data.corpus import Corpus
from mien.data.degrade import degraded
from mien.data.load import segment_of
from mien.errors import InputError
from mien.events import Progress, Work
from mien.metrics.ece import ece
from mien.metrics.uar import uar
from mien.person import Usual
from mien.types import EMOTION, MODALITIES, Audio, Clip, Float32, Modality, Segment

_TALKERS = 4  # voices of a babble
_DRAWS = 200  # of the bootstrap


@dataclass(frozen=True)
class Corruption:
    """What is done to one input of every composite.

    Attributes:
        label: its name in the table.
        modality: which input.
        how: "kind:level", see ``data.degrade``; "babble:level" lays the voices of four other clips over the voice, level in dB;
            "replaced" takes a clip of a random label.
    """

    label: str
    modality: Modality
    how: str


class Composite(NamedTuple):
    """Clips that are read as one person, and the index of the label that the person expresses."""

    clips: Mapping[Modality, Clip]
    label: int


class Shelf:
    """The test clips of a bundle's data sets, by modality and label.

    Args:
        corpus: the data of the bundle, labelled for the seven emotions.
        task: the task whose labels count.

    Raises:
        InputError: a label has no test clip in any modality.
    """

    def __init__(self, corpus: Corpus, task: str = EMOTION.name) -> None:
        self._clips: dict[Modality, dict[int, list[list[Clip]]]] = {m: {} for m in MODALITIES}
        for _, examples in corpus.split("test"):
            found: dict[tuple[Modality, int], list[Clip]] = {}
            for example in examples:
                target = example.targets.get(task)
                if target is None or (target == target.max()).sum() != 1:
                    continue
                found.setdefault((_modality(example.clip), int(target.argmax())), []).append(example.clip)
            for (modality, label), clips in found.items():
                self._clips[modality].setdefault(label, []).append(clips)
        self.modalities: tuple[Modality, ...] = tuple(m for m in MODALITIES if self._clips[m])
        self.labels = sorted(set.intersection(*(set(self._clips[m]) for m in self.modalities)))
        if not self.labels:
            raise InputError("no label has test clips in every modality; composites cannot be made")

    def clip(self, modality: Modality, label: int, rng: np.random.Generator) -> Clip:
        """A random clip with a label, each data set as often as another."""
        sets = self._clips[modality][label]
        clips = sets[rng.integers(len(sets))]
        return clips[rng.integers(len(clips))]

    def drawn(self, count: int, expressed: Mapping[Modality, float], rng: np.random.Generator) -> list[Composite]:
        """Random composites, every label as often as another.

        Args:
            count: how many.
            expressed: how often each modality shows the expressed label; it is neutral else.
            rng: draws them.
        """
        made = []
        for i in range(count):
            label = self.labels[i % len(self.labels)]
            shown = {m: label if rng.random() < expressed.get(m, 1.0) else 0 for m in self.modalities}
            made.append(Composite({m: self.clip(m, shown[m], rng) for m in self.modalities}, label))
        return made

    def corrupted(self, clip: Clip, modality: Modality, how: str, rng: np.random.Generator) -> Segment | None:
        """The segment of a clip as ``Corruption.how`` says; ``None`` where the clip has none."""
        if how == "replaced":
            return segment_of(self.clip(modality, self.labels[rng.integers(len(self.labels))], rng), modality)
        segment = segment_of(clip, modality)
        kind, _, level = how.partition(":")
        if segment is None or kind != "babble":
            return segment and degraded(segment, how, clip.id)
        if segment.audio is None:
            return segment
        samples = segment.audio.samples
        others = np.zeros(len(samples), np.float32)
        for _ in range(_TALKERS):
            other = segment_of(self.clip(modality, self.labels[rng.integers(len(self.labels))], rng), modality)
            if other is not None and other.audio is not None:
                voice = np.resize(other.audio.samples, len(samples))
                others += voice / max(float(np.sqrt(np.mean(voice**2))), 1e-6)
        return replace(segment, audio=Audio(channel.mixed(samples, others, float(level)), segment.audio.start))


class Reader:
    """Answers of a bundle about composites. Nothing is known of the person besides the clip.

    What is not corrupted is encoded once, however often it is answered.

    Args:
        bundle: the bundle.
        shelf: where the clips come from.
    """

    def __init__(self, bundle: Bundle, shelf: Shelf) -> None:
        self._bundle, self._shelf = bundle, shelf
        self._clean: dict[tuple[Modality, str], EncodedTracks | None] = {}

    def answers(
        self, made: Sequence[Composite], how: Corruption | None, rng: np.random.Generator
    ) -> Work[list[Answer]]:
        """The answer about each composite, where one input is corrupted."""
        found = []
        about = how.label if how else "composites"
        for i, composite in enumerate(made):
            yield Progress("evaluate", about, i, len(made))
            parts = {m: self._part(clip, m, how, rng) for m, clip in composite.clips.items()}
            found.append(self._bundle.answer_to({m: part for m, part in parts.items() if part is not None}))
        return found

    def _part(
        self, clip: Clip, modality: Modality, how: Corruption | None, rng: np.random.Generator
    ) -> EncodedTracks | None:
        if how is not None and how.modality == modality:
            return self._encoded(modality, self._shelf.corrupted(clip, modality, how.how, rng))
        if (modality, clip.id) not in self._clean:
            self._clean[modality, clip.id] = self._encoded(modality, segment_of(clip, modality))
        return self._clean[modality, clip.id]

    def _encoded(self, modality: Modality, segment: Segment | None) -> EncodedTracks | None:
        track = None if segment is None else self._bundle.encoders[modality].prepare(segment)
        if track is None:
            return None
        population = self._bundle.populations.get(modality)
        if population is not None:
            track = replace(track, values=Usual(population.strength).normalise(population.standardise(track.values)))
        return self._bundle.encode(modality, [track])


class Figures(NamedTuple):
    """What the answers about some composites are worth, from one subset of the modalities.

    Attributes:
        uar: mean recall over the labels.
        error: its standard error, by the bootstrap.
        ece: expected calibration error.
        n: number of answers; a composite counts where none of the modalities is missing.
    """

    uar: float
    error: float
    ece: float
    n: int


def figures(
    found: Sequence[Answer], made: Sequence[Composite], modalities: Sequence[Modality]
) -> dict[Subset, Figures]:
    """The figures of every subset of the modalities, the smallest first."""
    table = {}
    for subset in subsets_of(modalities):
        rows = [
            (a.subsets[subset][EMOTION.name], c.label) for a, c in zip(found, made, strict=True) if subset in a.subsets
        ]
        scores = np.stack([s for s, _ in rows])
        targets = np.eye(EMOTION.size, dtype=np.float32)[[label for _, label in rows]]
        table[subset] = Figures(uar(scores, targets), standard_error(scores, targets), ece(scores, targets), len(rows))
    return table


def standard_error(scores: Float32, targets: Float32) -> float:
    """Standard error of the UAR by the bootstrap; (N, L) both."""
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, len(scores), len(scores)) for _ in range(_DRAWS)]
    return float(np.std([uar(scores[r], targets[r]) for r in rows]))


def worse(found: Sequence[Answer], made: Sequence[Composite], whole: Subset, part: Subset) -> float:
    """How far the UAR of a larger subset lies below that of a smaller one, in standard errors of the difference.

    The difference is that of the same composites, by the paired bootstrap. It is negative where the larger one is better.
    """
    labels = np.asarray([c.label for c in made])
    targets = np.eye(EMOTION.size, dtype=np.float32)[labels]
    large, small = (np.stack([a.subsets[s][EMOTION.name] for a in found]) for s in (whole, part))
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, len(made), len(made)) for _ in range(_DRAWS)]
    error = float(np.std([uar(small[r], targets[r]) - uar(large[r], targets[r]) for r in rows]))
    return (uar(small, targets) - uar(large, targets)) / max(error, 1e-9)


def unbacked(found: Sequence[Answer]) -> float:
    """Share of answers whose label is among the first two of no modality."""
    count = 0
    for answer in found:
        first_two = {int(i) for o in answer.opinions.values() for i in np.argsort(-o[EMOTION.name])[:2]}
        count += int(answer.scores[EMOTION.name].argmax()) not in first_two
    return count / max(1, len(found))


def _modality(clip: Clip) -> Modality:
    return "text" if clip.text else "voice" if clip.audio else "face"
