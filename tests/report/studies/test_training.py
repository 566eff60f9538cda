"""The page that `mien train` writes, and that of `mien compare`: what they say, and how a browser shows them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mien.data.corpus import Corpus
from mien.evaluation.boards import Entrant
from mien.events import finish
from mien.recipe.recipe import Export
from mien.report.studies.training import training_page, write
from mien.study.plan import Plan
from mien.workflows.compare_recipes import run
from tests.report.browser import PHONE, opened
from tests.tiny import bundle_of, pictures, recipe, write_pictures

COMMAND = "mien train tiny.toml --set 'train.epochs=3'"

pytestmark = pytest.mark.slow  # a model is trained and exported first


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder."""
    with pictures(tmp_path_factory) as root:
        plan = replace(recipe(epochs=3), export=Export(licence="<b>CC0</b>"))
        bundle_of(plan, [0], root, root / "runs", command=COMMAND)
    return root / "runs" / "tiny" / "seed0"


def test_it_says_how_it_was_made_and_how_good_it_is(made: Path) -> None:
    text = training_page(made)
    rows = json.loads((made / "results.json").read_text(encoding="utf-8"))
    accuracy = next(r for r in rows if r["metric"] == "accuracy")
    assert f"{accuracy['value']:.3f}" in text
    assert "mien train tiny.toml --set &#39;train.epochs=3&#39;" in text
    assert "Licence: &lt;b&gt;CC0&lt;/b&gt;" in text
    assert "happy 10, sad 10" in text, "how the training labels are distributed"
    assert re.search(r"<dt>torch</dt><dd dir=\"auto\">\d", text)
    assert "<b>CC0</b>" not in text


def test_curves_hold_every_step(made: Path) -> None:
    data = re.search(r'id="data">(.*?)</script>', training_page(made), re.S)
    assert data is not None
    charts = {c["id"]: c for c in json.loads(data[1])}
    train, valid = charts["curves"]["traces"]
    assert train["x"] == list(range(1, 13)), "three epochs of four batches"
    assert valid["x"] == [12], "only the last is kept, so only it is validated"
    assert {"confusion0", "reliability0"} <= set(charts)
    assert sum(map(sum, charts["confusion0"]["traces"][0]["z"])) == pytest.approx(2.0, abs=1e-3)


def test_the_same_run_gives_the_same_page(made: Path) -> None:
    assert training_page(made) == training_page(made)


@pytest.mark.parametrize("how", [{}, {"color_scheme": "dark"}, PHONE], ids=["light", "dark", "phone"])
def test_a_browser_draws_it_and_loads_nothing(browser: Any, made: Path, how: dict[str, Any]) -> None:
    page = write(made)
    with opened(browser, page, **how) as shown:
        assert shown.said == []
        assert [url for url in shown.requests if not url.startswith(("file:", "data:", "blob:"))] == []
        assert shown.ask("document.querySelectorAll('.chart svg.main-svg').length") >= 3
        assert shown.ask("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the window"


def test_a_comparison_has_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path)
    entrants = tuple(Entrant(f"<i>e{n}", replace(recipe(epochs=n), name=f"e{n}")) for n in (1, 2))
    corpora = [Corpus.of(entrant.recipe, tmp_path) for entrant in entrants]
    found = finish(run(Plan(entrants, (0,), subsets=True), corpora, tmp_path / "runs"))
    text = (found.folder / "comparison.html").read_text(encoding="utf-8")
    charts = {chart["id"]: chart for chart in json.loads(re.findall(r'id="data">(.*?)</script>', text, re.S)[0])}
    low, high = charts["board0"]["layout"]["xaxis"]["range"]
    assert low < charts["board0"]["layout"]["shapes"][0]["x0"] < high, "what the commonest answer reaches is in view"
    assert [trace["name"] for trace in charts["rates0"]["traces"]] == ["commonest answer", "&lt;i&gt;e1", "&lt;i&gt;e2"]
    assert charts["rates0"]["traces"][0]["y"] == [0.3333]
    assert "&lt;i&gt;e1" in text
    assert "<i>e1" not in text
    assert '"board0"' in text
    chinese = found.to_html("zh")
    assert '<html lang="zh' in chinese
    body = chinese.partition("<main")[2].partition("</main>")[0]
    assert "缺少模态时，pictures：emotion" in body
    for kind in ("figcaption", "p"):
        assert re.findall(rf"<{kind}[^>]*>([^<]*(?:the|with|of) [^<]*)</{kind}>", body) == []
