"""A language model beside the small models, from a clip to the files, over a real socket."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

pytest.importorskip("httpx2")
pytest.importorskip("uvicorn")
from mien.cli.llm import asking, options
from mien.errors import InputError
from mien.events import Answered, Finished
from mien.llms.opinion.asker import Asker, HowToAsk
from mien.pipeline import Analyzer
from mien.report.exporters.json import schema
from mien.samples import demo_clip
from mien.timeline import Timeline
from mien.types import EMOTION
from mien.workflows.llms.ask import LlmOptions, llm_of, with_llm
from tests.llms.serving import Served, said, served

from ...conftest import ROOT

LABELS = EMOTION.labels


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer("research", asr="off")


def asked(server: Served, analyzer: Analyzer, text: str, **how: Any) -> Timeline:
    llm = llm_of(LlmOptions(server.address, "m", can=how.pop("can", "")))
    try:
        asker = Asker(llm, analyzer.task.labels, HowToAsk(samples=1, **how))
        stream = with_llm(analyzer.stream(text=text), asker, analyzer.bundle.positions)
        events = list(stream)
        end = events[-1]
        assert isinstance(end, Finished)
        answers = [e.prediction for e in events if isinstance(e, Answered)]
        assert [p.span for p in answers] == [p.span for p in end.timeline.predictions], "in order of time"
        return end.timeline
    finally:
        llm.close()


TALK = "I lost my keys again. That is wonderful news! Leave me alone, now."


def test_every_moment_is_asked_about_with_what_was_said_before(analyzer: Analyzer) -> None:
    def answer(body: Mapping[str, Any]) -> str:
        content = body["messages"][1]["content"]
        now = next(line for line in content.splitlines() if "this_moment" in line)
        return said("happy" if "wonderful" in now else "angry", words=["merry", "zorgy"])

    with served(answer) as server:
        found = asked(server, analyzer, TALK, words=True, can="json_schema")
    assert len(found.predictions) >= 3
    for p in found.predictions:
        assert p.llm is not None
        assert max(p.llm.scores, key=lambda k: p.llm.scores[k]) == ("happy" if "wonderful" in p.text else "angry")  # type: ignore[union-attr]  # it is there
    last = next(b for b in server.asked if "Leave me" in str(b) and b["messages"][1]["content"].count('"said"') == 3)
    assert "wonderful news" in last["messages"][1]["content"]
    table = found.to_dict()
    jsonschema.validate(table, schema())
    assert table["llm"]["cost"]["asked"] == len(found.predictions)
    assert table["llm"]["vocabulary"] == {"words": 2 * len(found.predictions), "known": len(found.predictions)}
    words = table["segments"][0]["llm"]["words"]
    assert [w["label"] for w in words] == ["happy", None]


@pytest.mark.slow
def test_a_clip_sends_pictures_and_sound_and_resumes(analyzer: Analyzer) -> None:
    with served(lambda _: said("happy")) as server:
        llm = llm_of(LlmOptions(server.address, "m"))
        asker = Asker(llm, analyzer.task.labels, HowToAsk(samples=1, frames=2))
        timelines = []
        for _ in range(2):
            *_, end = with_llm(analyzer.stream(demo_clip()), asker, analyzer.bundle.positions)
            assert isinstance(end, Finished)
            timelines.append(end.timeline)
        llm.close()
    again = timelines[1]
    assert again.llm is not None
    assert again.llm.sent == ("audio", "image", "text")
    assert again.llm.cost.cached == again.llm.cost.asked, "the second time all answers are known"
    assert len(server.asked) == len(again.predictions)
    kinds = [p["type"] for p in server.asked[0]["messages"][1]["content"]]
    assert kinds.count("image_url") == 2
    for p in again.predictions:
        assert p.llm is not None
        total = sum(p.contributions.values()) + p.llm.contribution
        assert total == pytest.approx(p.scores[p.label] - 1 / 7, abs=1e-5)


def test_what_the_model_cannot_take_is_told(analyzer: Analyzer) -> None:
    with served(lambda _: said("sad"), {}) as server:
        llm = llm_of(LlmOptions(server.address, "m", can="none"))
        asker = Asker(llm, analyzer.task.labels, HowToAsk(samples=1))
        *_, end = with_llm(analyzer.stream(demo_clip()), asker, analyzer.bundle.positions)
        llm.close()
    assert isinstance(end, Finished)
    codes = {n.code for n in end.timeline.notices}
    assert {"llm_without_audio", "llm_without_image", "llm_uncalibrated"} <= codes
    assert "response_format" not in server.asked[0]


def test_a_moment_without_a_valid_answer_keeps_the_measured_one(analyzer: Analyzer) -> None:
    plain = analyzer.analyze(text=TALK)
    with served(lambda _: "no idea") as server:
        found = asked(server, analyzer, TALK, can="json_schema")
    assert [p.scores for p in found.predictions] == [p.scores for p in plain.predictions]
    assert all("llm_no_answer" in p.reasons for p in found.predictions)
    assert "llm_silent" in {n.code for n in found.notices}
    jsonschema.validate(found.to_dict(), schema())


def test_closing_the_stream_sends_nothing_more(analyzer: Analyzer) -> None:
    def answer(_: Mapping[str, Any]) -> str:
        threading.Event().wait(0.3)
        return said("sad")

    with served(answer) as server:
        llm = llm_of(LlmOptions(server.address, "m", can="none", at_once=1))
        stream = with_llm(
            analyzer.stream(text=" ".join([TALK] * 4)), Asker(llm, analyzer.task.labels, HowToAsk(samples=1)), {}
        )
        next(e for e in stream if isinstance(e, Answered))
        stream.close()
        llm.close()
        count = len(server.bodies)
        time.sleep(0.5)
        assert len(server.bodies) == count < 5


def test_where_there_is_no_server_the_user_is_told(analyzer: Analyzer) -> None:
    for where, why in (("http://127.0.0.1:9/v1", "no server answers"), ("transformer", "did you mean 'transformers'")):
        with pytest.raises(InputError, match=why):
            Asker(llm_of(LlmOptions(where, "m")), analyzer.task.labels, HowToAsk())
    with pytest.raises(InputError, match="--llm-model"):
        llm_of(LlmOptions("http://localhost/v1", ""))


def mien(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = [sys.executable, "-m", "mien", *arguments]
    return subprocess.run(
        done, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT, stdin=subprocess.DEVNULL
    )


def test_nothing_leaves_this_machine_unless_the_user_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    far = options("http://192.0.2.1:8000/v1", "m", 5, "", 4, blind=False)
    with (
        pytest.raises(InputError, match=r"not this machine.*pictures of the face.*--yes agrees"),
        asking(far, LABELS, yes=False),
    ):
        pass
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    questions: list[str] = []

    def refuse(line: str, err: bool) -> bool:
        questions.append(line)
        return not err

    monkeypatch.setattr("typer.confirm", refuse)
    with pytest.raises(InputError, match="nothing was sent"), asking(far, LABELS, yes=False, lang="zh"):
        pass
    assert "不是这台机器" in questions[0]


def test_options_without_a_model_are_a_mistake() -> None:
    with pytest.raises(InputError, match="go with --llm"), asking(None, LABELS, yes=False, words=True):
        pass
    with pytest.raises(InputError, match="go with --llm"):
        options(None, "m", 5, "", 4, blind=False)
    with pytest.raises(InputError, match="0 or more"):
        options("http://localhost/v1", "m", -1, "", 4, blind=False)
    with asking(None, LABELS, yes=False) as nobody:
        assert nobody is None


@pytest.mark.slow
def test_the_command_line_writes_it_all(tmp_path: Path) -> None:
    with served(lambda _: said("happy", words=["glad"])) as server:
        given = (
            "--llm",
            server.address,
            "--llm-model",
            "m",
            "--llm-samples",
            "1",
            "--open-vocabulary",
            "--llm-deletions",
        )
        files = ("--json", str(tmp_path / "o.json"), "--html", str(tmp_path / "o.html"))
        done = mien("analyze", str(demo_clip()), *given, *files)
    assert done.returncode == 0, done.stderr
    assert "Language model m" in done.stdout
    assert "its words" in done.stdout
    table = json.loads((tmp_path / "o.json").read_text())
    jsonschema.validate(table, schema())
    assert table["segments"][0]["llm"]["without"].keys() >= {"voice"}
    page = (tmp_path / "o.html").read_text()
    assert "It says why (a claim): The words say so." in page
    assert "into which the opinion of a language model went" in page
