"""The command line on real clips: what it prints and writes, when it goes on, when it stops, and with which code."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mien.pipeline import Analyzer
from mien.samples import demo_clip

from ..test_cli import run

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two texts, one of them in a folder below, a file that is no media, and one that is none of ours."""
    monkeypatch.chdir(tmp_path)
    Path("talks/below").mkdir(parents=True)
    Path("talks/a.txt").write_text("I love it.")
    Path("talks/below/a.txt").write_text("I hate it.")
    Path("talks/bad.mp4").write_text("junk")
    Path("talks/notes.docx").write_text("junk")
    Path("talks/._a.mp4").write_text("what a Mac leaves on other disks")
    return tmp_path


def test_a_batch_goes_on_and_reports_at_the_end(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert run(monkeypatch, "analyze", "talks", "none.wav", "--json", "out") == 1
    said = capsys.readouterr()
    assert said.out.count("a.txt: mostly") == 2
    assert [line for line in said.err.splitlines() if " of 4: " not in line] == [
        "skipped talks/bad.mp4: 'talks/bad.mp4' is not media that can be read, or it is too damaged to open",
        "skipped none.wav: there is no file 'none.wav'",
        "2 of 4 clips read, 2 skipped",
    ]
    texts = {p.name: json.loads(p.read_text())["segments"][0]["text"] for p in Path("out").iterdir()}
    assert texts == {"a.txt.json": "I love it.", "below-a.txt.json": "I hate it."}


def test_a_clip_named_twice_is_read_once(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert run(monkeypatch, "analyze", "talks/below", "./talks/below/a.txt", "--json", "out", "-q") == 0
    assert capsys.readouterr().out == ""
    assert os.listdir("out") == ["a.txt.json"]


def test_a_folder_is_a_batch_however_few_clips_it_holds(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    Path("one").mkdir()
    Path("one/bad.mp4").write_text("junk")
    assert run(monkeypatch, "analyze", "one", "--csv", "out") == 1
    assert Path("out").is_dir()
    Path("empty").mkdir()
    assert run(monkeypatch, "analyze", "empty") == 2
    assert "no media file in the folder 'empty'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", [b"", b"junk", b"\x00\x00\x00\x18ftypmp42" + b"\xff" * 50, b"RIFF\xff\xff\xff\xffWAVEfmt "]
)
def test_one_bad_clip_is_the_users(content: bytes, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    Path("bad.mp4").write_bytes(content)
    assert run(monkeypatch, "analyze", "bad.mp4", "--json", "out.json", "--csv", "out.csv", "--vtt", "out.vtt") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("mien: 'bad.mp4' ")
    assert said.err.count("\n") == 1
    assert sorted(os.listdir()) == ["bad.mp4", "talks"], "no partial output"


def test_a_fault_of_ours_with_one_clip_does_not_cost_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    read = Analyzer.stream

    def faulty(self: Analyzer, source: Any = None, **options: Any) -> Any:
        if Path(source).name == "bad.mp4":
            raise ZeroDivisionError("division by zero")
        return read(self, source, **options)

    monkeypatch.delenv("MIEN_DEBUG", raising=False)
    monkeypatch.setattr(Analyzer, "stream", faulty)
    assert run(monkeypatch, "analyze", "talks") == 1
    said = capsys.readouterr()
    assert "skipped talks/bad.mp4: ZeroDivisionError: division by zero (this is a fault of mien" in said.err
    assert said.out.count("mostly") == 2
    assert run(monkeypatch, "analyze", "talks/bad.mp4") == 1, "alone, it is ours"


@pytest.mark.parametrize("option", ["--text", "--subtitles"])
def test_words_go_with_one_clip(option: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert run(monkeypatch, "analyze", "talks", option, "x.srt") == 2
    assert "--text and --subtitles go with one clip" in capsys.readouterr().err
    assert run(monkeypatch, "analyze") == 2
    assert "nothing to analyse" in capsys.readouterr().err


def test_standard_output_holds_nothing_else(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert run(monkeypatch, "analyze", "--text", "I love it. 我很高兴。", "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["segments"][0]["text"] == "I love it."
    assert run(monkeypatch, "analyze", "talks/a.txt", "--csv", "-") == 0
    assert capsys.readouterr().out.startswith("start,end,who,text,")


def test_the_table_and_the_bundles_note(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("mien.runtime.told.first_today", lambda text: True)
    monkeypatch.setenv("COLUMNS", "100")
    assert run(monkeypatch, "demo") == 0
    out = capsys.readouterr().out
    assert f"mien analyze {demo_clip()}" in out, "says where the clip lies"
    for word in ("time", "person-1", "words", "jacket", "expressed", "text", "voice", "face", "demo.mp4: "):
        assert word in out
    assert "non-commercial" in out
    assert "\x1b" not in out, "no colours where there is no terminal"


def test_subtitles_replace_recognition(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.srt").write_text("1\n00:00:00,400 --> 00:00:01,400\nI love this jacket.\n")
    given = ["--subtitles", "a.srt", "--json", "out.json", "-q"]
    assert run(monkeypatch, "analyze", str(demo_clip()), *given) == 0
    table = json.loads(Path("out.json").read_text())
    assert [s["text"] for s in table["segments"] if s["text"]] == ["I love this jacket."]


def test_subtitles_are_not_overwritten(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    Path("talk.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n")
    assert run(monkeypatch, "analyze", str(demo_clip()), "--subtitles", "talk.vtt", "--vtt", "talk.vtt") == 2
    assert "would overwrite the input 'talk.vtt'" in capsys.readouterr().err
    assert "hello" in Path("talk.vtt").read_text()


def mien(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mien", *arguments]
    return subprocess.Popen(command, stdout=-1, stderr=-1, env={**os.environ, **environment})


def test_any_encoding_of_the_terminal_will_do() -> None:
    out, err = mien("analyze", "--text", "I love it, 我", PYTHONIOENCODING="ascii").communicate(timeout=60)
    assert b"I love it, \\u6211" in out
    assert err == b""


def at_work(pid: int) -> None:
    """Wait until the process has loaded what reads the words, and a little: libraries half loaded make errors of a signal."""
    for _ in range(600):
        if b"onnxruntime" in Path(f"/proc/{pid}/maps").read_bytes():
            break
        time.sleep(0.1)
    time.sleep(3)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks into /proc")
def test_control_c_ends_with_130() -> None:
    Path("long.txt").write_text("I love it. " * 50_000)  # minutes of work
    # A shell that runs the tests in the background lets them ignore Ctrl-C, which a program they start would inherit.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = mien("analyze", "long.txt")
    finally:
        signal.signal(signal.SIGINT, heard)
    at_work(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.skipif(shutil.which("head") is None, reason="needs the command head")
@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_fault() -> None:
    Path("long.txt").write_text("I love it. " * 700)
    command = f"{sys.executable} -m mien analyze long.txt --csv - | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.startswith("start,end,")
    assert done.stderr == ""


def test_files_are_written_although_nobody_reads_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe may be closed before the table is printed: ``mien analyze clip.mp4 --json clip.json | head -1``."""

    def closed(*_: object, **__: object) -> None:
        raise SystemExit(1)  # as Rich does then

    monkeypatch.setattr("rich.console.Console.print", closed)
    assert run(monkeypatch, "analyze", "talks/a.txt", "--json", "a.json") == 1
    assert json.loads(Path("a.json").read_text())["schema"] == "mien.timeline/1"


@pytest.mark.parametrize("option", [["--json", "-"], []])
def test_a_full_disk_is_said(option: list[str]) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no full device")
    with full.open("w") as output:
        command = [sys.executable, "-m", "mien", "analyze", "talks/a.txt", *option]
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr == "mien: nothing more can be written (No space left on device); make room and try again\n"


def test_a_closed_output_is_said() -> None:
    command = f"{sys.executable} -m mien analyze talks/a.txt --json - >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (2, "mien: standard output is closed; name a file instead\n")
