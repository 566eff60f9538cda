"""The command line: what it returns, and what it says when something is wrong."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pytest

from mien import __version__
from mien.cli import app, guarded, main
from mien.cli.analysis import analyze
from mien.errors import InputError, MienError, ParityError
from mien.report.exporters.base import exporters
from mien.workflows.outputs import SHORT

from .conftest import needs_torch


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["mien", *arguments])
    with pytest.raises(SystemExit) as done:
        main()
    assert isinstance(done.value.code, int)
    return done.value.code


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"mien {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [["analyze", "--nope"], ["analyse", "x.mp4"], ["analyze", "--json"], ["train", "text", "--runs", __file__]],
)
def test_usage_errors_are_the_users(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever Typer raises, and whether it brings its own Click or not."""
    assert run(monkeypatch, *arguments) == 2
    said = capsys.readouterr().err
    assert "Error: " in said
    assert "fault of mien" not in said


def test_unknown_bundle(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "card", "reserch") == 2
    assert capsys.readouterr().err.startswith("mien: there is no bundle 'reserch'")


@needs_torch
def test_missing_recipe_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "train", str(tmp_path / "none.toml")) == 2
    assert "there is no recipe" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@needs_torch
@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("calibrate research --coverage 2 --data-root .", "coverage is a share between 0 and 1, such as 0.9, not 2"),
        ("calibrate research --risk 0 --data-root .", "risk is a share between 0 and 1"),
        ("compare text --seeds 0 --data-root .", "at least one seed"),
        ("compare text --metric acuracy --data-root .", "did you mean 'accuracy'?"),
        ("compare text --set fusion.name=concta --data none.csv", "did you mean 'concat'?"),
        ("tune text --trials 0 --data-root .", "at least one trial"),
        ("train text --seeds a --data none.csv", "--seeds takes whole numbers"),
        ("train text --seeds=0,-1 --data none.csv", "--seeds takes whole numbers from 0"),
        ("train text --seeds=0,1,0 --data none.csv", "separated by commas, each once, not '0,1,0'"),
        ("evaluate research --data my.csv --json x --csv x", "'x' is named for two outputs; give each its own"),
        ("train text --set fusion.name=concta --data none.csv", "did you mean 'concat'?"),
        ("train text --set encoders.txt.name=text_hf --data my.csv", "did you mean 'text'?"),
        ("train text --strategy foo --data my.csv", "no strategy 'foo'; take auto, ddp"),
        ("data check my.csv --json .", "--json names a file, but '.' is a folder"),
        ("data check my.csv --json none/x.json", "there is no folder 'none'"),
        ("data check my.csv --json my.csv", "--json would overwrite the input"),
        ("evaluate research --data my.csv --json none/x.json", "there is no folder 'none'"),
        ("evaluate research --data my.csv --csv none/x.csv", "there is no folder 'none'"),
        ("evaluate research --data my.csv --html none/x.html", "there is no folder 'none'"),
        ("evaluate research --data my.csv --groups gender", "has no column 'gender'; known: emotion, end, text"),
        ("evaluate research --data my.csv --recipe text", "leave out one of them"),
        ("evaluate research", "name the data to evaluate on"),
    ],
)
def test_mistakes_are_told_before_any_work(
    command: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.csv").write_text("text,end,emotion\nhi,,happy\n", encoding="utf-8")
    assert run(monkeypatch, *command.split()) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("mien: ")
    assert message in told
    assert [p.name for p in tmp_path.iterdir()] == ["my.csv"]


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (InputError("give a file"), 2, "mien: give a file\n"),
        (MienError("install again"), 1, "mien: install again\n"),
        (ParityError("differs"), 1, "mien: differs\n"),
        (
            OSError(2, "No such file", "x"),
            2,
            "mien: 'x' cannot be used (No such file); check the path and your rights there\n",
        ),
        (
            OSError(11, "busy"),
            1,
            "mien: BlockingIOError: [Errno 11] busy (this is a fault of mien; MIEN_DEBUG=1 shows where)\n",
        ),
        (KeyError("x"), 1, "mien: KeyError: 'x' (this is a fault of mien; MIEN_DEBUG=1 shows where)\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_is_raised_becomes_a_code(
    raised: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("MIEN_DEBUG", raising=False)

    def work() -> None:
        raise raised

    assert guarded(work) == code
    assert capsys.readouterr().err == said


def test_debug_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        guarded(lambda: 1 / 0)


def test_every_verb_explains_itself() -> None:
    groups = [group.typer_instance for group in app.registered_groups]
    for command in [c for verbs in (app, *groups) if verbs is not None for c in verbs.registered_commands]:
        assert command.callback is not None
        assert command.callback.__doc__


def test_any_exporter_can_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page, table = tmp_path / "a.vtt", tmp_path / "b.csv"
    given = "--text", "I am so glad.", "--to", "table=-", "--out", str(page), "--out", str(table)
    assert run(monkeypatch, "analyze", *given) == 0
    said = capsys.readouterr().out
    assert said.count("I am so glad.") == 1, "the table is written, and none is printed beside it"
    assert page.read_text(encoding="utf-8").startswith("WEBVTT")
    assert table.read_text(encoding="utf-8").startswith("start,end,")
    assert run(monkeypatch, "analyze", "--text", "hi", "--to", "xml=a.xml") == 2
    assert "no exporters called 'xml'" in capsys.readouterr().err


def test_exporters_with_an_option_of_their_own_exist() -> None:
    assert set(SHORT) <= set(inspect.signature(analyze).parameters) & set(exporters.names())
