"""The HTML report in a real browser: hostile words, a missing clip, no scripts, stills, an hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mien.emotions import EMOTIONS
from mien.events import Notice
from mien.report.exporters.html import write_html
from mien.types import Span

from .browser import TALK, explained, opened, words
from .test_html import HOSTILE, hostile, load_hour

pytestmark = pytest.mark.slow


def test_without_its_clip_it_says_so_and_works(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "gone.html") as page:
        page.tab.wait_for_selector("#missing", state="visible")
        assert "cannot be played" in page.tab.inner_text("#missing")
        page.tab.click("#m2")
        assert page.shown == 2
    with opened(browser, folder / "none.html") as page:
        page.tab.click("#m3")
        assert page.shown == 3
        assert not page.tab.is_visible("text=Play from here")


def test_without_scripts_it_can_be_read(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "en.html", java_script_enabled=False) as page:
        words = page.tab.inner_text("main")
        for part in ("No emotion stands out", "Scripts are switched off", "Don't forget a jacket.", "What this is not"):
            assert part in words


def test_hostile_words_do_nothing(browser: Any, tmp_path: Path) -> None:
    pages = [hostile(words) for words in HOSTILE]
    everything = tuple(p for page in pages for p in page.predictions)
    path = tmp_path / "x.html"
    why = [explained(p, "surprised", words((p.text, 0.5))) for p in everything]
    noticed = tuple(Notice(words) for words in HOSTILE)
    whole = replace(pages[0], predictions=everything, notices=noticed, source="".join(HOSTILE))
    path.write_text(write_html(whole, explained=why), encoding="utf-8")
    with opened(browser, path) as page:
        for moment in range(len(everything)):
            page.ask(f"choose({moment})")
        page.tab.hover("#chart-timeline")
        page.tab.wait_for_timeout(100)
        assert page.said == []
        assert page.requests == [path.as_uri()]
        assert (
            page.ask("document.querySelectorAll('iframe, main script, main style, img, base, b[onclick]').length") == 0
        )
        assert page.ask("document.querySelectorAll('a').length") == 2, "the two links of the page itself"
        assert (
            page.ask("[...document.querySelectorAll('*')].some((e) => e.onload || e.onerror || e.onmouseover)") is False
        )


def test_a_script_that_got_in_would_not_run(browser: Any, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    injected = "<script>window.broken = 1</script><img src=x onerror='window.broken = 2'>"
    page_text = (folder / "none.html").read_text(encoding="utf-8").replace("<main>", f"<main>{injected}")
    path.write_text(page_text, encoding="utf-8")
    with opened(browser, path) as page:
        assert page.ask("window.broken === undefined")
        assert any("Content Security Policy" in line for line in page.said)


def test_stills_and_empty_reports_open(browser: Any, tmp_path: Path) -> None:
    still = replace(TALK, duration=0.0, predictions=tuple(replace(p, span=Span(0, 0)) for p in TALK.predictions))
    empty = replace(TALK, predictions=(), label=None, scores={}, valence=None, arousal=None)
    for name, what in {"still": still, "empty": empty}.items():
        path = tmp_path / f"{name}.html"
        path.write_text(write_html(what), encoding="utf-8")
        with opened(browser, path) as page:
            assert page.said == []
            assert not page.tab.query_selector("#chart-timeline")
            if name == "still":
                assert "how long" not in page.tab.text_content(".overall"), "a photo has no times"
                page.tab.click("#m3")
                assert page.shown == 3


def test_labels_that_are_no_emotions_are_shown_without_a_place(browser: Any, folder: Path, tmp_path: Path) -> None:
    intents = dict(zip(EMOTIONS, ("ask", "thank", "greet", "leave", "joke", "care", "taunt"), strict=True))

    def renamed(scores: Mapping[str, float]) -> dict[str, float]:
        return {intents[k]: v for k, v in scores.items()}

    moments = tuple(
        replace(
            p,
            label=intents[p.label],
            scores=renamed(p.scores),
            opinions={m: renamed(o) for m, o in p.opinions.items()},
            valence=None,
            arousal=None,
        )
        for p in TALK.predictions
    )
    what = {"predictions": moments, "label": "ask", "scores": renamed(TALK.scores), "valence": None, "arousal": None}
    path = tmp_path / "intents.html"
    path.write_text(write_html(replace(TALK, **what, task="intent")), encoding="utf-8")  # type: ignore[arg-type]  # as in it
    with opened(browser, path) as page:
        assert page.said == []
        assert page.ask("charts.all.map((chart) => chart.box.id).join()") == "chart-timeline"
        page.tab.click("#m1")
        assert "thank" in page.tab.inner_text("#moment")
        assert "valence" not in page.tab.inner_text("main")
    with opened(browser, folder / "none.html") as page:
        assert "chart-path" in page.ask("charts.all.map((chart) => chart.box.id)")


def test_an_hour_opens_soon(browser: Any, tmp_path: Path) -> None:
    """What takes the time is bounded, for time itself differs between machines; benchmarks/report.py measures that."""
    path = tmp_path / "hour.html"
    timeline, why = load_hour()()
    path.write_text(write_html(timeline, explained=why), encoding="utf-8")
    with opened(browser, path) as page:
        assert page.ask("document.querySelectorAll('.plot svg *').length") < 3000, (
            "it grows with the width, not the clip: the means of columns, and a dot for each moment of the path"
        )
        session = page.tab.context.new_cdp_session(page.tab)
        session.send("Performance.enable")
        measured = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        assert measured["LayoutObjects"] < 8 * len(timeline.predictions), "rows out of view have no layout"
        assert "each column is a mean over" in page.tab.inner_text("section.timeline")
        for _ in range(6):
            page.tab.click("[aria-label='Zoom in']")
        assert page.ask("charts.view[1] - charts.view[0]") == pytest.approx(3600 / 64)
        assert "each column" not in page.tab.inner_text("section.timeline")
        page.tab.focus("#m0")
        page.tab.keyboard.press("End")
        assert page.shown == len(timeline.predictions) - 1
        assert page.tab.is_visible(f"#m{page.shown}"), "the transcript turns to it"
        assert page.said == []
