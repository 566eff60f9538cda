"""Drafts of a set by a language model: they join those of the bundle, and consent decides what a server elsewhere gets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx2")
pytest.importorskip("uvicorn")
from typer.testing import CliRunner

from mien.cli import app
from mien.collection.choice.draw import draw_round
from mien.collection.dataset import open_set
from mien.collection.reading.collect import Collected
from mien.events import finish
from mien.llms.opinion.asker import Asker, HowToAsk
from mien.llms.opinion.calibration import pooled
from mien.workflows.llms.ask import LlmOptions, llm_of
from mien.workflows.sets.collect import collect_set, labels_in
from mien.workflows.sets.report import report_set
from tests.llms.serving import Served, served

TEXTS = {
    "ada.txt": "I am so happy about this. It is a wonderful day for all of us.",
    "ben.txt": "This makes me very angry indeed. I cannot stand it any more.",
}


@pytest.fixture(autouse=True)
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Letters of two people; one agreed to sharing."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "letters"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    (tmp_path / "consent.csv").write_text(
        "person,scope,recordings\nada,label|train|share,ada.txt\nben,label|train,ben.txt\n"
    )
    return folder


def answer(body: Mapping[str, Any]) -> str:
    """Without an answer to what cannot be stood."""
    now = next(line for line in body["messages"][1]["content"].splitlines() if "this_moment" in line)
    return "no idea" if "stand" in now else json.dumps({"label": "happy" if "day" in now else "fearful"})


def collected(server: Served, letters: Path, remote: bool = False) -> Collected:
    llm = llm_of(LlmOptions(server.address, "m", can="json_schema"))
    llm.remote = remote
    out = letters.parent / "set"
    asker = Asker(llm, labels_in(out), HowToAsk(samples=1, reason=False))
    work = collect_set(letters, out, letters.parent / "consent.csv", asr="off", asker=asker)
    found, _ = finish(work)
    llm.close()
    return found


def test_its_opinion_joins_the_draft_and_is_asked_for_once(letters: Path) -> None:
    with served(answer) as server:
        finish(collect_set(letters, letters.parent / "set", asr="off"))
        with open_set(letters.parent / "set") as dataset:
            before = dataset.drafts()
        found = collected(server, letters)
        again = collected(server, letters)
    assert found.drafted is not None
    assert (found.drafted.asked, found.drafted.answered, found.drafted.kept_back) == (4, 3, 0)
    assert again.drafted is not None
    assert again.drafted.asked == 1, "only the one without an answer is asked about again"
    with open_set(letters.parent / "set") as dataset:
        drafts, clips = dataset.drafts(), dataset.clips()
        joined = [d for d in drafts.values() if "llm" in d.opinions]
        assert len(joined) == 3
        for d in joined:
            wanted = pooled(before[d.clip].scores, d.opinions["llm"], 0.5)
            assert d.scores == pytest.approx(wanted, abs=1e-4)
            assert (d.name, d.label) == ("research with m", max(wanted, key=lambda k: wanted[k]))
            assert d.valence is not None
        (silent,) = (d for d in drafts.values() if d not in joined)
        assert silent == before[silent.clip]
        draw_round(dataset, 2)
    second = next(c for c in clips if "wonderful" in c.text)
    body = next(b for b in server.asked if second.text in str(b))
    assert "I am so happy" in str(body), "what was said before stands before it"
    assert "ada" not in str(server.asked), "no name of a person is sent"
    assert "drafted by: research, research with m" in report_set(letters.parent / "set", page=False).card.read_text()


def test_a_server_elsewhere_gets_clips_of_people_who_agreed_to_sharing_alone(letters: Path) -> None:
    with served(answer) as server:
        found = collected(server, letters, remote=True)
    assert found.drafted is not None
    assert (found.drafted.asked, found.drafted.kept_back) == (2, 2)
    assert "angry" not in str([b["messages"][1]["content"].partition("</data>")[0] for b in server.asked])


def test_where_the_set_has_other_labels_the_language_model_drafts_alone(letters: Path) -> None:
    out = letters.parent / "set"
    finish(collect_set(letters, out, asr="off"))
    settings = (out / "set.toml").read_text()
    start = settings.index("labels = ")
    rest = settings[start:].partition("\n")[2]
    (out / "set.toml").write_text(settings[:start] + 'labels = ["calm", "tense"]\n' + rest)
    assert labels_in(out) == ("calm", "tense")
    with served(lambda _: json.dumps({"label": "tense"})) as server:
        collected(server, letters)
    with open_set(out) as dataset:
        assert {d.label for d in dataset.drafts().values()} == {"tense"}
        assert all(d.scores == d.opinions["llm"] and d.valence is None for d in dataset.drafts().values())


def test_the_command_line_tells_what_was_drafted(letters: Path) -> None:
    out = letters.parent / "set"
    with served(answer) as server:
        asked = ["--llm", server.address, "--llm-model", "m", "--llm-samples", "1", "--llm-can", "json_schema"]
        done = CliRunner().invoke(app, ["collect", str(letters), "--out", str(out), "--asr", "off", *asked])
    assert done.exit_code == 0, done.output
    assert "drafts: m gave a valid answer to 3 of 4 clips" in done.output
