"""A set from collecting to its report: measures, advice, a page, a card that keeps what people wrote, and training data."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from mien.collection.choice.draw import draw_round
from mien.collection.dataset import open_set
from mien.collection.manifest import export_manifest
from mien.collection.rows import Vote
from mien.data.checks.check import check
from mien.errors import InputError
from mien.events import finish
from mien.workflows.sets.collect import collect_set
from mien.workflows.sets.report import report_set


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A set of four letters by three people, two of whom agreed to training; their sentences are labelled."""
    letters = {
        "ada/1.txt": "I am so happy about this. It is a wonderful day for all of us.",
        "ada/2.txt": "This makes me very angry indeed. I cannot stand it any more.",
        "ben/1.txt": "I am terribly afraid of what comes. It was a great surprise to hear.",
        "cyd/1.txt": "We went to the shop on Monday. There was bread and there was milk.",
    }
    for name, text in letters.items():
        path = tmp_path / "letters" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    consent = tmp_path / "consent.csv"
    consent.write_text("person,scope,recordings,gender\nada,label|train,ada/*,female\nben,train,ben/*,male\n")
    finish(collect_set(tmp_path / "letters", tmp_path / "set", consent, asr="off"))
    return tmp_path / "set"


def test_a_set_is_measured_and_advised(dataset: Path) -> None:
    pytest.importorskip("plotly")
    found = report_set(dataset, page=True)
    m = found.measures
    assert (m.clips, m.labelled, m.recordings) == (8, 0, 4)
    assert m.counts["person"]["ada"] == 4
    assert m.counts["gender"] == {"female": 4, "male": 2}
    assert m.rights == {"granted": 6, "no_consent": 2}
    assert 1 < m.vendi <= 8
    assert next(item.code for item in found.advice) == "ask_consent"
    assert "label_first" in [item.code for item in found.advice]
    assert "ask for consent, or name a licence: 2 of 8 clips" in found.page
    assert "Vendi score" in found.page


def test_the_page_speaks_chinese(dataset: Path) -> None:
    pytest.importorskip("plotly")
    with open_set(dataset) as opened:
        for clip in opened.clips():
            opened.vote(Vote(clip.id, "x", {"happy": 1.0}))
    page = report_set(dataset, page=True, lang="zh").page
    assert '<html lang="zh' in page
    for said in ("下一步做什么", "多样性", "划分与权利", "高兴", "各标签的片段数。", "Vendi 分数"):
        assert said in page
    body = page.partition("<main")[2].partition("</main>")[0]
    assert re.findall(r"<h2[^>]*>([^<]*[a-z]{4,}[^<]*)</h2>", body) == []
    assert re.findall(r"<figcaption[^>]*>([^<]*[a-z]{4,}[^<]*)</figcaption>", body) == []


def test_the_card_keeps_what_people_wrote(dataset: Path) -> None:
    card = report_set(dataset, page=False).card
    text = card.read_text()
    assert "- 8 clips" in text
    assert "labelled: 0 clips" in text
    card.write_text(
        text.replace("*For what purpose was the set made, by whom, and who paid for it?*", "For our lessons.")
    )
    with open_set(dataset) as opened:
        opened.vote(Vote(opened.clips()[0].id, "x", {"happy": 1.0}))
    report_set(dataset, page=False)
    assert "For our lessons." in card.read_text()
    assert "labelled: 1 clips" in card.read_text()
    card.write_text("nothing left")
    with pytest.raises(InputError, match="has no place for"):
        report_set(dataset, page=False)


def test_the_manifest_is_read_by_the_data_check(dataset: Path) -> None:
    with open_set(dataset) as opened:
        for clip in opened.clips():
            opened.vote(Vote(clip.id, "x", {"happy": 2.0, "sad": 1.0}))
        with pytest.raises(InputError, match="no clip waits"):
            draw_round(opened, 3)
        assert export_manifest(opened).labelled == 6
    found = finish(check(dataset / "manifest.csv", None))
    assert (found.rows, found.faulty) == (6, 0)
    assert set(found.speakers) <= {"train", "valid", "test", ""}


def test_where_nobody_agreed_to_labelling_no_round_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("I am so happy about this.")
    (tmp_path / "consent.csv").write_text("person,scope,recordings\nada,train,a.txt\n")
    finish(collect_set(tmp_path / "a.txt", tmp_path / "set", tmp_path / "consent.csv", asr="off"))
    with open_set(tmp_path / "set") as dataset, pytest.raises(InputError, match=r"no clip in .* may be labelled"):
        draw_round(dataset, 1)


def test_mistakes_make_no_set(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    for mistake in ({"bundle": "reserch"}, {"consent": tmp_path / "none.csv"}):
        with pytest.raises(InputError):
            finish(collect_set(tmp_path, tmp_path / "set", **mistake))
    with pytest.raises(InputError, match="no file or folder"):
        finish(collect_set(tmp_path / "gone", tmp_path / "set"))
    assert not (tmp_path / "set").exists()


@pytest.mark.slow
def test_the_command_line_collects_draws_and_reports(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("I am so happy about this. It is a wonderful day for all of us.")

    def said(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "mien", *words], check=False, capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    assert "2 can be labelled" in said("collect", "in", "--out", "set", "--asr", "off").replace("of which ", "")
    assert "round 1: 1 clips to label" in said("data", "draw", "set", "--batch", "1")
    assert "What to do next:" in said("data", "report", "set")
    assert "is no data set" in said("data", "report", "in", code=2)
