"""A session in the terminal. No machine that tests has a camera, so FFmpeg plays a real clip in place of one, in real time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from mien import Analyzer
from mien.errors import InputError
from mien.media.decoding.devices import Device
from mien.samples import demo_clip

from ...conftest import ROOT

needs_lavfi = pytest.mark.skipif("lavfi" not in av.formats_available, reason="this PyAV has no virtual devices (lavfi)")
CAMERA = ("--camera", f"lavfi:movie={demo_clip()},realtime")
MICROPHONE = ("--microphone", f"lavfi:amovie={demo_clip()},arealtime")


def live(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mien", "live", "--asr", "tiny.en", "--lang", "en", *options]
    environment = {**os.environ, "COLUMNS": "200"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment, cwd=ROOT)


@pytest.mark.slow
@needs_lavfi
def test_a_clip_before_the_camera_is_answered_as_the_file(tmp_path: Path) -> None:
    process = live(*CAMERA, *MICROPHONE, "--json", str(tmp_path / "live.json"))
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert err.index("emotion recognition system") < err.index("Opening:"), "the notice comes before the devices open"
    assert "Ctrl-C stops" in err
    told = json.loads((tmp_path / "live.json").read_text())
    file = [p for p in Analyzer(asr="tiny.en").analyze(demo_clip()).predictions if p.text]
    found = [s for s in told["segments"] if s["text"]]
    assert [s["text"] for s in found] == [p.text for p in file]
    assert all(abs(s["start"] - p.span.start) < 0.3 for s, p in zip(found, file, strict=True))
    assert any(set(s["opinions"]) == {"text", "voice", "face"} for s in found), "face and voice belong together"
    assert file[0].text in out
    assert out.splitlines()[-1].startswith("live: ")


@pytest.mark.slow
@needs_lavfi
def test_ctrl_c_ends_it_with_a_summary(tmp_path: Path) -> None:
    process = live("--no-camera", *MICROPHONE, "--json", str(tmp_path / "live.json"))
    assert process.stderr is not None
    assert any("Opening:" in line for line in process.stderr)
    time.sleep(4.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "live: " in out.splitlines()[-1]
    assert "no face" not in err
    assert json.loads((tmp_path / "live.json").read_text())["duration"] < 9.0


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        (Device("camera", "v4l2", "/dev/video77"), "the camera '/dev/video77' .* cannot be opened: .* --no-camera"),
        (Device("microphone", "nowhere", "x"), "the microphone 'x' .* cannot be opened: .* --no-microphone"),
    ],
)
def test_a_device_that_is_not_there_is_told_in_one_sentence(device: Device, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        device.open()


@needs_lavfi
def test_a_sound_is_no_camera() -> None:
    with pytest.raises(InputError, match="is no camera"):
        Device("camera", "lavfi", "anullsrc").open()


@pytest.mark.parametrize(
    ("platform", "kind", "name", "form", "called"),
    [
        ("linux", "camera", None, "v4l2", "/dev/video0"),
        ("linux", "camera", "/dev/video2", "v4l2", "/dev/video2"),
        ("linux", "microphone", "hw:1", "alsa", "hw:1"),
        ("darwin", "camera", None, "avfoundation", "default:none"),
        ("darwin", "microphone", "USB Audio", "avfoundation", "none:USB Audio"),
        ("win32", "camera", "Integrated Webcam", "dshow", "video=Integrated Webcam"),
        ("win32", "microphone", "Mikrofon (Realtek)", "dshow", "audio=Mikrofon (Realtek)"),
        ("linux", "microphone", "pulse:default", "pulse", "default"),
    ],
)
def test_names_are_written_as_each_platform_wants_them(
    platform: str, kind: str, name: str | None, form: str, called: str
) -> None:
    found = Device.of(kind, name, platform)  # type: ignore[arg-type]  # a literal
    assert (found.form, found.name) == (form, called)


def test_windows_has_no_usual_device() -> None:
    with pytest.raises(InputError, match="name it with --camera"):
        Device.of("camera", None, "win32")
