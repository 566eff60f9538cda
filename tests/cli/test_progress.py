"""What the command line shows of work: bars on a terminal, each notice once, and nothing where that is no terminal."""

from __future__ import annotations

import pytest

from mien.cli.progress import Notices, followed
from mien.events import Event, Notice, Progress, Work, finish


def work() -> Work[int]:
    for done in (1, 2):
        yield Progress("prepare", "films train", done, 2)
        yield Notice("rows_without_split", {"count": 3})
    yield Notice("rows_without_split", {"count": 4})
    return 5


def test_a_notice_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert followed(work(), Notices()) == 5
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "mien: 3 rows have no split: left out",
        "mien: 4 rows have no split: left out",
    ]


def test_it_is_told_in_the_language_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    followed(work(), Notices("zh"))
    assert capsys.readouterr().err.splitlines()[0] == "mien: 3 行没有划分：不使用"


def test_names_of_files_do_not_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Notices()(Notice("trained_on_unreadable", {"manifest": "\x1b[2J.csv"}))
    assert "\x1b" not in capsys.readouterr().err


def test_what_the_consumer_raises_stops_the_work() -> None:
    ended = []

    def long() -> Work[None]:
        try:
            yield from work()
        finally:
            ended.append(True)

    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finish(long(), stop)
    assert ended == [True]


def test_a_log_gets_a_line_for_each_clip_and_some_for_a_long_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(0, 1000, 20))
    monkeypatch.setattr("mien.cli.progress.time.monotonic", lambda: float(next(clock)))

    def clips() -> Work[None]:
        for number in range(2):
            yield Progress("clips", f"{number}.mp4", number, 2)
            for done in range(3):
                yield Progress("read", f"{number}.mp4", done, 3)
        yield Progress("clips", "", 2, 2)

    followed(clips())
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "1 of 2: 0.mp4"
    assert "reading 0.mp4: 67%" in lines
    assert any(line.startswith("2 of 2: 1.mp4, about ") for line in lines)
