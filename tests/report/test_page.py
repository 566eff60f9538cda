"""The HTML report in a real browser: it plays, seeks, answers keys, fits a phone, prints, and cannot be broken into."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mien.report._page.evidence import Evidence
from mien.report._page.media import Media, embedded, referred
from mien.report.html import write_html
from mien.samples import demo_clip
from mien.types import EMOTIONS, Modality, Prediction, Span, Timeline

from .browser import OPTIONS, PHONE, chromium, opened
from .test_html import HOSTILE, hostile, load_hour

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=OPTIONS)
        yield started
        started.close()


def said(start: float, end: float, label: str, sure: float, who: str = "person-1", text: str = "") -> Prediction:
    scores = dict.fromkeys(EMOTIONS, (1 - sure) / 6) | {label: sure}
    other = dict.fromkeys(EMOTIONS, 0.05) | {"sad": 0.7}
    opinions: dict[Modality, dict[str, float]] = {"voice": scores, "face": other}
    shares: dict[Modality, float] = {"voice": 0.6, "face": 0.4}
    quality: dict[Modality, dict[str, float]] = {"voice": {"snr_db": 20.0}, "face": {"side_px": 90.0}}
    return Prediction(Span(start, end), who, text, label, scores, 0.1, 0.2, shares, opinions, quality)


TALK = Timeline(
    "talk.mp4",
    7.08,
    "research",
    "0" * 64,
    (
        said(0.2, 1.5, "neutral", 0.9, text="Don't forget a jacket."),
        said(1.6, 2.9, "happy", 0.8, "person-2", "I won't."),
        said(3.0, 4.1, "sad", 0.35),
        said(4.2, 6.9, "angry", 0.7, "person-2", "Really! " * 12),
    ),
    "neutral",
    dict.fromkeys(EMOTIONS, 0.1) | {"neutral": 0.4},
    0.1,
    0.2,
    ("no speech was found",),
)
EXPLAINED = [
    Evidence(
        "neutral",
        (("Don't", 0.1), ("forget", -0.6), ("a", 0.0), ("jacket.", 0.9)),
        ((Span(0.2, 0.8), 0.7), (Span(0.8, 1.5), -0.3)),
        ((0.1, 0.9), (-0.4, 0.0)),
    )
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo clip, and reports beside it."""
    path = tmp_path_factory.mktemp("report")
    clip = path / "talk with blank.mp4"
    shutil.copy(demo_clip(), clip)
    for lang in ("en", "zh"):
        page = path / f"{lang}.html"
        content = write_html(TALK, lang=lang, media=referred(clip, page, "video"), evidence=EXPLAINED)
        page.write_text(content, encoding="utf-8")
    (path / "inside.html").write_text(write_html(TALK, media=embedded(clip, "video")), encoding="utf-8")
    gone = Media("video", "./gone.mp4")
    (path / "gone.html").write_text(write_html(TALK, media=gone), encoding="utf-8")
    (path / "none.html").write_text(write_html(TALK), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["en", "zh", "inside", "none"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_without_a_complaint_and_asks_for_nothing_but_its_clip(
    name: str, scheme: str, browser: Any, folder: Path
) -> None:
    with opened(browser, folder / f"{name}.html", color_scheme=scheme) as page:
        page.tab.wait_for_timeout(200)
        assert page.said == []
        own = {(folder / f"{name}.html").as_uri()}
        clip = {(folder / "talk with blank.mp4").as_uri()} if name in ("en", "zh") else set()
        assert {r for r in page.requests if not r.startswith("blob:")} == own | clip
        assert page.ask("document.querySelectorAll('.main-svg').length") >= 4
        assert page.ask("getComputedStyle(document.querySelector('.card')).backgroundColor") == (
            "rgb(255, 255, 255)" if scheme == "light" else "rgb(27, 31, 37)"
        )


@pytest.mark.parametrize("name", ["en", "inside"])
def test_a_click_seeks_and_what_plays_is_marked(name: str, browser: Any, folder: Path) -> None:
    with opened(browser, folder / f"{name}.html") as page:
        page.wait("player.readyState >= 2")
        page.tab.click("#m1")
        assert page.ask("player.currentTime") == pytest.approx(1.6, abs=0.01)
        assert page.ask("[...document.querySelectorAll('[aria-current=true]')].map((e) => e.id)") == ["m1"]
        panel = page.tab.inner_text("#moment")
        assert "happy" in panel
        assert "Person 2" in panel
        assert "I won't." in panel
        page.ask("player.playbackRate = 2")
        page.tab.click("text=Play from here")
        page.wait("now.shown === 3 && !player.paused")
        assert page.ask("document.querySelector('[aria-current=true]').id") == "m3"
        assert "angry" in page.tab.inner_text("#moment")
        assert page.said == []


def test_a_click_on_the_chart_seeks(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "en.html") as page:
        page.wait("player.readyState >= 1")
        box = page.tab.locator("#chart-timeline").bounding_box()
        x = 12 + (5.0 / 7.08) * (box["width"] - 24)
        page.tab.mouse.move(box["x"] + x, box["y"] + 220)
        assert "Person 2" in page.tab.inner_text("#chart-timeline .tip")
        page.tab.mouse.click(box["x"] + x, box["y"] + 220)
        assert page.ask("player.currentTime") == pytest.approx(5.0, abs=0.05)
        assert page.shown == 3
        head = page.tab.locator("#chart-timeline .playhead").bounding_box()
        assert head["x"] + head["width"] / 2 == pytest.approx(box["x"] + x, abs=2)


def test_keys_reach_everything(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "en.html") as page:
        focused = "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
        order = []
        for _ in range(40):
            page.tab.keyboard.press("Tab")
            order.append(page.ask(focused))
            width = page.ask("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
            assert width >= 1 or page.ask(
                "document.activeElement === document.body || document.activeElement.id === 'clip'"
            )
        assert order[0] == "skip"
        found = [order.index(name) for name in ("clip", "chart-timeline", "m0")]
        assert found == sorted(found), order
        assert "m1" not in order, "one stop for the whole transcript"
        page.tab.focus("#chart-timeline")
        page.tab.keyboard.press("ArrowRight")
        assert page.shown == 1
        chart = page.tab.locator("#chart-timeline")
        assert chart.get_attribute("aria-valuetext") == "0:01, Person 2, happy, about 80%"
        page.tab.keyboard.press("End")
        assert page.shown == 3
        page.tab.focus("#m3")
        page.tab.keyboard.press("ArrowUp")
        assert page.ask(focused) == "m2"
        assert page.ask("player.currentTime") == pytest.approx(3.0, abs=0.01)
        page.tab.keyboard.press("Home")
        page.tab.keyboard.press(" ")
        page.wait("!player.paused")
        page.tab.keyboard.press(" ")
        page.wait("player.paused")


def test_people_can_be_shown_apart(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "en.html") as page:
        page.tab.select_option("#filter select", label="Person 2")
        assert page.ask("[...document.querySelectorAll('#transcript li:not([hidden]) .moment')].map((b) => b.id)") == [
            "m1",
            "m3",
        ]
        page.tab.focus("#chart-timeline")
        page.tab.keyboard.press("Home")
        assert page.shown == 1


@pytest.mark.parametrize("name", ["en", "zh"])
def test_a_phone_needs_no_sideways_scrolling(name: str, browser: Any, folder: Path) -> None:
    with opened(browser, folder / f"{name}.html", **PHONE) as page:
        assert page.ask("document.documentElement.scrollWidth") == page.ask("innerWidth") == 360
        wide = "[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 361).length"
        assert page.ask(wide) == 0
        page.ask("byId('transcript').scrollIntoView({block: 'center', behavior: 'instant'})")
        top = page.ask("clip.getBoundingClientRect().top")
        assert 0 <= top < 40, "the clip stays in view"
        page.tab.tap("#m2")
        assert page.shown == 2


def test_the_chinese_page_is_chinese(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "zh.html") as page:
        for step in range(4):
            page.ask(f"choose({step})")
            words = page.tab.inner_text("main")
            for label in (*EMOTIONS, "about", "uncertain", "valence", "Person", "words", "share"):
                assert label not in words.replace("Don't forget a jacket.", ""), label
        assert "愤怒" in page.tab.inner_text("#moment")


def test_evidence_is_shown_where_it_exists(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "en.html") as page:
        assert 'What spoke for "neutral"' in page.tab.inner_text("#moment")
        spans = "[...document.querySelectorAll('.evidence-words .w')]"
        words = f"{spans}.map((e) => [e.textContent, e.className.split(' ').at(-1)])"
        assert page.ask(words)[1] == ["forget", "against"]
        assert page.ask(words)[3] == ["jacket.", "for"]
        assert page.tab.inner_text("#m0 .words") == "Don't forget a jacket."
        assert page.ask("document.querySelectorAll('#transcript .w.against').length") == 1
        assert page.ask("document.querySelectorAll('.sound i').length") == 2
        assert page.ask("document.querySelectorAll('.map rect').length") == 4
        page.ask("choose(1)")
        assert page.ask("document.querySelectorAll('.evidence-words').length") == 0


def test_it_prints_whole(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "en.html", color_scheme="dark") as page:
        pdf = page.tab.pdf(format="A4")
        assert pdf.startswith(b"%PDF")
        assert 2 <= pdf.count(b"/Type /Page\n") <= 8
        page.tab.emulate_media(media="print", color_scheme="light")
        page.ask("dispatchEvent(new Event('beforeprint'))")
        assert (
            page.ask("Math.max(...[...document.querySelectorAll('.main-svg')].map((s) => s.width.baseVal.value))")
            <= 650
        )
        assert page.ask("getComputedStyle(byId('transcript')).maxHeight") == "none"
        assert not page.tab.is_visible("#clip")
        page.ask("dispatchEvent(new Event('afterprint'))")
        assert page.ask("document.querySelector('#chart-timeline .main-svg').width.baseVal.value") > 600


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{}, PHONE], ids=["laptop", "phone"])
def test_axe_finds_no_barrier(scheme: str, size: dict[str, Any], browser: Any, folder: Path) -> None:
    """Names, roles, order of headings, contrast of every text: the rules of axe-core (WCAG 2 A and AA, best practices)."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    with opened(browser, folder / "en.html", color_scheme=scheme, **size) as page:
        for shown in (0, 2):
            page.ask(f"choose({shown})")
            page.ask("document.querySelectorAll('details').forEach((d) => d.open = true)")
            found = axe.Axe().run(page.tab).response
            assert "color-contrast" in {rule["id"] for rule in found["passes"]}
            violations = found["violations"]
            assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in violations] == []


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
    evidence = [Evidence("surprised", ((p.text, 0.5),)) for p in everything]
    whole = replace(pages[0], predictions=everything, warnings=tuple(HOSTILE), source="".join(HOSTILE))
    path.write_text(write_html(whole, evidence=evidence), encoding="utf-8")
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
                page.tab.click("#m3")
                assert page.shown == 3


def test_an_hour_opens_soon(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "hour.html"
    path.write_text(write_html(load_hour()()), encoding="utf-8")
    with opened(browser, path) as page:
        # 2 s on an idle machine (benchmarks/report.py); the bound leaves room for a busy one.
        assert page.ask("performance.now()") < 10_000
        assert "each column is a mean over" in page.tab.inner_text("#chart-timeline")
        for _ in range(6):
            page.tab.click("[aria-label='Zoom in']")
        assert page.ask("charts.view[1] - charts.view[0]") == pytest.approx(3600 / 64)
        assert "each column" not in page.tab.inner_text("#chart-timeline")
        page.tab.focus("#m0")
        page.tab.keyboard.press("End")
        assert page.shown == 1199
        assert page.ask("byId('transcript').scrollTop") > 10_000
        assert page.said == []
