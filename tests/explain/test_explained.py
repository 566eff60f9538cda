"""The decision path of a moment: complete, the same each time, and in the published form."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from mien.errors import InputError
from mien.events import Finished, finish, tap
from mien.explain.defaults import defaults, gains
from mien.explain.path import build
from mien.explanation import Explanation
from mien.pipeline import Analyzer
from mien.report.explanation import schema, write_json
from mien.report.terminal.explanation import render
from mien.samples import demo_clip
from mien.timeline import mean
from mien.workflows.explain_clip import Clearest, explain_moment

from ..conftest import ROOT

PARTS = build(["occlusion_words", "occlusion_face"])


def explained_moment(*given: Any, **more: Any) -> Explanation:
    return finish(explain_moment(*given, **more))


@pytest.fixture(scope="module")
def explained(analyzer: Analyzer) -> Explanation:
    return explained_moment(analyzer, demo_clip(), at=5.2, label="angry", parts=PARTS)


def test_an_explanation_says_what_ran_and_what_came_of_it(explained: Explanation) -> None:
    table = json.loads(write_json(explained))
    jsonschema.validate(table, schema())
    assert table["answer"]["start"] <= 5.2 < table["answer"]["end"]
    assert table["explained"]["label"] == "angry"
    moved = table["explained"]["probability"] - table["explained"]["prior"]
    assert sum(table["explained"]["contributions"].values()) == pytest.approx(moved, abs=1e-5)
    stages = table["path"]["stages"]
    assert [s["name"] for s in stages] == ["prepare"] * 3 + ["encode"] * 5 + ["fuse"], (
        "the voice has a graph before the person baseline, and the words have one of vectors"
    )
    assert all(len(s["sha256"]) == 64 for s in stages if s["name"] != "prepare")
    assert [e["modality"] for e in table["evidence"]] == ["text", "face"]
    assert table["answer"]["conflict"]["sentence"] == "voice angry, face happy"


def test_the_path_says_how_scores_were_calibrated_and_softened(analyzer: Analyzer, explained: Explanation) -> None:
    whole = json.loads(write_json(explained))["path"]["calibrated"]
    assert (whole["subset"], whole["method"], whole["composite"]) == ("text+voice+face", "temperature", True)
    assert (whole["guards"], whole["coverage"]) == (1.0, 0.9)
    polish = explained_moment(analyzer, None, text="Lubię czytać przed snem.", parts=[])
    assert polish.calibrated.guards > 2
    file = io.StringIO()
    Console(file=file, width=200, no_color=True).print(render(polish))
    assert f"calibrated for text (temperature), made {polish.calibrated.guards:.2g} times flatter by" in file.getvalue()


def test_the_same_clip_and_bundle_give_the_same_bytes(explained: Explanation) -> None:
    again = explained_moment(Analyzer("research"), demo_clip(), at=5.2, label="angry", parts=PARTS)
    assert write_json(again) == write_json(explained)


def test_the_terminal_says_it_in_words(explained: Explanation) -> None:
    file = io.StringIO()
    Console(file=file, width=100, no_color=True).print(render(explained))
    text = file.getvalue()
    path = ("fuse: channel, graph fusion-", "its card: mien card research")
    for part in ("asked about angry", "The inputs disagree", "nothing read", "forget", *path):
        assert part in text, part
    assert text.count("▁") + text.count("█") > 0


def test_what_cannot_be_explained_is_said(analyzer: Analyzer) -> None:
    with pytest.raises(
        InputError, match=r"nothing was read at 99 s of 'demo\.mp4'; the nearest moment begins at 7\.7 s"
    ):
        explained_moment(analyzer, demo_clip(), at=99.0, parts=[])
    with pytest.raises(InputError, match="no label 'angri'; did you mean 'angry'"):
        explained_moment(analyzer, demo_clip(), label="angri")
    with pytest.raises(InputError, match=r"nobody called 'person-3' is in 'demo\.mp4'; did you mean 'person-\d'"):
        explained_moment(analyzer, demo_clip(), at=5.2, who="person-3", parts=[])
    with pytest.raises(InputError, match="no explainers called 'occlusion_word'; did you mean 'occlusion_words'"):
        build(["occlusion_word"])


def test_an_explainer_with_nothing_to_take_apart_says_so(analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match="has no face to explain, only text; name an explainer of that"):
        explained_moment(analyzer, None, text="I am so happy!", parts=build(["occlusion_face"]))
    found = explained_moment(analyzer, None, text="I am so happy!", parts=PARTS)
    assert [e.modality for e in found.evidence] == ["text"]


def test_without_a_time_the_clearest_moment_is_explained(analyzer: Analyzer) -> None:
    found = explained_moment(analyzer, None, text="I went home. I am so happy that you came!", parts=[])
    assert found.prediction.text == "I am so happy that you came!"
    assert found.missing == ("voice", "face")


def test_a_clip_is_explained_up_to_a_bound(analyzer: Analyzer) -> None:
    clearest = Clearest(most=2)
    stream = analyzer.stream(text="I went home. I am so happy! This is terrible and I hate it.")
    timeline = finish(tap(stream, clearest.look))
    found = finish(clearest.explain(analyzer, Finished(timeline)))
    assert [e is not None for e in found] == [False, True, True]
    assert all(e is None or e.prediction is p for e, p in zip(found, timeline.predictions, strict=True))


def test_influences_are_what_leaving_out_does(analyzer: Analyzer) -> None:
    timeline = analyzer.analyze(text="I went home. I am so happy! This is terrible and I hate it.")
    rest = timeline.predictions[1:]
    label = timeline.label or ""
    assert timeline.influences[0] == pytest.approx(timeline.scores[label] - mean(rest)[label])


def test_defaults_are_what_the_documents_measure() -> None:
    """An explainer that does not beat chance by two standard errors is not offered."""
    text = (ROOT / "docs" / "explanations.md").read_text(encoding="utf-8")
    for row in gains():
        line = next(
            x
            for x in text.splitlines()
            if x.startswith(f"| `{row.explainer}` | {row.modality} | {row.bundle} | {row.set} | {row.seed} |")
        )
        assert f"{row.deletion_gain:+.3f} ± {row.deletion_error:.3f}" in line
        assert line.endswith("| yes |") == (defaults().get(row.modality) == row.explainer)
        assert row.faithful or defaults().get(row.modality) != row.explainer
    assert {"text", "face"} <= set(defaults())


def test_the_command_writes_json(tmp_path: Path) -> None:
    from mien.cli import guarded
    from mien.cli.app import app

    out = tmp_path / "why.json"
    command = ["explain", "--text", "I am so happy", "--json", str(out)]
    assert guarded(lambda: app(command, standalone_mode=True)) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["explained"]["label"] == "happy"
