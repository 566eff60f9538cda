"""A fuzz target for each parser of foreign files: it answers, or refuses with one sentence. Nothing else may happen.

Each target runs for ``MIEN_FUZZ`` seconds (10), with inputs that Hypothesis makes: mutations of good files of our own making.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien import bundles
from mien.bundle.inspection import check_graph
from mien.bundle.load import load
from mien.data.rows import read_rows
from mien.data.unpickling.opcodes import read_pickle
from mien.errors import MienError, RecipeError
from mien.evaluation.predictions import Evaluation
from mien.media.decoding.open import probe, stream
from mien.media.subtitles import read_subtitles
from mien.media.written import text_file_segments
from mien.recipe import recipe as recipes
from mien.runtime.run_folder import load_recipe
from tests.media.clips import beep, write_clip, write_sound

hypothesis = pytest.importorskip("hypothesis", reason="needs hypothesis: pip install 'mien[test]'")
st = pytest.importorskip("hypothesis.strategies")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SECONDS = float(os.environ.get("MIEN_FUZZ", "10"))
ODD = [b"\0" * 4, b"\xff" * 8, b"[" * 50, b'"', b"\n\n", b"../", b"1e999", b"{}"]
SRT = b"1\n00:00:01,000 --> 00:00:03,500\n<i>Hello</i> &amp; goodbye.\n\n2\n00:00:04,000 --> 00:00:05,000\n- Yes.\n- No.\n"
VTT = b"WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:03.000 align:start\n<v Ann>So <00:02.000><c>glad</c>.\n"
ASS = b"""[Script Info]
ScriptType: v4.00+

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,Ann,0,0,0,,{\\b1}Hi there.
"""
CSV = b"path,label,split,speaker\na.wav,happy,train,s1\nb.wav,sad,test,s2\n"
RECIPE = (bundles.folder().parent / "recipes" / "fusion.toml").read_bytes()


@cache
def media(kind: str, folder: Path) -> bytes:
    """A small file of a kind."""
    path = folder / f"good.{kind}"
    if kind in ("mp4", "avi", "mkv", "ts"):
        rng = np.random.default_rng(0)
        write_clip(path, [rng.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(10)], beep(0.4, 0.1))
    else:
        write_sound(path, beep(0.5, 0.1), codec={"wav": "pcm_s16le", "flac": "flac", "aac": "aac"}[kind])
    return path.read_bytes()


def decode(path: Path) -> None:
    probe(path)
    for count, _ in enumerate(stream(path, 5)):
        assert count < 100_000


def table(path: Path) -> None:
    for _ in read_rows(path):
        pass


def unpickle(path: Path) -> None:
    read_pickle(path)


def written(path: Path) -> None:
    for _ in text_file_segments(path):
        pass


def run(path: Path) -> None:
    load_recipe(path.parent)


def _npz(folder: Path) -> bytes:
    np.savez_compressed(folder / "good.npz", heads=np.asarray("[]"), x=np.arange(5))
    return (folder / "good.npz").read_bytes()


def _graph(_: Path) -> bytes:
    return next((bundles.folder() / "open").glob("*.onnx")).read_bytes()


TARGETS: dict[str, tuple[str, Callable[[Path], object], Callable[[Path], bytes]]] = {
    **{f"media {k}": (f"x.{k}", decode, partial(media, k)) for k in ("mp4", "avi", "mkv", "ts", "wav", "flac", "aac")},
    "srt": ("x.srt", read_subtitles, lambda _: SRT),
    "vtt": ("x.vtt", read_subtitles, lambda _: VTT),
    "ass": ("x.ass", read_subtitles, lambda _: ASS),
    "text": (
        "x.txt",
        written,
        lambda _: "I am so happy. 我很高兴。 Go away!".encode(),
    ),
    "csv": ("x.csv", table, lambda _: CSV),
    "jsonl": (
        "x.jsonl",
        table,
        lambda _: b'{"path": "a.wav", "label": "happy", "start": 1.5}\n{"path": "b", "label": null}\n',
    ),
    "recipe": ("x.toml", recipes.load, lambda _: RECIPE),
    "bundle": (
        "bundle.json",
        lambda p: load(p.parent),
        lambda _: (bundles.folder() / "open" / "bundle.json").read_bytes(),
    ),
    "graph": (
        "x.onnx",
        lambda p: check_graph(p, 10**8),
        _graph,
    ),
    "run": ("recipe.json", run, lambda _: json.dumps({"name": "x", "encoders": {}}).encode()),
    "predictions": ("x.npz", Evaluation.load, _npz),
    "pickle": (
        "x.pkl",
        unpickle,
        lambda _: pickle.dumps({"a": np.arange(5), "b": ["x", {"y": 1.5}], "c": (None, True)}),
    ),
}


def mutated(good: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """The file with some stretches replaced: (where, how many bytes, by what)."""
    data = bytearray(good)
    for at, size, content in edits:
        start = at % (len(data) + 1)
        data[start : start + size] = content
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS)
def test_a_parser_answers_or_refuses(target: str, tmp_path: Path) -> None:
    name, parse, make = TARGETS[target]
    folder = tmp_path / "x"
    folder.mkdir()
    good = make(tmp_path)
    (folder / name).write_bytes(good)
    parse(folder / name)
    stop, count = time.monotonic() + SECONDS, 0
    content = st.binary(max_size=12) | st.sampled_from(ODD)
    edits = st.lists(st.tuples(st.integers(0, len(good)), st.integers(0, 40), content), min_size=1, max_size=6)

    def look(changes: list[tuple[int, int, bytes]]) -> None:
        nonlocal count
        if time.monotonic() > stop:
            return
        count += 1
        (folder / name).write_bytes(mutated(good, changes))
        begun = time.monotonic()
        with contextlib.suppress(MienError, RecipeError, *(ALSO.get(target, ()))):
            parse(folder / name)
        assert time.monotonic() - begun < 30

    how = {"deadline": None, "database": None, "suppress_health_check": list(hypothesis.HealthCheck)}
    while time.monotonic() < stop:
        # A test can be set only once, so each round has its own.
        given: Any = hypothesis.given(edits)(lambda changes: look(changes))  # noqa: PLW0108
        hypothesis.settings(max_examples=500, **how)(given)()
    print(target, count)  # noqa: T201 - with -s, the figures


ALSO: dict[str, tuple[type[Exception], ...]] = {"csv": (ValueError,), "jsonl": (ValueError,)}
"""What callers turn into sentences themselves."""
