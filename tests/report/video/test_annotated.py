"""The annotated video: boxes where the faces are, the sound of the clip, flat memory, and a whole file or none."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from mien.errors import InputError
from mien.events import Notice, Progress, finish
from mien.report.language import Language
from mien.report.video.annotated import Answers, box_at, check_video, check_words, write_video
from mien.report.video.drawing import Drawing, Shown
from mien.samples import demo_clip
from mien.timeline import FaceBoxes
from mien.types import Span

from ..browser import TALK


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [f.to_ndarray(format="rgb24") for f in file.decode(video=0)]


def test_pictures_and_sound_are_those_of_the_clip_with_boxes_over_them(tmp_path: Path) -> None:
    target = tmp_path / "annotated.mp4"
    told: list[object] = []
    finish(write_video(TALK, demo_clip(), target), told.append)
    assert os.listdir(tmp_path) == ["annotated.mp4"], "and no temporary file is left"
    assert [e for e in told if isinstance(e, Notice)] == []
    assert isinstance(told[-1], Progress)
    assert told[-1].done == told[-1].total
    with av.open(str(demo_clip())) as before, av.open(str(target)) as after:
        assert after.streams.video[0].frames == before.streams.video[0].frames
        kinds = [(s.type, s.codec_context.name) for s in after.streams]
        assert kinds == [("video", "h264"), ("audio", "aac")]
        packets = [[bytes(p) for p in file.demux(audio=0) if p.size] for file in (before, after)]
        assert packets[0] == packets[1], "the sound is copied"
    plain, drawn = decoded(demo_clip()), decoded(target)
    height, width = plain[0].shape[:2]
    left, top = round(0.1 * width), round(0.4 * height)  # the left edge of the box of person-1 at 0.3 s
    edge = np.abs(drawn[10][top, left - 2 : left + 4].astype(int) - plain[10][top, left - 2 : left + 4]).max()
    assert edge > 60
    assert np.abs(drawn[10][height // 2, width // 2].astype(int) - plain[10][height // 2, width // 2]).max() < 40


def test_a_box_moves_between_sightings_and_goes() -> None:
    faces = FaceBoxes(
        np.asarray([1.0, 1.4, 5.0]), np.asarray([[0, 0, 1, 1], [0.4, 0, 1, 1], [0, 0, 0.5, 0.5]], np.float32)
    )
    assert box_at(faces, 1.2) == pytest.approx((0.2, 0, 1, 1))
    assert box_at(faces, 1.6) == pytest.approx((0.4, 0, 1, 1))
    assert box_at(faces, 3.0) is None
    assert box_at(faces, 5.2) == pytest.approx((0, 0, 0.5, 0.5))


def test_one_answer_for_each_person_who_is_there() -> None:
    answers = Answers(TALK)
    assert [s.prediction.who for s in answers.at(0.5)] == ["person-1"]
    assert answers.at(1.55) == []
    assert [s.prediction.label for s in answers.at(5.0)] == ["angry"]


def test_who_is_off_screen_has_a_panel_in_the_corner() -> None:
    blank = np.zeros((240, 320, 3), np.uint8)
    drawing = Drawing(TALK.labels, Language("en"), (320, 240))
    heard = replace(TALK.predictions[0], who="voice-1", faces=None)
    drawn = drawing.draw(blank, [Shown(heard, None)])
    assert drawn[8:20, 8:80].max() > 100
    assert drawn[100:140, 200:300].max() == 0
    assert not drawing.writes("\U0001f9d0\ue000") or drawing.writes("a")


def test_what_is_no_video_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"a video is written as \.mp4, \.m4v, \.mov, \.mkv; give 'x\.avi' one of these endings"
    ):
        check_video(Path("x.avi"), demo_clip())
    with pytest.raises(InputError, match="--video goes with a video; 'a text' has no moving pictures"):
        check_video(Path("x.mp4"), None)


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    target.write_text("old")
    work = write_video(TALK, demo_clip(), target)
    next(work)
    work.close()
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.mp4"]


@pytest.mark.slow
def test_the_sound_is_that_of_the_track_that_was_read(tmp_path: Path) -> None:
    clip, target = tmp_path / "two.mkv", tmp_path / "a.mkv"
    with av.open(str(demo_clip())) as source, av.open(str(clip), "w") as out:
        sounds = [out.add_stream("pcm_s16le", rate=16_000, layout="mono") for _ in range(2)]
        pictures = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                out.mux(packet)
        for sound, level in zip(sounds, (0, 1000), strict=True):
            frame = av.AudioFrame.from_ndarray(np.full((1, 16_000), level, np.int16), format="s16", layout="mono")
            frame.rate, frame.pts = 16_000, 0
            out.mux([*sound.encode(frame), *sound.encode(None)])
    chosen = replace(TALK, notices=(Notice("track_chosen", {"track": 2, "tracks": 2}),))
    for timeline, track, level in ((TALK, None, 0), (TALK, 2, 1000), (chosen, None, 1000), (chosen, 1, 0)):
        finish(write_video(timeline, clip, target, track=track))
        with av.open(str(target)) as file:
            samples = np.concatenate([f.to_ndarray().ravel() for f in file.decode(audio=0)])
        assert set(samples.tolist()) == {level}


@pytest.mark.parametrize(("name", "codecs"), [("a.mp4", {"mov_text"}), ("a.mkv", {"subrip", "srt"})])
def test_words_are_a_text_track_that_is_read_back(tmp_path: Path, name: str, codecs: set[str]) -> None:
    target = tmp_path / name
    said = replace(TALK.predictions[0], text="Ça va?\n好的", span=Span(0.0, 2.0))
    later = replace(TALK.predictions[0], text="No!", span=Span(1.5, 3.25))
    together = replace(later, who="person-2", text="Yes.")
    finish(write_video(replace(TALK, predictions=(said, later, together)), demo_clip(), target, words="track"))
    with av.open(str(target)) as file:
        (track,) = file.streams.subtitles
        assert track.codec_context.name in codecs
        packets = [p for p in file.demux(track) if p.size > 2]  # MP4 fills the time between cues with empty ones
        found = [bytes(p)[2 if name.endswith("mp4") else 0 :].decode() for p in packets]
        assert found == ["Ça va? 好的", "No!\nYes."]
        times = [((p.pts or 0) * p.time_base, (p.duration or 0) * p.time_base) for p in packets]
        spans = [(float(start), float(start + long)) for start, long in times]
    # Matroska begins with the sound, 21 ms before the pictures.
    assert spans == [pytest.approx((0.0, 1.5), abs=0.03), pytest.approx((1.5, 3.25), abs=0.03)]


def test_words_are_drawn_unless_they_are_a_track_only() -> None:
    blank, p = np.zeros((240, 320, 3), np.uint8), replace(TALK.predictions[0], text="Hello there")
    drawn, bare = (
        Drawing(TALK.labels, Language("en"), (320, 240), words).draw(blank, [Shown(p, None)])[200:]
        for words in (True, False)
    )
    assert drawn.max() > 200
    assert bare.max() == 0


def test_another_place_for_words_is_refused() -> None:
    with pytest.raises(InputError, match="--video-words cannot be 'tracks'; did you mean 'track'"):
        check_words("tracks")
