from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from mien.data.tracks import Item, TrackStore
from mien.encoders.base import Encoder
from mien.errors import InputError, RecipeError
from mien.types import Clip, Example, Modality, Segment, Track


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
