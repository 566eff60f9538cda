"""Who is forgotten is gone from every file of the set, and stays gone; shared copies hold who agreed, and hide them."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from mien import bundles
from mien.collection.dataset import open_set
from mien.collection.rights.anonymise import Hider, blocked, disguised, pitch
from mien.collection.rights.forget import forget
from mien.collection.rights.share import share
from mien.collection.rows import Vote
from mien.data.items import Item
from mien.data.tracks import TrackStore
from mien.encoders.base import encoders
from mien.errors import InputError
from mien.events import finish
from mien.media.centerface import CenterFace
from mien.media.decoding.open import probe
from mien.media.decoding.picture import read_image
from mien.media.decoding.sound import read_audio
from mien.media.watching import main_face
from mien.types import SAMPLE_RATE, Clip, Example, Picture
from mien.workflows.sets.collect import collect_set
from mien.workflows.sets.report import forget_person

SECRET = "the heron stands alone beside the quiet green water"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set with copies of two letters, one by ada and one by ben."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.txt").write_text(f"{SECRET}.")
    (tmp_path / "in" / "ben.txt").write_text("I am so happy about this wonderful day for all of us.")
    consent = tmp_path / "consent.csv"
    consent.write_text(
        "person,scope,recordings,gender\nada,label|train,ada.txt,female\nben,label|train|share,ben.txt,male\n"
    )
    finish(collect_set(tmp_path / "in", tmp_path / "set", consent, asr="off", copy=True))
    return tmp_path / "set"


def test_nothing_of_a_forgotten_person_is_left_in_the_set(folder: Path, tmp_path: Path) -> None:
    with open_set(folder) as dataset:
        ada = next(clip for clip in dataset.clips() if clip.person == "ada")
        dataset.vote(Vote(ada.id, "x", {"sad": 1.0}, comment=SECRET))
        assert SECRET in (folder / "manifest.csv").read_text()
    found = forget_person(folder, "ada", [])
    assert (found.clips, found.votes, len(found.copies), found.originals) == (1, 1, 1, [])
    for path in (p for p in folder.rglob("*") if p.is_file() and p.name != "consent.csv"):
        content = path.read_bytes()
        assert b"heron" not in content, path
        assert ada.id.encode() not in content, path
    again, _ = finish(collect_set(tmp_path / "in", folder))
    assert (again.read, again.clips) == (1, 1)
    with open_set(folder) as dataset:
        assert {clip.person for clip in dataset.clips()} == {"ben"}
        with pytest.raises(InputError, match=r"nobody in .* is called 'benn'; did you mean 'ben'"):
            forget(dataset, "benn")


def test_tracks_of_the_person_leave_the_cache_and_others_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(folder.parent / "cache"))
    with open_set(folder) as dataset:
        shards: dict[str, Path] = {}
        for clip in dataset.clips():
            example = Example(Clip(f"manifest/{clip.id}", text=clip.text), {}, clip.person, "train", "manifest")
            list(TrackStore(encoders.build({"name": "text_minilm"}), "text_minilm", [Item(example)]).fill())
            (shards[clip.person],) = set((folder.parent / "cache" / "tracks").iterdir()) - set(shards.values())
        forget(dataset, "ada")
    assert {person for person, shard in shards.items() if shard.is_dir()} == {"ben"}


def test_bundles_that_learned_from_the_set_are_named(folder: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "runs" / "mine" / "seed0" / "bundle"
    shutil.copytree(bundles.folder() / "open", bundle)
    table = (bundle / "bundle.json").read_text()
    assert "goemotions/data.parquet" in table
    (bundle / "bundle.json").write_text(table.replace("goemotions/data.parquet", str(folder / "manifest.csv")))
    shutil.copytree(bundles.folder() / "open", tmp_path / "runs" / "other")
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "bundle.json").write_text("{}")
    with open_set(folder) as dataset:
        found = forget(dataset, "ada", [tmp_path / "runs"])
    assert [path.name for path, _ in found.unread] == ["broken"]
    assert list(found.bundles) == [bundle]


def test_only_who_agreed_is_shared_and_under_a_number(folder: Path, tmp_path: Path) -> None:
    with open_set(folder) as dataset:
        found = finish(share(dataset, tmp_path / "out", anonymise=True, day=date(2026, 1, 1)))
        assert (found.clips, found.left_out) == (1, {"not_in_scope": 1})
        with pytest.raises(InputError, match="not empty"):
            finish(share(dataset, tmp_path / "out", anonymise=False))
    text = (tmp_path / "out" / "manifest.csv").read_text()
    assert "heron" not in text
    assert "ben" not in text
    assert next(csv.DictReader(text.splitlines()))["speaker"] == "person-1"


@pytest.mark.slow
def test_a_shared_video_has_no_face_and_another_voice(samples: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    source = samples / "video" / "cremad_1001_DFA_HAP.mp4"
    shutil.copyfile(source, tmp_path / "in" / "a.mp4")
    shutil.copyfile(samples / "image" / "fer_justin.jpg", tmp_path / "in" / "b.jpg")
    (tmp_path / "c.csv").write_text("person,scope,recordings\nann,share,a.mp4\njustin,share,b.jpg\n")
    finish(collect_set(tmp_path / "in", tmp_path / "set", tmp_path / "c.csv", asr="off"))
    with open_set(tmp_path / "set") as dataset:
        plain = finish(share(dataset, tmp_path / "plain", anonymise=False))
        hidden = finish(share(dataset, tmp_path / "hidden", anonymise=True))
    assert plain.clips == hidden.clips >= 2
    (shown,) = sorted((tmp_path / "plain").rglob("*0.mkv"))
    masked = tmp_path / "hidden" / shown.relative_to(tmp_path / "plain")
    assert probe(masked).has_audio
    assert main_face(shown) is not None
    assert main_face(masked) is None
    before, after = (read_audio(path).samples for path in (shown, masked))
    assert len(after) == pytest.approx(len(before), rel=0.02)
    assert abs(np.log2(pitch(after) / pitch(before))) > 0.2
    kinds = Counter(path.suffix for path in (tmp_path / "hidden" / "clips").iterdir())
    assert kinds[".jpg"] == 1


def test_voices_are_shifted_by_what_was_asked_and_last_as_long() -> None:
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    for hertz, to in ((110.0, 2 ** (4 / 12)), (220.0, 2 ** (-4 / 12))):
        parts = [np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 8)]
        tone = np.asarray(0.2 * np.sum(parts, axis=0), np.float32)
        shifted = disguised(tone)
        assert len(shifted) == len(tone)
        assert pitch(shifted) == pytest.approx(hertz * to, rel=0.03)
        assert np.sqrt(np.mean(shifted**2)) == pytest.approx(float(np.sqrt(np.mean(tone**2))), rel=0.25)


def test_a_hidden_face_is_not_found_and_the_rest_stays(samples: Path) -> None:
    pixels = read_image(samples / "image" / "fer_justin.jpg")
    detector = CenterFace()
    hidden = Hider(detector).hide(Picture(pixels)).pixels
    assert detector.detect(pixels)
    assert [face for face in detector.detect(hidden) if face.score > 0.5] == []
    assert (hidden == pixels).all(axis=2).mean() > 0.2
    assert (blocked(pixels, []) == pixels).all()
