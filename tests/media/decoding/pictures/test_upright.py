"""Pictures are shown as people are meant to see them, whatever a file says of their pixels, turns and lines."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mien import Analyzer
from mien.media.decoding.open import stream
from mien.media.decoding.pictures.upright import _turned
from mien.types import Picture
from tests.conftest import CASES
from tests.media.clips import write_clip

CORNER = np.full((64, 96, 3), 30, np.uint8)
CORNER[:16, :24] = 220  # bright at the top left


def first(path: Path) -> NDArray[np.uint8]:
    return next(p.pixels for p in stream(path, 5.0, sound=False) if isinstance(p, Picture))


def written(path: Path, picture: NDArray[np.uint8], pixel: Fraction) -> Path:
    """A video whose pixels are ``pixel`` times as wide as high."""
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("mpeg4", rate=25)
        video.height, video.width = picture.shape[:2]
        video.pix_fmt, video.bit_rate = "yuv420p", 4_000_000
        video.codec_context.sample_aspect_ratio = pixel
        for _ in range(5):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
    return path


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.mov", "v.avi"])
@pytest.mark.parametrize(("pixel", "shape"), [((2, 1), (64, 192)), ((1, 2), (128, 96)), ((16, 15), (64, 102))])
def test_pixels_that_are_not_square_are_made_so(
    tmp_path: Path, name: str, pixel: tuple[int, int], shape: tuple[int, int]
) -> None:
    found = first(written(tmp_path / name, CORNER, Fraction(*pixel)))
    assert found.shape[:2] == shape
    bright = found[:, :, 0] > 125
    assert bright.mean() == pytest.approx(1 / 16, abs=0.01)
    assert bright[: shape[0] // 4 - 2, : shape[1] // 4 - 2].all()


@pytest.mark.parametrize(
    ("matrix", "corner", "shape"),
    [
        ((1, 0, 0, 1), "top left", (64, 96)),
        ((0, 1, -1, 0), "top right", (96, 64)),
        ((-1, 0, 0, -1), "bottom right", (64, 96)),
        ((0, -1, 1, 0), "bottom left", (96, 64)),
        ((-1, 0, 0, 1), "top right", (64, 96)),
        ((1, 0, 0, -1), "bottom left", (64, 96)),
        ((0, 1, 1, 0), "top left", (96, 64)),
        ((0, -1, -1, 0), "bottom right", (96, 64)),
    ],
    ids=["as it is", "turned 90", "turned 180", "turned 270", "mirrored", "upside down", "transposed", "transversed"],
)
def test_turns_and_mirrors_of_a_file_are_undone(
    tmp_path: Path, matrix: tuple[int, int, int, int], corner: str, shape: tuple[int, int]
) -> None:
    path = write_clip(tmp_path / "v.mp4", [CORNER] * 5, None)
    whole = path.read_bytes()
    at = whole.index(b"tkhd") + 44  # the display matrix in the header of the first track, version 0
    a, b, c, d = (v << 16 for v in matrix)
    path.write_bytes(whole[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + whole[at + 36 :])
    found = first(path)
    assert found.shape[:2] == shape
    rows, columns = np.nonzero(found[:, :, 0] > 125)
    assert corner == " ".join(
        ["top" if rows.mean() < shape[0] / 2 else "bottom", "left" if columns.mean() < shape[1] / 2 else "right"]
    )


def test_an_odd_angle_is_turned_to_the_nearest() -> None:
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
    np.testing.assert_array_equal(_turned(picture, (10, 3, -3, 10)), picture)
    np.testing.assert_array_equal(_turned(picture, (3, 10, -10, 3)), np.rot90(picture, -1))


def test_lines_of_two_moments_make_no_comb(tmp_path: Path) -> None:
    """A bar that moves between the fields of an interlaced picture has one place in what is read."""
    woven = np.full((64, 96, 3), 30, np.uint8)
    woven[::2, 20:40] = 220
    woven[1::2, 50:70] = 220
    path = tmp_path / "v.mkv"
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("mpeg2video", rate=25, options={"flags": "+ildct+ilme", "top": "1"})
        video.height, video.width = woven.shape[:2]
        video.pix_fmt, video.bit_rate = "yuv422p", 20_000_000
        for _ in range(5):
            frame: Any = av.VideoFrame.from_ndarray(woven, format="rgb24")
            container.mux(video.encode(frame.reformat(format="yuv422p")))
        container.mux(video.encode(None))
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).interlaced_frame
    found = first(path)[:, :, 0].astype(int)
    assert found.shape == (64, 96)
    assert np.abs(np.diff(found, axis=0)).mean() < 5, "neighbouring lines are alike"
    assert found[:, 25:35].mean() > 180
    assert found[:, 55:65].mean() < 60


def test_cases_of_users() -> None:
    if not CASES.is_dir():
        pytest.skip(f"there is no folder {CASES}")
    analyzer = Analyzer(asr="off")
    wide = analyzer.analyze(CASES / "anamorphic_woman_happy.mp4")
    assert wide.label == "happy"
    mirrored = analyzer.analyze(CASES / "mirrored_matrix.mp4")
    assert {p.who for p in mirrored.predictions} == {"person-1"}
    assert {p.label for p in mirrored.predictions if p.label} & {"happy", "neutral", "sad"}
