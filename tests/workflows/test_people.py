"""What is known of a person over several clips."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.events import finish
from mien.person import People
from mien.pipeline import Analyzer
from mien.workflows.people import known_people


def told(analyzer: Analyzer, clips: Sequence[Path], same: str) -> Mapping[Path, People]:
    return finish(known_people(analyzer, clips, same))


def test_the_same_person_is_known_by_folder_by_name_or_everywhere(tmp_path: Path, samples: Path) -> None:
    clips = [tmp_path / "a" / "ann_1.wav", tmp_path / "a" / "bob_1.wav", tmp_path / "b" / "ann_2.wav"]
    for clip, source in zip(clips, ("ANG", "HAP", "SAD"), strict=True):
        clip.parent.mkdir(exist_ok=True)
        shutil.copy(samples / "audio" / f"cremad_1002_DFA_{source}.wav", clip)
    analyzer = Analyzer(asr="off")
    groups = {}
    for same in ("one", "folder", "name"):
        known = told(analyzer, clips, same)
        groups[same] = [[id(known[c]) for c in clips].index(id(known[c])) for c in clips]
    assert groups == {"one": [0, 0, 0], "folder": [0, 0, 2], "name": [0, 1, 0]}
    assert told(analyzer, clips, "clip") == {}
    alone = analyzer.analyze(clips[0])
    known = told(analyzer, clips, "one")
    relative = finish(analyzer.stream(clips[0], known=known[clips[0]]))
    assert relative.predictions[0].scores != alone.predictions[0].scores, "other clips of the person count"
    with pytest.raises(InputError, match="did you mean 'folder'"):
        finish(known_people(analyzer, clips, "folders"))


def test_a_person_is_known_by_voice_whatever_the_files_are_called(tmp_path: Path, samples: Path, data: Path) -> None:
    speakers = {"04": [f"03-01-0{e}-01-01-01-04.ogg" for e in (1, 2, 5)], "05": ["03-01-01-01-01-01-05.ogg"]}
    clips = [data / "ravdess_speech" / "audio" / name for names in speakers.values() for name in names]
    silent = samples / "video" / "fer_test.mp4"
    known = told(Analyzer(asr="off"), [*clips, silent], "voice")
    groups = [[id(known[c]) for c in clips].index(id(known[c])) for c in clips]
    assert groups == [0, 0, 0, 3]
    assert silent not in known, "nobody is heard, so the clip is answered as by default"
