from __future__ import annotations

import os
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.outputs import STDOUT, Outputs
from mien.timeline import Timeline

TIMELINE = Timeline("a.wav", 0.1, "research", "0" * 64, (), None, {}, None, None, ("nothing was found",))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(wanted: dict[str, str], clips: list[str], several: bool = False) -> Outputs:
    paths = [Path(c) for c in clips]
    return Outputs.plan({k: Path(v) for k, v in wanted.items()}, paths, several, paths)


def test_one_clip_is_written_to_the_files_named() -> None:
    plan({"json": "out.json", "csv": "out.csv", "vtt": "out.vtt"}, ["a.wav"]).write(TIMELINE, Path("a.wav"))
    assert sorted(os.listdir()) == ["out.csv", "out.json", "out.vtt"], "and no temporary file is left"
    assert Path("out.vtt").read_text() == "WEBVTT\n"


def test_several_clips_never_overwrite_one_another() -> None:
    clips = ["d/x.mp4", "d/y.mp4", "e/x.mp4", "e/f/X.mp4", "g/e/x.mp4"]
    outputs = plan({"json": "out"}, clips, several=True)
    for clip in clips:
        outputs.write(TIMELINE, Path(clip))
    assert sorted(os.listdir("out")) == ["e-x.mp4.json", "f-X.mp4.json", "g-e-x.mp4.json", "x.mp4.json", "y.mp4.json"]


def test_a_link_is_followed() -> None:
    Path("real.json").write_text("old")
    Path("link.json").symlink_to("real.json")
    plan({"json": "link.json"}, ["a.wav"]).write(TIMELINE, None)
    assert Path("link.json").is_symlink()
    assert Path("real.json").read_text().startswith("{")


def test_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = plan({"vtt": str(STDOUT)}, ["a.wav"])
    outputs.write(TIMELINE, None)
    assert capsys.readouterr().out == "WEBVTT\n"
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("wanted", "several", "said"),
    [
        ({"json": "folder"}, False, "is a folder"),
        ({"json": "none/out.json"}, False, "no folder 'none'"),
        ({"json": "pipe"}, False, "not an ordinary file"),
        ({"json": "a.wav"}, False, "would overwrite the input"),
        ({"json": "again.wav"}, False, "would overwrite the input"),
        ({"json": "out", "csv": "out"}, False, "two outputs"),
        ({"json": "-", "csv": "-"}, False, "one clip and one output"),
        ({"json": "-"}, True, "one clip and one output"),
        ({"json": "a.wav"}, True, "is a file"),
        ({"json": "a.wav/out"}, True, "cannot be made"),
    ],
)
def test_what_cannot_be_written_is_said_before_any_work(wanted: dict[str, str], several: bool, said: str) -> None:
    Path("a.wav").write_text("sound")
    Path("again.wav").symlink_to("a.wav")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    before = sorted(os.listdir())
    with pytest.raises(InputError, match=said):
        plan(wanted, ["a.wav"], several)
    assert sorted(os.listdir()) == before
    assert Path("a.wav").read_text() == "sound"


def test_a_disk_that_refuses_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = plan({"json": "out.json"}, ["a.wav"])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(InputError, match=r"'out\.json' cannot be written: No space left"):
        outputs.write(TIMELINE, None)
    assert os.listdir() == []
