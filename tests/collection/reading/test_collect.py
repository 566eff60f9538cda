"""Recordings become clips of a set; a set grows, keeps what it has, and loses nothing when its maker is killed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from mien.collection.dataset import DataSet, open_set
from mien.collection.reading.collect import Collected
from mien.collection.rows import Vote
from mien.errors import InputError
from mien.events import Progress, Skipped, finish
from mien.workflows.sets.collect import collect_set


def collected(recordings: Path, out: Path, consent: Path | None = None, copy: bool | None = None) -> Collected:
    return finish(collect_set(recordings, out, consent, asr="off", copy=copy))[0]


def content(dataset: DataSet) -> list[object]:
    """All that a set holds, without the times and the order in which it was written."""
    people = sorted(dataset.people())
    recordings = [(r.name, r.sha256, r.seconds, r.kind, r.why) for r in dataset.recordings()]
    clips = sorted((replace(clip, recording=0) for clip in dataset.clips()), key=lambda c: c.id)
    return [sorted(recordings), clips, dataset.drafts(), people]


def test_a_folder_becomes_a_set_and_grows(recordings: Path, samples: Path, tmp_path: Path) -> None:
    consent = tmp_path / "who.csv"
    consent.write_text("person,scope,reference,recordings,licence\n,,,emodb_*,CC0-1.0\nines,train,form 3,letter.txt,\n")
    events: list[object] = []
    first, written = finish(collect_set(recordings, tmp_path / "set", consent, asr="off"), events.append)
    assert (first.read, first.known, first.usable, first.unsettled) == (3, 0, 4, 0)
    assert [name for name, _ in first.unreadable] == ["broken.mp4"]
    assert [e.source for e in events if isinstance(e, Skipped)] == ["broken.mp4"]
    begun = [e.about for e in events if isinstance(e, Progress) and e.stage == "clips"]
    assert begun[:2] == ["broken.mp4", "emodb_03a01Wa.wav"]
    assert (written.rows, written.labelled) == (4, 0)
    with open_set(tmp_path / "set") as dataset:
        before = {clip.id: clip for clip in dataset.clips()}
        ines = next(clip for clip in before.values() if clip.person == "ines")
        assert ines.text.startswith("I am so glad")
        voice = next(clip for clip in before.values() if "voice" in clip.modalities)
        assert voice.quality["seconds"] > 1
        assert voice.quality["snr_db"] > 5
        assert voice.quality["two_voices"] < 0.15
        draft = dataset.drafts()[voice.id]
        assert draft.label in draft.scores
        assert sum(draft.scores.values()) == pytest.approx(1, abs=1e-3)
        recording = next(r for r in dataset.recordings() if r.id == voice.recording)
        assert (recording.kind, recording.licence) == ("audio", "CC0-1.0")
        assert dataset.path_of(recording).is_file()
        dataset.vote(Vote(voice.id, "x", {"angry": 1.0}))
    shutil.copyfile(samples / "audio" / "emodb_03b10Ec.wav", recordings / "emodb_later.wav")
    (recordings / "again.wav").write_bytes((recordings / "emodb_03a01Wa.wav").read_bytes())
    second = collected(recordings, tmp_path / "set")
    assert (second.read, second.known, len(second.unreadable)) == (1, 4, 1)
    with open_set(tmp_path / "set") as dataset:
        after = {clip.id: clip for clip in dataset.clips()}
        assert {key: after[key] for key in before} == before
        assert len(after) == len(before) + 1
        assert [v.labels for v in dataset.votes()] == [{"angry": 1.0}]
    assert (tmp_path / "set" / "consent.csv").read_text() == consent.read_text()


def test_a_set_keeps_to_its_bundle_and_can_hold_copies(recordings: Path, tmp_path: Path) -> None:
    (recordings / "broken.mp4").unlink()
    out = tmp_path / "set"
    assert collected(recordings, out, copy=True).read == 3
    shutil.move(recordings, tmp_path / "gone")
    with open_set(out) as dataset:
        assert all(dataset.path_of(r).is_file() and r.path.startswith("recordings/") for r in dataset.recordings())
    with pytest.raises(InputError, match=r"made with asr 'off', not 'tiny\.en'"):
        finish(collect_set(tmp_path / "gone", out, asr="tiny.en"))
    inside = tmp_path / "gone" / "inside"
    assert collected(tmp_path / "gone", inside, copy=True).read == 3
    assert collected(tmp_path / "gone", inside).known == 3


@pytest.mark.slow
def test_a_moved_recording_is_found_again(recordings: Path, tmp_path: Path) -> None:
    collected(recordings, tmp_path / "set")
    shutil.move(recordings, tmp_path / "elsewhere")
    assert collected(tmp_path / "elsewhere", tmp_path / "set").read == 0
    with open_set(tmp_path / "set") as dataset:
        assert all(dataset.path_of(r).is_file() for r in dataset.recordings())


@pytest.mark.slow
def test_a_set_whose_maker_is_killed_ends_as_if_nobody_had_been(
    recordings: Path, samples: Path, tmp_path: Path
) -> None:
    for path in sorted((samples / "audio").glob("cremad_1002_DFA_*.wav")):
        shutil.copyfile(path, recordings / path.name)
    out, whole = tmp_path / "set", tmp_path / "whole"
    command = [sys.executable, "-m", "mien", "collect", str(recordings), "--out", str(out), "--asr", "off"]
    kept, kills = set[str](), 0
    for stop in (2, 4, 6):
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as maker:
            assert maker.stderr is not None
            for line in maker.stderr:
                if line.startswith(f"{stop} of "):
                    time.sleep(0.02 * stop)
                    maker.kill()
                    kills += 1
                    break
        with open_set(out) as dataset:
            found = {r.name for r in dataset.recordings()}
        assert kept <= found
        kept = found
    assert kills == 3
    assert len(kept) >= 3
    collected(recordings, whole)
    collected(recordings, out)
    with open_set(out) as killed, open_set(whole) as never:
        assert content(killed) == content(never)
