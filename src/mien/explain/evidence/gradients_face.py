"""Finds which regions of a face supported a label, by gradients between the blurred crop and the sharp one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.errors import InputError
from mien.explain.evidence.base import Weighed, explainers
from mien.explain.evidence.occlusion_face import GRID, FaceOcclusion, regions
from mien.explain.question import Question
from mien.explain.slopes import slopes
from mien.explanation import Piece
from mien.types import Segment


@explainers.register
class FaceGradients(FaceOcclusion):
    """Integrated gradients (Sundararajan et al. 2017, arXiv 1703.01365) over pixels.

    The pictures are those of ``occlusion_face``. The weight of a region is the sum over its pixels in all pictures. The
    baseline is the same pictures, blurred until no feature is left.
    """

    needs_run = True

    def weigh(self, question: Question, segment: Segment, pieces: Sequence[Piece]) -> Weighed:
        """The weight of each region.

        Raises:
            InputError: the bundle's face encoder does not read pictures, or see ``explain.slopes``.
        """
        sharp, blurred = (question.track("face", s) for s in (self.chosen(segment), self.background(segment)))
        if sharp is None or blurred is None or sharp.values.dtype != np.uint8:
            raise InputError("the face encoder of this bundle reads no pictures; take occlusion_face")
        tracks = {**question.moment.tracks, "face": sharp}
        found = slopes(question.bundle).of_values(tracks, "face", blurred.values, (question.task, question.index))
        height, width = sharp.values.shape[1:3]
        pixels = found.parts.reshape(len(sharp), height, width, -1).sum(axis=(0, 3))
        rows, columns = regions(height), regions(width)
        at = rows[:, None] * GRID + columns
        return Weighed.gathered(pixels.ravel(), at.ravel(), len(pieces), found.total)
