"""Finds which moments of a voice supported a label, by gradients between background noise and the sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mien.errors import InputError
from mien.explain.evidence.base import Bools, Weighed, explainers
from mien.explain.evidence.occlusion_sound import BANDS, SoundOcclusion
from mien.explain.question import Question
from mien.explain.slopes import slopes
from mien.explanation import Piece
from mien.types import Segment


@explainers.register
class SoundGradients(SoundOcclusion):
    """Integrated gradients (Sundararajan et al. 2017, arXiv 1703.01365) over the rows of the voice encoder's track.

    The weight of a moment is the sum over its rows. The baseline is the track of background noise alone, or zeros when the
    encoder gives no such track of the same shape. Moments are the time windows of ``occlusion_sound`` in all bands together,
    because the rows of a track do not belong to bands.
    """

    needs_run = True

    def pieces(self, segment: Segment) -> tuple[Piece, ...]:
        """The windows in order of time."""
        found = super().pieces(segment)
        return tuple(replace(p, band=(BANDS[0], BANDS[-1])) for p in found[: len(found) // (len(BANDS) - 1)])

    def without(self, segment: Segment, gone: Bools) -> Segment | None:
        """The same sound, with background in all bands for the moments that are gone."""
        return super().without(segment, np.tile(gone, len(BANDS) - 1))

    def weigh(self, question: Question, segment: Segment, pieces: Sequence[Piece]) -> Weighed:
        """The weight of each moment.

        Raises:
            InputError: the bundle's voice encoder makes one row of the whole sound, or see ``explain.slopes``.
        """
        track = question.moment.tracks["voice"]
        if len(track) == 1 < len(pieces):
            raise InputError("the voice encoder of this bundle makes one row of a whole sound; take occlusion_sound")
        background = question.track("voice", self.background(segment))
        there = background is not None and background.values.shape == track.values.shape
        baseline = background.values if background is not None and there else np.zeros_like(track.values)
        found = slopes(question.bundle).of_values(
            question.moment.tracks, "voice", baseline, (question.task, question.index)
        )
        starts = np.asarray([p.span.start for p in pieces if p.span is not None])
        at = np.clip(np.searchsorted(starts, track.times, side="right") - 1, 0, None)
        return Weighed.gathered(found.parts.reshape(len(track), -1).sum(axis=1), at, len(pieces), found.total)
