"""Which regions of a face spoke for a label: by slopes, on the way from the blurred crop to the sharp one."""

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
    """Integrated gradients over the pixels of the pictures that ``occlusion_face`` looks at; a region has the sum of its pixels
    in all of them. The baseline is the same pictures, blurred until no feature is left.
    """

    needs_run = True

    def weigh(self, question: Question, segment: Segment, pieces: Sequence[Piece]) -> Weighed:
        """What each region brings.

        Raises:
            InputError: the bundle's face encoder does not read pictures.
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
