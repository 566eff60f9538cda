"""The page of the server in a real browser: a clip is dropped, its moments appear, and then its report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mien.samples import demo_clip

from ..report.browser import LAPTOP, PHONE, launched
from .running import TOKEN, Running

pytestmark = pytest.mark.slow
LONG = 90_000  # milliseconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as started:
        yield started


class Tab:
    """A tab with the page, and what the browser complained about or asked other places for."""

    def __init__(self, browser: Any, address: str, query: str = "", **options: Any) -> None:
        self.context = browser.new_context(**{**LAPTOP, **options})
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda m: self.said.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.said.append(f"error: {e}"))
        own = (address, "blob:", "data:")
        self.page.on("request", lambda r: None if r.url.startswith(own) else self.elsewhere.append(r.url))
        self.page.goto(f"{address}/{query}")
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def give(self, clip: Path) -> None:
        self.page.set_input_files("#file", str(clip))
        self.page.click("#read")


def axe(tab: Tab) -> list[str]:
    """What is wrong for people who cannot see, or use no mouse; the report has tests of its own."""
    runner = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe: pip install '.[dev]'")
    found = runner.Axe().run(tab.page, context={"exclude": [["#frame"]]})
    return [f"{v['id']}: {[n['html'][:100] for n in v['nodes']]}" for v in found.response["violations"]]


@pytest.mark.parametrize(("lang", "done"), [("en", "The clip has been read."), ("zh", "片段已读完。")])
def test_a_clip_grows_and_becomes_its_report(browser: Any, server: Running, lang: str, done: str) -> None:
    segments = server.client.analyze(demo_clip())["segments"]
    with Tab(browser, server.address, f"?lang={lang}") as tab:
        tab.give(demo_clip())
        tab.page.wait_for_selector("#moments li", timeout=LONG)
        tab.page.locator("#status", has_text=done).wait_for(timeout=LONG)
        assert tab.page.locator("#moments li").count() == len(segments)
        assert all(segment["text"] in tab.page.inner_text("#moments") for segment in segments)
        assert tab.page.locator("#player video").evaluate("(v) => v.src.startsWith('blob:')")
        report = tab.page.frame_locator("#frame")
        report.locator("html[data-ready]").wait_for(state="attached", timeout=LONG)
        assert report.locator("#transcript .moment").count() == len(segments)
        assert report.locator("html").get_attribute("lang") == ("zh-Hans" if lang == "zh" else "en")
        assert tab.page.locator("#links a").count() == 4
        assert tab.said == []
        assert tab.elsewhere == []


@pytest.mark.parametrize("options", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(browser: Any, server: Running, options: dict[str, Any], scheme: str) -> None:
    with Tab(browser, server.address, color_scheme=scheme, bypass_csp=True, **options) as tab:
        assert axe(tab) == []
        tab.page.fill("#text", "We won!")
        tab.page.focus("#read")
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_selector("#links a", timeout=LONG)
        assert axe(tab) == []
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_a_clip_says_is_text(browser: Any, server: Running) -> None:
    with Tab(browser, server.address) as tab:
        tab.page.fill("#text", "<img src=x onerror=alert(1)> <b>We won</b>!")
        tab.page.click("#read")
        tab.page.wait_for_selector("#links a", timeout=LONG)
        assert "<b>We won</b>" in tab.page.inner_text("#moments")
        assert tab.page.locator("#moments img, #moments b").count() == 0
        assert tab.said == []


def test_it_can_be_cancelled_and_begun_again(browser: Any, server: Running) -> None:
    with Tab(browser, server.address) as tab:
        tab.give(demo_clip())
        tab.page.locator("#status", has_text="Read up to").wait_for(timeout=LONG)
        tab.page.click("#cancel")
        assert tab.page.inner_text("#status") == "Cancelled. Nothing of the clip is left."
        tab.page.set_input_files("#file", [])
        tab.page.fill("#text", "We won!")
        tab.page.click("#read")
        tab.page.wait_for_selector("#links a", timeout=LONG)


def test_a_mistake_has_the_sentence_of_the_server(browser: Any, server: Running, tmp_path: Path) -> None:
    other = tmp_path / "notes.doc"
    other.write_text("nothing")
    with Tab(browser, server.address) as tab:
        tab.give(other)
        tab.page.locator("#status", has_text="'notes.doc' is no video, sound or picture").wait_for(timeout=LONG)


def test_it_asks_for_the_token_once(browser: Any, narrow: Running) -> None:
    with Tab(browser, narrow.address) as tab:
        tab.page.fill("#text", "We won!")
        tab.page.click("#read")
        tab.page.locator("#token").wait_for()
        tab.page.fill("#token", TOKEN)
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_selector("#links a", timeout=LONG)
        tab.page.click("#read")
        tab.page.wait_for_selector("#links a", timeout=LONG)
        assert not tab.page.is_visible("#token")


def test_the_language_is_that_of_the_browser(browser: Any, server: Running) -> None:
    with Tab(browser, server.address, locale="zh-CN") as tab:
        assert tab.page.inner_text("h1") == "读取表达的情绪"
        tab.page.click("text=English")
        assert tab.page.inner_text("h1") == "Read an expressed emotion"
