"""CenterFace, the face detector. It is the same on every platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mien.bundles import shared_file
from mien.media.cropping import Pixels
from mien.media.faces import Face, overlap, usual_scale
from mien.runtime import threads
from mien.types import Float32

if TYPE_CHECKING:
    import onnxruntime

_LEAST_SCORE = 0.3  # small faces have low scores; see ``cropped``, which asks for more where a face is unsure
_SAME = 0.3  # boxes with a larger overlap (intersection over union) are of one face
_LEAST_SIDE = 8  # pixels
_GRID = 32  # the sides of what the network reads are multiples of this
_STRIDE = 4  # pixels between the places that the network judges


class CenterFace:
    """CenterFace (Xu et al. 2019, arXiv 1911.03599): it judges every place of a picture at once, whatever its size."""

    def __init__(self) -> None:
        self._session: onnxruntime.InferenceSession = threads.open_graph(shared_file("centerface.onnx"))

    def detect(self, pixels: Pixels, scale: float | None = None) -> list[Face]:
        """See ``Detector``. By default the long side of the searched picture is at most 400 pixels."""
        from PIL import Image

        height, width = pixels.shape[:2]
        scale = usual_scale(pixels) if scale is None else scale
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = pixels
        if scale < 1:
            # Blocks of pixels are averaged before the picture is resized. This takes a third of the time.
            small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0))
        below, right = (-side % _GRID for side in small.shape[:2])
        # The edge is repeated, because a black border looks like the edge of a face.
        padded = np.pad(small, ((0, below), (0, right), (0, 0)), mode="edge")
        ratio = width / small.shape[1]
        return [f for f in _apart(self._faces(padded, ratio)) if min(f.box[2:] - f.box[:2]) >= _LEAST_SIDE]

    def _faces(self, pixels: Pixels, ratio: float) -> list[Face]:
        """All boxes of a picture, in pixels of the one that is ``ratio`` times as large; several for each face."""
        heat, sizes, offsets, points = self._session.run(
            ["heat", "sizes", "offsets", "points"], {"pixels": np.ascontiguousarray(pixels)}
        )
        rows, columns = np.nonzero(heat[0, 0] >= _LEAST_SCORE)
        places = np.stack([columns, rows], axis=-1)  # (F, 2), x and y, as all that follow
        half = np.exp(sizes[0, ::-1, rows, columns]) * _STRIDE / 2
        middles = (places + offsets[0, ::-1, rows, columns] + 0.5) * _STRIDE
        low = middles - half
        # Five points (eyes, nose, corners of the mouth), y before x, as shares of the box.
        eyes = low[:, None] + 2 * half[:, None] * points[0, :, rows, columns].reshape(-1, 5, 2)[:, :2, ::-1]
        boxes = np.concatenate([low, middles + half], axis=1)
        scores = heat[0, 0, rows, columns]
        return [
            Face(_float(b * ratio), float(s), _float(e * ratio)) for b, s, e in zip(boxes, scores, eyes, strict=True)
        ]


def _float(values: np.ndarray) -> Float32:
    return values.astype(np.float32)


def _apart(faces: list[Face]) -> list[Face]:
    """The surest box of each face, the surest face first."""
    found: list[Face] = []
    for face in sorted(faces, key=lambda f: -f.score):
        if all(overlap(face.box, other.box) <= _SAME for other in found):
            found.append(face)
    return found
