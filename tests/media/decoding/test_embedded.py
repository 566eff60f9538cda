from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mien.errors import InputError
from mien.events import Notice
from mien.media.decoding.embedded import EMBEDDED
from mien.media.decoding.open import probe
from mien.media.segmenting import Segmenter
from mien.types import Segment
from tests.media.clips import beep, write_sound

_STYLES = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,16

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def write_subtitled(path: Path, codec: str, cues: list[tuple[float, float, bytes]]) -> Path:
    """Three seconds of silence, with a track of subtitles whose packets are given."""
    with av.open(str(path), "w") as container:
        sound: Any = container.add_stream("aac", rate=16_000, layout="mono")
        texts: Any = container.add_stream(codec)
        texts.codec_context.subtitle_header = _STYLES
        for at in range(0, 48_000, 1024):
            part = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            part.sample_rate, part.pts = 16_000, at
            container.mux(sound.encode(part))
        container.mux(sound.encode(None))
        for start, end, text in cues:
            packet = av.Packet(text)
            packet.pts = packet.dts = round(1000 * start)
            packet.duration, packet.time_base, packet.stream = round(1000 * (end - start)), Fraction(1, 1000), texts
            container.mux(packet)
    return path


def found(path: Path, subtitles: Path | None) -> tuple[list[tuple[float, str, str | None]], list[str]]:
    """When who says what, and the codes of the notices."""
    items = list(Segmenter("off").read(path, subtitles=subtitles))
    said = [(s.span.start, s.words.text, s.who) for s in items if isinstance(s, Segment) and s.words is not None]
    return said, [n.code for n in items if isinstance(n, Notice)]


@pytest.mark.parametrize(
    ("name", "codec", "packets"),
    [
        ("v.mkv", "subrip", [b"Hello <i>there</i>, you.", b"A second\nline."]),
        ("v.mkv", "webvtt", [b"Hello there, you.", b"A second line."]),
        ("v.mp4", "mov_text", [b"\x00\x11Hello there, you.", b"\x00\x0eA second line."]),
        ("v.mkv", "ass", [rb"0,0,Default,,0,0,0,,Hello {\i1}there, you.", rb"1,0,Default,,0,0,0,,A second\Nline."]),
    ],
)
def test_subtitles_inside_a_file_are_its_words(tmp_path: Path, name: str, codec: str, packets: list[bytes]) -> None:
    try:
        path = write_subtitled(tmp_path / name, codec, [(0.5, 1.0, packets[0]), (1.8, 2.6, packets[1])])
    except (av.FFmpegError, AttributeError) as error:
        pytest.skip(f"this PyAV cannot write subtitles: {error}")
    assert probe(path).subtitles == 1
    said, _ = found(path, EMBEDDED)
    assert [(round(start, 1), text) for start, text, _ in said] == [(0.5, "Hello there, you."), (1.8, "A second line.")]
    assert "subtitles_inside" in found(path, None)[1]


def test_a_file_without_subtitles_says_so(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", beep(2.0, 1.0))
    with pytest.raises(InputError, match="holds no subtitles that are text"):
        found(path, EMBEDDED)
