"""The HTML report in a real browser: it plays, seeks, answers keys, fits a phone, prints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mien.emotions import EMOTIONS
from mien.report.exporters.html import write_html
from mien.report.page.media import Media

from .browser import PHONE, TALK, opened

pytestmark = pytest.mark.slow


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
        assert page.ask("document.querySelectorAll('.plot > svg').length") == 3, "a lane for each person, and the path"
        assert not page.tab.query_selector("#missing") or not page.tab.is_visible("#missing")
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
        x = 10 + (5.0 / 7.08) * (box["width"] - 20)
        page.tab.locator(".lane[data-person='1'] .plot").scroll_into_view_if_needed()
        box, second = (page.tab.locator(s).bounding_box() for s in ("#chart-timeline", ".lane[data-person='1'] .plot"))
        page.tab.mouse.move(box["x"] + x, second["y"] + 40)
        tip = page.tab.inner_text("#chart-timeline .tip")
        assert "Person 2" in tip
        assert "voice: angry" in tip
        page.tab.mouse.click(box["x"] + x, second["y"] + 40)
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
        page.ask("choose(0)")
        heights = (
            "[...document.querySelectorAll('button, select, summary')].map((e) => e.getBoundingClientRect().height)"
        )
        assert min(page.ask(f"{heights}.filter((h) => h > 0)")) >= 44, "all can be hit with a thumb"
        assert not page.tab.is_visible(".map"), "explanations are there on demand"


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
        cells = "[...document.querySelectorAll('.strip rect')].map((e) => e.classList.item(2))"
        assert page.ask(cells) == ["against", None, None, "for"]
        assert page.ask("document.querySelectorAll('.map rect').length") == 4
        shown = page.tab.inner_text("#moment")
        assert "Strongest: jacket., +60 points." in shown
        assert "Strongest: 0 to 500 Hz at 0.8 s, +30 points." in shown
        assert "Strongest: upper right of the picture, +40 points." in shown
        page.tab.click("#moment summary >> text=How this answer came about")
        path = page.tab.inner_text("#moment details[open] ol")
        assert "Read by: voice_whisper." in path
        assert "voice-0123456789ab.onnx and fusion-ba9876543210.onnx" in path
        page.ask("choose(1)")
        assert page.ask("document.querySelectorAll('.evidence-words').length") == 0


def test_it_prints_whole(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "en.html", color_scheme="dark") as page:
        pdf = page.tab.pdf(format="A4")
        assert pdf.startswith(b"%PDF")
        assert 2 <= pdf.count(b"/Type /Page\n") <= 8
        page.tab.emulate_media(media="print", color_scheme="light")
        page.ask("dispatchEvent(new Event('beforeprint'))")
        wide = "Math.max(...[...document.querySelectorAll('.plot > svg')].map((s) => s.width.baseVal.value))"
        assert page.ask(wide) <= 650
        assert page.ask("[...document.querySelectorAll('details')].every((d) => d.open || d.closest('#moment'))")
        assert not page.tab.is_visible("#clip")
        assert '0:00 · Person 1 · What spoke for "neutral"' in page.tab.inner_text("#explained")
        assert page.ask("document.querySelectorAll('#explained article').length") == 1, "what was explained is on paper"
        page.ask("dispatchEvent(new Event('afterprint'))")
        assert page.ask("byId('explained').childElementCount") == 0
        assert page.ask("document.querySelector('#chart-timeline .plot > svg').width.baseVal.value") > 600


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


def test_faces_are_boxed_and_numbered_over_the_clip(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "en.html") as page:
        page.wait("player.readyState >= 1")
        page.tab.click("#m1")
        page.wait("document.querySelectorAll('.boxes .face').length === 1")
        assert page.tab.text_content(".boxes .face text") == "2"
        box, clip = (page.tab.locator(s).bounding_box() for s in (".boxes .edge", "#clip"))
        # The boxes lie on the picture, wherever the browser leaves bars beside it: left 0.6, width 0.2 of the picture.
        wide = min(clip["width"], clip["height"] * 480 / 360)
        assert box["width"] == pytest.approx(0.2 * wide, rel=0.1)
        page.tab.click("button:has-text('Faces')")
        assert page.ask("document.querySelectorAll('.boxes .face').length") == 0
        assert page.ask("document.querySelectorAll('.lane img').length") == 1, "of whom there is a portrait"


def test_the_clip_can_be_unpinned(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "en.html", **PHONE) as page:
        assert page.ask("getComputedStyle(byId('player')).position") == "sticky"
        page.tab.tap("button:has-text('Stay in view')")
        assert page.ask("getComputedStyle(byId('player')).position") == "static"


def test_no_list_scrolls_inside_the_page(browser: Any, folder: Path) -> None:
    with opened(browser, folder / "en.html") as page:
        page.ask("document.querySelectorAll('details').forEach((d) => d.open = true)")
        scrolls = (
            "[...document.querySelectorAll('main *')].filter((e) => /auto|scroll/.test(getComputedStyle(e).overflowY))"
        )
        assert page.ask(f"{scrolls}.map((e) => e.className)") == []


def test_a_phone_page_of_a_minute_is_five_screens(browser: Any, tmp_path: Path) -> None:
    minute = replace(
        TALK,
        duration=60.0,
        predictions=tuple(replace(p, span=p.span.shifted(7 * k)) for k in range(8) for p in TALK.predictions),
    )
    path = tmp_path / "minute.html"
    path.write_text(write_html(minute, media=Media("video", "./gone.mp4")), encoding="utf-8")
    with opened(browser, path, **{**PHONE, "viewport": {"width": 390, "height": 844}}) as page:
        assert page.ask("document.documentElement.scrollHeight") <= 5 * 844, "with two people, and a notice"
        assert page.ask("[...document.querySelectorAll('#transcript li')].filter((l) => l.offsetHeight).length") == 6
        page.ask("choose(20)")
        assert page.tab.is_visible("#m20"), "the rows turn with what plays"
        page.tab.tap("text=Show all")
        assert page.tab.is_visible("#m31")
