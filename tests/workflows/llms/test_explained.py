"""One moment explained with a language model beside the small models: its claim, and what tests of that say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

pytest.importorskip("httpx2")
pytest.importorskip("uvicorn")
from rich.console import Console

from mien.events import finish
from mien.explanation import Explanation
from mien.llms.opinion.asker import Asker, HowToAsk
from mien.pipeline import Analyzer
from mien.report.explanation import as_table, schema
from mien.report.terminal.explanation import render
from mien.samples import demo_clip
from mien.workflows.explain_clip import explain_moment
from mien.workflows.llms.ask import LlmOptions, llm_of
from tests.llms.serving import Answer, Served, said, served

from ...conftest import ROOT

TALK = "I lost my keys again. That is wonderful news! Leave me alone, now."


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer("research", asr="off")


def explained(analyzer: Analyzer, answer: Answer, **how: Any) -> tuple[Explanation, Served]:
    """The clearest moment of the talk."""
    with served(answer) as server:
        llm = llm_of(LlmOptions(server.address, "m", can="json_schema"))
        asker = Asker(llm, analyzer.task.labels, HowToAsk(samples=1, deletions=True, **how))
        found = finish(explain_moment(analyzer, None, text=TALK, asker=asker))
        llm.close()
    return found, server


def shown(found: Explanation, lang: str = "en") -> str:
    console = Console(width=400)
    with console.capture() as capture:
        console.print(render(found, lang))
    return capture.get()


def test_the_moment_alone_is_asked_about_and_the_opinion_is_one_more_player(analyzer: Analyzer) -> None:
    found, server = explained(analyzer, lambda _: said("sad", words=["low", "zorgy"]), words=True)
    (body,) = server.asked
    content = body["messages"][1]["content"]
    now = next(line for line in content.splitlines() if "this_moment" in line)
    assert found.prediction.text in now
    alone = analyzer.analyze(text=TALK).predictions
    place = next(k for k, p in enumerate(alone) if p.text == found.prediction.text)
    assert content.count('"said"') == place + 1, "what was said before stands before it"
    assert found.joined
    assert set(found.contributions) == {"text", "llm"}
    assert sum(found.contributions.values()) == pytest.approx(found.prediction.scores[found.label] - found.prior)
    assert found.measured == pytest.approx(alone[place].scores)
    table = as_table(found)
    jsonschema.validate(table, schema())
    assert table["llm"]["cost"]["asked"] == 1
    assert table["llm"]["vocabulary"] == {"words": 2, "known": 1}
    assert table["answer"]["llm"]["claim"] == "The words say so."
    text = shown(found)
    assert "It says why (a claim): The words say so." in text
    assert "Its words: low, (zorgy)." in text
    assert "joined with the opinion of m at a weight of 0.5" in text
    assert "not asked again without an input" in text, "only the words were there"
    assert "它说的理由" in shown(found, "zh")


def test_an_opinion_that_stands_alone_moved_everything(analyzer: Analyzer) -> None:
    found, _ = explained(analyzer, lambda _: said("sad"), alone=True)
    assert found.label == "sad"
    assert found.contributions == pytest.approx({"llm": found.prediction.scores["sad"] - found.prior})
    assert "the opinion of m took its place" in shown(found)


def test_without_a_valid_answer_the_small_models_are_explained(analyzer: Analyzer) -> None:
    plain = finish(explain_moment(analyzer, None, text=TALK))
    found, _ = explained(analyzer, lambda _: "no idea")
    assert (found.contributions, found.measured) == (plain.contributions, plain.prediction.scores)
    assert not found.joined
    assert "gave no valid answer" in shown(found)
    assert "llm_silent" in {n.code for n in found.notices}
    jsonschema.validate(as_table(found), schema())


@pytest.mark.slow
def test_deletion_tests_tell_what_it_really_used(tmp_path: Path) -> None:
    """It names the words, and follows the pictures."""

    def answer(body: Mapping[str, Any]) -> str:
        parts = body["messages"][-1]["content"]
        seen = isinstance(parts, list) and any(p["type"] == "image_url" for p in parts)
        return said("happy" if seen else "fearful")

    with served(answer) as server:
        given = ("--llm", server.address, "--llm-model", "m", "--llm-samples", "1")
        done = subprocess.run(
            [sys.executable, "-m", "mien", "explain", str(demo_clip()), "--at", "5", *given, "--json", "-"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=ROOT,
        )
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout)
    jsonschema.validate(table, schema())
    told = table["answer"]["llm"]
    assert set(told["without"]) == {"text", "voice", "face"}
    assert max(told["without"]["face"], key=told["without"]["face"].get) == "fearful"
    assert told["doubts"] == ["claims_unused", "uses_unclaimed"]
    assert table["explained"]["contributions"].keys() == {"text", "voice", "face", "llm"}
    assert len(server.asked) == 4
