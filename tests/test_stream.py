"""The stream of events: what may be read, in which order it is told, and that closing it stops the work at once."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from mien import Analyzer
from mien.errors import InputError
from mien.events import Answered, Finished, Heard, Notice, Progress, Skipped, Work, finish, tap
from mien.media.cut import CutSettings
from mien.media.decoding.arrays import sound_of
from mien.media.decoding.decoder import Piece
from mien.media.decoding.open import stream
from mien.media.decoding.picture import read_image
from mien.media.decoding.sound import read_audio
from mien.samples import demo_clip
from mien.timeline import Timeline
from mien.types import SAMPLE_RATE, Audio, Clip, Picture, Span, Word, Words
from mien.workflows.explain_clip import explain_moment
from tests.media.clips import write_sound


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer(asr="off")


@pytest.fixture(scope="module")
def demo(analyzer: Analyzer) -> Timeline:
    return analyzer.analyze(demo_clip())


def answers(timeline: Timeline) -> list[tuple[Span, str | None, str, dict[str, float]]]:
    return [(p.span, p.who, p.label, dict(p.scores)) for p in timeline.predictions]


def test_work_gives_its_result_and_tells_on_the_way() -> None:
    def work() -> Work[int]:
        yield Notice("one")
        yield Notice("two")
        return 3

    told: list[object] = []
    looked: list[object] = []
    assert finish(tap(work(), looked.append), told.append) == 3
    assert told == looked == [Notice("one"), Notice("two")]
    assert finish(work()) == 3


def test_what_listens_may_stop_the_work() -> None:
    ended: list[bool] = []

    def work() -> Work[None]:
        try:
            yield Notice("one")
            pytest.fail("it went on")
        finally:
            ended.append(True)

    def tell(event: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finish(work(), tell)
    assert ended == [True]


@pytest.mark.slow
def test_bytes_open_files_and_paths_are_the_same_clip(analyzer: Analyzer, demo: Timeline) -> None:
    content = demo_clip().read_bytes()
    for source in (content, io.BytesIO(content), str(demo_clip()), Clip("c", video=demo_clip())):
        assert answers(analyzer.analyze(source)) == answers(demo)
    with demo_clip().open("rb") as file:
        assert analyzer.analyze(file) == demo, "its name too"


def test_bytes_that_are_no_media_are_refused_without_a_trace(
    analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(InputError, match="is not media that can be read"):
        analyzer.analyze(b"junk")
    assert list(tmp_path.iterdir()) == []


def pieces(path: Path) -> Iterator[Piece]:
    """What a file holds, as a microphone and a camera would give it."""
    return (piece for piece in stream(path, 25.0) if not isinstance(piece, Notice))


def test_pieces_that_come_in_are_read_like_the_file_they_are_of(analyzer: Analyzer, demo: Timeline) -> None:
    live = analyzer.analyze(pieces(demo_clip()))
    assert live.source == "live"
    assert live.duration == pytest.approx(demo.duration, abs=0.2)
    assert [p.who for p in live.predictions] == [p.who for p in demo.predictions]
    for mine, its in zip(live.predictions, demo.predictions, strict=True):
        # Other pictures are looked at, so a face may be found one picture earlier.
        assert (mine.span.start, mine.span.end) == pytest.approx((its.span.start, its.span.end), abs=0.05)
    # Other pictures of a second are looked at, so a moment between two labels may get the other one.
    same = [a.label == b.label for a, b in zip(live.predictions, demo.predictions, strict=True)]
    assert sum(same) >= len(same) - 1


def test_pieces_are_not_drawn_before_they_are_needed(analyzer: Analyzer) -> None:
    """A source may never end: it is read no further than what is answered asks for."""
    given: list[float] = []

    def endless() -> Iterator[Piece]:
        voice = read_audio(demo_clip()).samples
        for second in range(10_000):
            given.append(float(second))
            at = (second * SAMPLE_RATE) % (len(voice) - SAMPLE_RATE)
            yield Audio(voice[at : at + SAMPLE_RATE], float(second))

    reader = Analyzer(asr="off", settings=CutSettings(page=5.0))
    events = reader.stream(endless())
    first = next(e for e in events if isinstance(e, Answered))
    events.close()
    assert first.prediction.span.start < 10
    assert len(given) <= 12


def test_sound_in_memory_is_read_like_its_file(analyzer: Analyzer, samples: Path, tmp_path: Path) -> None:
    sound = read_audio(samples / "audio/cremad_1002_DFA_ANG.wav").samples
    file = analyzer.analyze(write_sound(tmp_path / "a.wav", sound))
    whole = np.round(sound * 32767).astype(np.int16)
    stereo = np.stack([sound, sound], axis=1)
    for given in (sound, whole, stereo):
        timeline = analyzer.analyze((given, SAMPLE_RATE))
        assert timeline.source == "sound"
        assert [(p.span, p.label) for p in timeline.predictions] == [(p.span, p.label) for p in file.predictions]


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_sound_of_any_rate_becomes_16_khz_on_the_same_clock(rate: int) -> None:
    seconds = np.arange(3 * rate) / rate
    tone = (0.5 * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32)
    found = sound_of(tone, rate)
    assert len(found.samples) == pytest.approx(3 * SAMPLE_RATE, abs=2)
    middle = slice(SAMPLE_RATE, 2 * SAMPLE_RATE)
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE)
    np.testing.assert_allclose(found.samples[middle], wanted[middle], atol=0.01)


def test_whole_numbers_are_sound_over_the_range_of_their_type() -> None:
    for dtype in (np.int16, np.int32):
        top = np.iinfo(dtype).max
        np.testing.assert_allclose(sound_of(np.asarray([top, -top, 0], dtype), 16_000).samples, [1, -1, 0], atol=1e-4)
    np.testing.assert_allclose(sound_of(np.asarray([255, 0, 128], np.uint8), 16_000).samples, [1, -1, 0], atol=0.01)
    odd = sound_of(np.asarray([np.nan, np.inf, -np.inf, 3.0]), 16_000).samples
    np.testing.assert_array_equal(odd, np.asarray([0, 1, -1, 1], np.float32))


def test_a_picture_in_memory_is_read_like_its_file(analyzer: Analyzer, samples: Path) -> None:
    path = samples / "image/faceapi_happy.jpg"
    pixels = read_image(path)
    with_alpha = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    for given in (pixels, with_alpha):
        timeline = analyzer.analyze(given, text="What a day.")
        assert timeline.source == "picture"
        assert answers(timeline) == answers(analyzer.analyze(path, text="What a day."))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (np.zeros((4, 4, 3)), "uint8 RGB"),
        (np.zeros((2, 4, 4, 3), np.uint8), "uint8 RGB"),
        ((np.zeros(100, np.float32), 0), "rate in Hz"),
        ((np.zeros((3, 4, 5), np.float32), 16_000), r"\(N,\) or \(N, channels\)"),
        ((np.asarray(["a"]), 16_000), "made of numbers"),
        ((np.zeros(100, np.float32),), "a pair"),
        ([1, 2, 3], "Audio or Picture, not int"),
        ([Picture(np.zeros((4, 4, 3), np.uint8), float("nan"))], "time in seconds"),
        (3.5, "a float cannot be read"),
    ],
)
def test_what_is_no_source_is_said(source: Any, said: str, analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match=said):
        analyzer.analyze(source)


def test_words_do_not_go_with_pieces_that_still_come(analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match="words go with a clip that is there as a whole"):
        analyzer.analyze(pieces(demo_clip()), text="hello")


def test_sound_that_comes_late_is_told(analyzer: Analyzer) -> None:
    second: NDArray[np.float32] = np.zeros(SAMPLE_RATE, np.float32)
    timeline = analyzer.analyze([Audio(second, 0.0), Audio(second, 1.0), Audio(second, 0.5), Audio(second, 0.0)])
    assert timeline.duration == 0.0 or timeline.duration == pytest.approx(2.0)
    assert Notice("late_pieces", {"count": 2}) in timeline.notices


@pytest.mark.slow
def test_several_clips_go_on_after_a_bad_one(analyzer: Analyzer, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_text("junk")
    one, bad, other = analyzer.analyze_many([demo_clip(), tmp_path / "bad.mp4", demo_clip()])
    assert isinstance(one, Timeline)
    assert one == other
    assert isinstance(bad, Skipped)
    assert bad.source == "bad.mp4"
    assert "is not media" in bad.why


def busy() -> set[str]:
    """The threads that work; that which ends graphs that never end waits for as long as the process lives."""
    return {t.name for t in threading.enumerate() if t.name.startswith("mien-")} - {"mien-runs"}


def test_closing_the_stream_stops_the_work_at_once(samples: Path, tmp_path: Path) -> None:
    """Threads end and files close, though two minutes were to be read and heard."""
    voice = read_audio(samples / "audio/mexca_eng_5s.wav").samples
    path = write_sound(tmp_path / "long.wav", np.tile(voice, 24))
    hears, closed, heard = threading.Event(), threading.Event(), list[Words]()

    class Slow:
        """Hears a hundred words a page, the second of them once the stream is being closed."""

        english_only = False

        def words(self, audio: NDArray[np.float32], spans: Sequence[Span]) -> Iterator[Words]:
            for _ in range(100):
                heard.append(Words((Word("word", spans[0]),)))
                hears.set()
                yield heard[-1]
                closed.wait(60)

    # Telling voices apart takes longer than reading a page; then nothing would be told before the page is heard.
    reader = Analyzer(settings=CutSettings(voices=False))
    reader._segmenter._recogniser = Slow()
    events = reader.stream(path)
    for _ in events:
        if hears.is_set():
            break
    threading.Timer(1.0, closed.set).start()
    events.close()
    assert len(heard) <= 2, "the piece in hand is finished, no other is begun"
    assert busy() == set()
    assert str(path) not in {f.path for f in psutil.Process().open_files()}


def test_an_answer_is_told_before_the_clip_is_over(samples: Path, tmp_path: Path) -> None:
    voice = read_audio(samples / "audio/mexca_eng_5s.wav").samples
    path = write_sound(tmp_path / "long.wav", np.tile(voice, 20))
    done = 0.0
    for event in Analyzer(asr="off").stream(path):
        if isinstance(event, Progress):
            done = event.done
        if isinstance(event, Answered):
            break
    assert done < 70


@pytest.mark.slow
def test_words_are_told_before_what_they_express(samples: Path) -> None:
    path = samples / "video/cremad_1001_DFA_NEU.mp4"
    kinds = [type(e) for e in Analyzer().stream(path) if isinstance(e, Heard | Answered | Finished)]
    assert kinds.index(Heard) < kinds.index(Answered)
    assert kinds[-1] is Finished


@pytest.mark.slow
def test_known_words_are_explained_where_the_analysis_heard_them(analyzer: Analyzer) -> None:
    """They are spread over all speech of the clip, though it is read no further than the moment."""
    text = "I love this. It is so good! Then everything went wrong and I hated it."
    moments = [p for p in analyzer.analyze(demo_clip(), text=text).predictions if p.text]
    assert len(moments) == 2
    for moment in moments:
        why = finish(explain_moment(analyzer, demo_clip(), text=text, at=moment.span.middle, parts=[]))
        assert why.prediction == moment


def test_an_open_file_is_what_its_name_says(analyzer: Analyzer, tmp_path: Path) -> None:
    (tmp_path / "said.txt").write_text("I love it. I hate it.")
    with (tmp_path / "said.txt").open("rb") as file:
        timeline = analyzer.analyze(file)
    assert timeline.source == "said.txt"
    assert [p.text for p in timeline.predictions] == ["I love it.", "I hate it."]
    assert analyzer.analyze(io.BytesIO(demo_clip().read_bytes())).source == "file"
    with (tmp_path / "said.txt").open("rb") as file, pytest.raises(InputError, match=r"said\.txt' is text itself"):
        analyzer.analyze(file, text="hello")


@pytest.mark.parametrize("sources", [str(demo_clip()), demo_clip(), b"junk", Clip("one", text="I love it.")])
def test_one_clip_is_no_list_of_clips(sources: Any, analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match="takes a list of clips"):
        next(analyzer.analyze_many(sources))
