"""Asks a bundle again about a segment with a changed input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mien.bundle.answer import Answer
from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.runtime import devices
from mien.types import Float32, Modality, Segment, Task, Track


@dataclass(frozen=True)
class Moment:
    """One segment as a bundle answered it.

    Attributes:
        segment: what the bundle read.
        tracks: the tracks that the encoders made of it.
        answer: the answer of the bundle.
        prepare: makes the track of a changed segment in the same way as for this one (relative to the same person at the
            same time). It gives ``None`` when the changed segment lacks the modality.
        task: a task of the bundle that is answered with one label.
    """

    segment: Segment
    tracks: Mapping[Modality, Track]
    answer: Answer
    prepare: Callable[[Modality, Segment], Track | None]
    task: Task


class Question:
    """Finds the probability of a label when one input is changed and the others stay as they are.

    Calibration and guards use the measures of the unchanged input. So a difference comes from the content of the input only.

    Args:
        bundle: the bundle to ask.
        moment: the segment with its answer.
        label: one of the labels of its task.

    Raises:
        ValueError: the task has no such label.
    """

    def __init__(self, bundle: Bundle, moment: Moment, label: str) -> None:
        self.bundle, self.moment, self.label, self.task = bundle, moment, label, moment.task.name
        self.index = moment.task.labels.index(label)

    def ask(self, modality: Modality, segments: Sequence[Segment | None]) -> Float32:
        """The label's probability for each changed segment, float32 (N,); ``None`` is a segment without the modality."""
        tracks = [None if s is None else self.track(modality, s) for s in segments]
        found = np.full(len(tracks), self._without(modality), np.float32)
        there = [i for i, t in enumerate(tracks) if t is not None]
        # Tracks of similar length go together, because padding costs time.
        there.sort(key=lambda i: len(tracks[i] or ()))
        size = devices.batch()
        for start in range(0, len(there), size):
            rows = there[start : start + size]
            part = self.bundle.encode(modality, [t for i in rows if (t := tracks[i]) is not None])
            known = {m: e.rows(np.zeros(len(rows), np.int64)) for m, e in self._states.items()}
            changed = replace(part, measures=known[modality].measures)
            found[rows] = self.bundle.fuse({**known, modality: changed}).scores[self.task][:, self.index]
        return found

    def track(self, modality: Modality, segment: Segment) -> Track | None:
        """The track of a changed segment, with the quality of the unchanged one; ``None`` without the modality."""
        track = self.moment.prepare(modality, segment)
        return None if track is None else replace(track, quality=self.moment.tracks[modality].quality)

    @cached_property
    def _states(self) -> dict[Modality, EncodedTracks]:
        return {m: self.bundle.encode(m, [t]) for m, t in self.moment.tracks.items()}

    def _without(self, modality: Modality) -> float:
        others = frozenset(self.moment.tracks) - {modality}
        return float(self.moment.answer.subsets[others][self.task][self.index])
