from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from mien.data import tracks
from mien.data.items import Item
from mien.data.tracks import TrackStore
from mien.encoders.base import Encoder
from mien.errors import InputError, RecipeError
from mien.types import Clip, Example, Modality, Segment, Track

from ..conftest import ROOT


class Lengths(Encoder):
    """A row for each word; it may lack what it needs."""

    modality: Modality = "text"
    quality_names = ("words",)
    installed = True

    def prepare(self, segment: Segment) -> Track | None:
        if not self.installed:
            raise InputError("lengths needs a ruler; run: pip install ruler")
        values = np.asarray([[len(w.text)] for w in segment.words.items] if segment.words else [], np.float32)
        return Track(np.arange(len(values), dtype=float), values, np.asarray([len(values)], np.float32))

    def network(self) -> nn.Module:
        raise NotImplementedError


class Loudness(Lengths):
    modality = "voice"


def store(encoder: Encoder, *clips: Clip, how: str = "") -> TrackStore:
    items = [Item(Example(clip, {}, None, "train", "set"), how) for clip in clips]
    found = TrackStore(encoder, "stub", items)
    assert sum(found.fill()) == len(items)
    return found


def test_what_an_installation_lacks_is_told_and_not_kept() -> None:
    encoder, clip = Lengths(), Clip("set/installed", text="three short words")
    encoder.installed = False
    with pytest.raises(InputError, match="run: pip install ruler"):
        store(encoder, clip)
    encoder.installed = True
    assert store(encoder, clip).lengths().tolist() == [3]


def test_a_way_to_degrade_that_there_is_not_is_told() -> None:
    with pytest.raises(RecipeError, match="cannot degrade by 'eror'; did you mean 'errors'"):
        store(Lengths(), Clip("set/eror", text="three short words"), how="eror:0.2")


def test_a_clip_that_cannot_be_read_is_skipped_with_its_reason(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("junk")
    found = store(Loudness(), Clip("set/bad", audio=bad), Clip("set/gone", audio=tmp_path / "gone.wav"))
    assert found.lengths().tolist() == [0, 0]
    assert [(u.id, u.modality, u.missing) for u in found.unread] == [
        ("set/bad", "voice", False),
        ("set/gone", "voice", True),
    ]
    assert "is not media that can be read" in found.unread[0].why
    assert "there is no file" in found.unread[1].why


def made_by(package: Path) -> dict[str, list[str]]:
    """What the copy of mien in ``package`` says its segments are made by."""
    code = "import json; from mien.data.tracks import made_by; print(json.dumps({m: made_by(m) for m in ('text', 'face')}))"
    env = os.environ | {"PYTHONPATH": str(package)}
    run = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True)
    found: dict[str, list[str]] = json.loads(run.stdout)
    return found


def test_a_change_of_what_makes_segments_makes_them_anew(tmp_path: Path) -> None:
    def ignored(folder: str, names: list[str]) -> list[str]:
        large = (".bin", ".mp4")
        return [n for n in names if n == "__pycache__" or n.endswith(large) or n.startswith(("text-", "voice-"))]

    shutil.copytree(ROOT / "src" / "mien", tmp_path / "mien", ignore=ignored)
    first = made_by(tmp_path)
    for file in ("report/sentences.py", "fusion/late.py", "runtime/hub.py"):
        change(tmp_path / "mien" / file)
    assert made_by(tmp_path) == first, "what nothing is made by changes nothing"
    change(tmp_path / "mien/media/decoding/open.py")
    second = made_by(tmp_path)
    assert second["text"] == first["text"], "words are not decoded"
    assert second["face"] != first["face"]
    change(tmp_path / "mien/media/text/words.py")
    third = made_by(tmp_path)
    assert third["text"] != second["text"]
    change(tmp_path / "mien/data/load.py")
    fourth = made_by(tmp_path)
    assert fourth["text"][0] != third["text"][0]
    change(tmp_path / "mien/encoders/face_cnn.py")
    fifth = made_by(tmp_path)
    assert fifth["face"][0] != fourth["face"][0], "encoders make the tracks"
    with (tmp_path / "mien/bundles/shared/face_landmarks.onnx").open("ab") as graph:
        graph.write(b"x")
    assert made_by(tmp_path)["face"] != fifth["face"], "and so do their graphs"


def change(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")


def test_the_libraries_that_decode_are_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = tracks.made_by("voice")
    monkeypatch.setattr(tracks, "_version", lambda name: "1.0")
    assert tracks.made_by("voice")[2:] == ["av 1.0", "faster-whisper 1.0", "onnxruntime 1.0", "numpy 1.0"]
    assert tracks.made_by("voice")[:2] == before[:2]
    assert tracks.made_by("text")[1:] == ["tokenizers 1.0", "numpy 1.0"]


def test_the_key_of_a_shard_holds_what_made_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    store(Lengths(), Clip("set/key", text="three short words"))
    store(Lengths(), Clip("set/key", text="three short words"))
    assert len(list((tmp_path / "tracks").iterdir())) == 1
    monkeypatch.setattr(tracks, "made_by", lambda modality: ["other code"])
    store(Lengths(), Clip("set/key", text="three short words"))
    assert len(list((tmp_path / "tracks").iterdir())) == 2
