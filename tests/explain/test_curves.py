"""Curves within moments, places of faces and portraits, from a clip that comes with mien."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mien.bundle.bundle import Bundle
from mien.explain.curves import _grid, face_curve, pieces
from mien.explain.tracked import Portraits, Tracked
from mien.pipeline import Analyzer
from mien.report.exporters.json import as_table
from mien.samples import demo_clip
from mien.timeline import Curve, FaceBoxes, Timeline
from mien.types import SAMPLE_RATE, Audio, Frames, Segment, Span


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Analyzer(asr="off").analyze(demo_clip())


def test_every_moment_has_curves_inside_its_span(timeline: Timeline) -> None:
    for p in timeline.predictions:
        assert p.curves.keys() == p.opinions.keys() - {"text"}
        for curve in p.curves.values():
            assert all(t in p.span for t in curve.times)
            assert np.allclose(curve.scores.sum(axis=1), 1, atol=1e-3)
            assert np.all(np.diff(curve.times) > 0)
            assert len(curve.uncertain) == len(curve.deviation) == len(curve)


def test_boxes_are_parts_of_the_picture(timeline: Timeline) -> None:
    boxes = np.concatenate([p.faces.boxes for p in timeline.predictions if p.faces is not None])
    assert boxes.min() >= 0
    assert boxes.max() <= 1
    # The actor's face is a little right of the middle and above it.
    left, top, right, bottom = np.median(boxes, axis=0)
    assert 0.3 < left < 0.45 < right < 0.65
    assert 0.1 < top < 0.3 < bottom < 0.65


def test_a_portrait_is_a_small_upright_face(timeline: Timeline) -> None:
    assert list(timeline.portraits) == sorted({p.who for p in timeline.predictions if p.who}, key=str)
    picture = Image.open(io.BytesIO(timeline.portraits["person-1"]))
    assert picture.size == (96, 96)


def test_all_can_be_left_out() -> None:
    plain = Analyzer(asr="off", tracks=False).analyze(demo_clip())
    assert not any(p.curves or p.faces for p in plain.predictions)
    assert plain.portraits == {}
    assert "tracks" not in as_table(plain)


def test_a_long_voice_is_cut_and_a_short_one_is_not() -> None:
    bundle = Bundle.load("research")
    sound = np.random.default_rng(0).normal(0, 0.1, 6 * SAMPLE_RATE).astype(np.float32)
    cut = pieces(bundle, Segment(Span(0.5, 5.5), audio=Audio(sound[: 5 * SAMPLE_RATE], 0.5)))
    assert cut is not None
    assert cut.times == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert pieces(bundle, Segment(Span(0.5, 2.5), audio=Audio(sound[: 2 * SAMPLE_RATE], 0.5))) is None
    assert pieces(bundle, Segment(Span(0.0, 5.0))) is None


def test_a_face_that_changes_shows_it_in_the_curve() -> None:
    """The answer to the first and the second half of a moment are those of its frames there, not of the whole."""
    bundle, task = Bundle.load("research"), Bundle.load("research").tasks[0]
    rng = np.random.default_rng(1)
    frames = Frames(
        rng.integers(0, 255, (10, 112, 112, 3), dtype=np.uint8),
        np.arange(10) / 5,
        np.tile(np.asarray([10, 20, 60, 80], np.float32), (10, 1)),
        within=np.tile(np.asarray([100, 200], np.float32), (10, 1)),
    )
    segment = Segment(Span(0.0, 2.0), "person-1", frames=frames)
    track = bundle.encoders["face"].prepare(segment)
    assert track is not None
    encoded = bundle.encode("face", [track])
    curve = face_curve(bundle, task, encoded, segment.span)
    assert curve is not None
    assert curve.times.tolist() == [0.0, 0.5, 1.0, 1.5]
    first = bundle.encode("face", [type(track)(track.times[:3], track.values[:3], track.quality)])
    assert np.allclose(curve.scores[0], bundle.fuse({"face": first}).scores[task.name][0], atol=1e-3)
    kept = Tracked.of(bundle, segment)
    assert kept.faces is not None
    assert kept.faces.boxes[0].tolist() == pytest.approx([0.1, 0.1, 0.6, 0.4])


def test_the_largest_face_that_looks_here_is_kept() -> None:
    def seen(side: float, yaw: float, shade: int) -> Segment:
        frames = Frames(
            np.full((1, 112, 112, 3), shade, np.uint8),
            np.zeros(1),
            np.asarray([[0, 0, side, side]], np.float32),
            pose=np.asarray([[yaw, 0, 0]], np.float32),
        )
        return Segment(Span(0.0, 1.0), "person-1", frames=frames)

    portraits = Portraits()
    for segment in (seen(50, 0, 10), seen(60, 60, 90), seen(55, 5, 200), seen(40, 0, 30)):
        portraits.look(segment)
    shade = np.asarray(Image.open(io.BytesIO(portraits.found["person-1"]))).mean()
    assert shade == pytest.approx(200, abs=3)


def test_the_grid_is_the_same_for_every_moment() -> None:
    assert _grid(Span(0.3, 1.6), 0.5) == [0.5, 1.0, 1.5]
    assert _grid(Span(0.1, 0.3), 0.5) == [0.2]


def test_rows_are_equal_by_their_values() -> None:
    def boxes(x: float) -> FaceBoxes:
        return FaceBoxes(np.zeros(1), np.full((1, 4), x, np.float32))

    assert boxes(0.5) == boxes(0.5) != boxes(0.6)
    nan = Curve(np.zeros(1), np.ones((1, 1), np.float32), np.full(1, np.nan, np.float32), np.zeros(1, bool))
    assert nan == Curve(*vars(nan).values())
