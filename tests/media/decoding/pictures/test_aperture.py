"""What an MP4 file says is to be shown of its pictures is shown, and a damaged or hostile box changes nothing."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.media.decoding.open import stream
from mien.media.decoding.picture import read_image
from mien.media.decoding.pictures.aperture import Aperture, aperture
from mien.types import Picture
from tests.media.clips import turn, write_clip

SIZE = (64, 96)
PICTURE = np.full((*SIZE, 3), 30, np.uint8)
PICTURE[16:48, 32:80] = 200  # the part that is shown: 48 x 32, 8 pixels to the right of the middle
PICTURE[16:24, 32:44] = 100  # its top left corner
SHOWN = struct.pack(">8I", 48, 1, 32, 1, 8, 1, 0, 1)
WHOLE = struct.pack(">8I", 96, 1, 64, 1, 0, 1, 0, 1)


def with_clap(path: Path, clap: bytes) -> Path:
    """A clip whose description of the pictures has the box. The index is at the end, so no place of a packet moves."""
    write_clip(path, [PICTURE] * 5, None)
    content = bytearray(path.read_bytes())
    entry = content.index(b"mp4v", content.index(b"stsd")) - 4
    at = entry + int.from_bytes(content[entry : entry + 4], "big")
    box = struct.pack(">I4s", 8 + len(clap), b"clap") + clap
    content[at:at] = box
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"mp4v"):
        begin = content.index(name, content.index(b"moov")) - 4
        content[begin : begin + 4] = (int.from_bytes(content[begin : begin + 4], "big") + len(box)).to_bytes(4, "big")
    path.write_bytes(content)
    return path


def first(path: Path) -> NDArray[np.uint8]:
    return next(p.pixels for p in stream(path, 5.0, sound=False) if isinstance(p, Picture))


def found(path: Path) -> Aperture | None:
    with av.open(str(path)) as container:
        return aperture(path, container, container.streams.video[0])


def test_only_the_clean_aperture_is_shown(tmp_path: Path) -> None:
    path = with_clap(tmp_path / "a.mp4", SHOWN)
    assert found(path) == Aperture(32, 16, 48, 32)
    for picture in (first(path), read_image(path)):
        assert picture.shape == (32, 48, 3)
        dark = picture[:, :, 0] < 150
        assert dark[1:7, 1:11].all()
        assert dark.sum() == pytest.approx(8 * 12, rel=0.25)


def test_it_is_cut_before_the_picture_is_turned(tmp_path: Path) -> None:
    picture = first(turn(with_clap(tmp_path / "a.mp4", SHOWN), 90))
    assert picture.shape == (48, 32, 3)
    assert (picture[1:11, -7:-1, 0] < 150).all(), "the corner is at the top right"


@pytest.mark.parametrize(
    "clap",
    [
        WHOLE,
        struct.pack(">8I", 48, 0, 32, 1, 0, 1, 0, 1),
        struct.pack(">8I", 4000, 1, 32, 1, 0, 1, 0, 1),
        struct.pack(">8I", 40, 1, 32, 1, 0, 1, 0, 1),
        struct.pack(">4IiIiI", 48, 1, 32, 1, -30, 1, 0, 1),
        struct.pack(">8I", *[2**32 - 1] * 8),
        b"\1\2\3",
        b"",
    ],
)
def test_a_box_that_names_no_part_changes_nothing(tmp_path: Path, clap: bytes) -> None:
    path = with_clap(tmp_path / "a.mp4", clap)
    # Some versions of FFmpeg refuse a file with such a box, so another one stands in for the stream.
    with av.open(str(write_clip(tmp_path / "plain.mp4", [PICTURE] * 5, None))) as container:
        assert aperture(path, container, container.streams.video[0]) is None


def test_without_the_box_all_is_shown(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "plain.mp4", [PICTURE] * 5, None)
    assert found(path) is None
    assert first(path).shape == PICTURE.shape


def test_damaged_boxes_end_the_search(tmp_path: Path) -> None:
    path = with_clap(tmp_path / "a.mp4", SHOWN)
    content, chance = path.read_bytes(), random.Random(0)
    with av.open(str(path)) as container:
        video: Any = container.streams.video[0]
        for _ in range(300):
            damaged = bytearray(content[: chance.randrange(20, len(content))] if chance.random() < 0.3 else content)
            for _ in range(4):
                damaged[chance.randrange(len(damaged))] = chance.choice([0, 1, 8, 255])
            path.write_bytes(damaged)
            part = aperture(path, container, video)
            assert part is None or part.fits(96, 64)
        path.write_bytes(struct.pack(">I4s", 8, b"moov") * 100_000)
        assert aperture(path, container, video) is None
