"""What the annotators of a set agree on, from votes whose truth is known."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from mien.cli import main
from mien.collection.dataset import open_set
from mien.collection.rows import Vote
from mien.data.rows import read_rows
from mien.errors import InputError
from mien.recipe.recipe import Recipe
from mien.recipe.sections import EncoderTable
from mien.workflows.sets.agree import agree_on_set
from tests.server.label.sets import make
from tests.tiny import own

LABELS = ("neutral", "happy", "sad", "angry")
CLIPS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people: one is mostly right, one somewhat less, and one guesses. Drafts in view draw them to "happy"."""
    folder = make(tmp_path_factory.mktemp("agree"), clips=CLIPS)
    rng = random.Random(0)
    with open_set(folder) as dataset:
        for n in range(CLIPS):
            shown = ["voice"] if n % 2 else ["text", "voice", "face"]
            for who, skill in (("ann", 0.95), ("bob", 0.85), ("cleo", 0.1)):
                seen = rng.random() < 0.5
                label = LABELS[n % 4] if rng.random() < skill else rng.choice(LABELS)
                label = "happy" if seen and rng.random() < 0.4 else label
                about = Vote(f"c{n}", who, {label: 1.0}, valence=-1 + 0.5 * (n % 4), seconds=3.0, shown=shown)
                dataset.vote(replace(about, drafts_shown=seen))
            if n < 10:
                dataset.vote(Vote(f"c{n}", "ann", {LABELS[n % 4]: 1.0}, purpose="gold", shown=shown))
        dataset.vote(Vote("c0", "bob", {"sad": 1.0}, purpose="repeat", shown=["text", "voice", "face"]))
    rows = "".join(f"c{n},{LABELS[n % 4]}\n" for n in range(CLIPS))
    (folder / "gold.csv").write_text(f"id,emotion\n{rows}")
    return folder


@pytest.mark.parametrize("model", ["dawid_skene", "mace", "shares"])
def test_who_guesses_is_found(folder: Path, model: str) -> None:
    found, written = agree_on_set(folder, model)
    assert written is None
    people = {a.name: a for a in found.annotators}
    reliability = {name: a.reliability or 0.0 for name, a in people.items()}
    assert reliability["cleo"] < min(reliability["ann"], reliability["bob"]) - 0.1
    assert (people["ann"].gold, people["ann"].right) == (10, 10)
    assert people["bob"].repeated == 1
    alpha = found.measures["alpha"].value
    assert alpha is not None
    assert 0.1 < alpha < 0.7
    assert found.measures["valence"].value == 1.0
    assert set(found.by_shown) == {"voice", "text+voice+face"}
    assert found.by_label["fearful"].value is None


def test_drafts_in_view_draw_votes(folder: Path) -> None:
    anchoring = agree_on_set(folder)[0].anchoring
    assert anchoring.effect is not None
    assert anchoring.low is not None
    assert anchoring.effect > 0.15
    assert anchoring.low > 0
    assert anchoring.votes_shown + anchoring.votes_hidden == 3 * CLIPS


def test_what_to_look_at_again_is_disputed_or_doubted(folder: Path) -> None:
    found = agree_on_set(folder)[0]
    disputed = [a for a in found.again if a.why == "disputed"]
    assert disputed
    assert all(max(a.votes.values()) <= 0.5 for a in disputed)
    assert all(a.likely == "happy" != a.label for a in found.again if a.why == "suspicious")


def test_the_manifest_gets_soft_labels_that_train(folder: Path) -> None:
    _, written = agree_on_set(folder, "dawid_skene", write=True)
    assert written is not None
    assert (written.rows, written.labelled) == (CLIPS, CLIPS)
    rows = {row["id"]: row for row in read_rows(written.path)}
    right = [rows[f"c{n}"]["emotion"] == LABELS[n % 4] for n in range(CLIPS)]
    assert sum(right) > 0.75 * CLIPS
    assert float(rows["c1"]["votes_happy"]) > 0.5
    recipe, _ = own(Recipe("r", {"text": EncoderTable("text_minilm")}, ()), written.path)
    assert set(recipe.data[0].targets["emotion"].votes.values()) >= set(LABELS)


def test_the_verb_writes_a_page_and_json(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("plotly")
    page, table = tmp_path / "a.html", tmp_path / "a.json"
    arguments = ["data", "agree", str(folder), "--html", str(page), "--json", str(table)]
    monkeypatch.setattr(sys, "argv", ["mien", *arguments])
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code == 0
    assert "Krippendorff's alpha" in capsys.readouterr().out
    assert json.loads(table.read_text())["schema"] == "mien.agreement/1"
    assert "Confusion between annotators" in page.read_text(encoding="utf-8")


def test_a_set_without_votes_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mien label"):
        agree_on_set(make(tmp_path))
    with pytest.raises(InputError, match="did you mean 'mace'"):
        agree_on_set(tmp_path / "set", "macee")
