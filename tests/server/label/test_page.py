"""The labelling page in a real browser, by two annotators at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("fastapi")

from mien.collection.dataset import open_set
from mien.data.rows import read_rows

from ...report.browser import LAPTOP, PHONE, launched
from .serving import Labelling, labelling
from .sets import make

pytestmark = pytest.mark.slow
PLAIN = ("--gold-share", "0", "--repeat-share", "0")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("label"))


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Labelling]:
    with labelling(folder, *PLAIN) as started:
        yield started


class Person:
    """An annotator with a browser tab."""

    def __init__(self, browser: Any, server: Labelling, name: str, query: str = "?lang=en", **options: Any) -> None:
        self.context = browser.new_context(**{**LAPTOP, **options})
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda m: self.said.append(m.text))
        self.page.on("pageerror", lambda e: self.said.append(str(e)))
        self.page.on(
            "request", lambda r: None if r.url.startswith((server.address, "data:")) else self.said.append(r.url)
        )
        self.page.goto(f"{server.address}/{query}")
        self.page.wait_for_selector("html[data-ready]", state="attached")
        self.page.fill("#who", name)
        self.page.press("#who", "Enter")
        self.page.wait_for_selector("#desk:not([hidden])")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def until(self, code: str) -> None:
        """Waits until an expression holds. Playwright's own waiting evaluates text, which the page's policy forbids."""
        for _ in range(200):
            if self.page.evaluate(code):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never came true: {code}")

    def counted(self, text: str) -> None:
        """Waits until the progress says so."""
        self.page.locator("#count", has_text=text).wait_for(timeout=10_000)


def test_two_people_vote_at_once_by_keyboard(browser: Any, server: Labelling, folder: Path) -> None:
    ann, bob = Person(browser, server, "Ann"), Person(browser, server, "Bob")
    for place in range(1, 4):
        ann.press("2", "2", "3", "Enter")  # happy twice as much as sad
        bob.press("4", "Enter")
        ann.counted(f"{place} of 6")
        bob.counted(f"{place} of 6")
    ann.press("u")
    ann.counted("2 of 6")
    ann.press("0", "w")  # cannot tell, and a word
    ann.page.keyboard.type("puzzled")
    ann.press("Enter")
    ann.counted("3 of 6")
    assert "Proposed by the model: happy (about 70%)." in ann.page.inner_text("#status")
    while ann.page.locator("#vote").is_visible():
        ann.page.click("#scale summary") if not ann.page.locator("#scale[open]").count() else None
        box = ann.page.locator("#pad").bounding_box()
        ann.page.locator("#pad").click(position={"x": 0.75 * box["width"], "y": 0.25 * box["height"]})
        before = ann.page.inner_text("#count")
        ann.page.click("#send")
        ann.page.wait_for_timeout(50)
        ann.page.locator("#count").filter(has_not_text=before).wait_for(state="attached", timeout=10_000)
    assert ann.page.inner_text("#status") == "All clips are done. Thank you!"
    bob.page.click("#manifest")
    bob.page.locator("#status", has_text="The manifest is written: 6 clips").wait_for()
    assert ann.said == bob.said == []
    with open_set(folder) as dataset:
        votes = [vote for vote in dataset.votes() if vote.annotator in ("Ann", "Bob")]
    mine = {who: [v for v in votes if v.annotator == who] for who in ("Ann", "Bob")}
    assert [dict(v.labels) for v in mine["Bob"]] == [{"angry": 1.0}] * 3
    assert [dict(v.labels) for v in mine["Ann"][:2]] == [{"happy": 2.0, "sad": 1.0}] * 2
    assert (mine["Ann"][2].cannot_tell, mine["Ann"][2].words) == (True, "puzzled")
    assert [(v.valence, v.arousal) for v in mine["Ann"][3:]] == [(0.5, 0.5)] * 3
    assert [v.clip for v in mine["Ann"][:3]] != [v.clip for v in mine["Bob"]]
    assert all(0 < v.seconds < 60 for v in votes)
    assert not any(v.drafts_shown for v in votes)
    rows = {row["id"]: row for row in read_rows(folder / "manifest.csv")}
    assert any(float(row["votes_happy"] or 0) > 0.3 for row in rows.values())


def test_clips_play_and_their_span_can_be_corrected(browser: Any, server: Labelling, folder: Path) -> None:
    person = Person(browser, server, "Cleo")
    while not person.page.locator("#player video").count():
        before = person.page.inner_text("#count")
        person.press("1", "Enter")
        person.page.locator("#count").filter(has_not_text=before).wait_for()
    clip = person.page.evaluate("now.question.clip")
    start, end = person.page.evaluate("[now.question.start, now.question.end]")
    person.page.locator("#player video").evaluate("v => new Promise(r => v.readyState > 1 ? r() : v.oncanplay = r)")
    person.press("r")
    person.until(f"now.media.paused && clock() >= {end}")
    assert person.page.evaluate("clock()") < end + 0.5
    assert "<b>" in person.page.inner_text("#words")
    person.page.click("#span summary")
    person.page.fill("#start", f"{start + 0.1:.2f}")
    person.page.locator("#h-clip").focus()
    person.press("6", "Enter")
    person.page.wait_for_timeout(300)
    with open_set(folder) as dataset:
        (vote,) = [v for v in dataset.votes() if (v.clip, v.annotator) == (clip, "Cleo")]
    assert (vote.start, vote.end) == pytest.approx((start + 0.1, end))
    assert person.said == []


def test_what_the_browser_cannot_play_is_made_anew(browser: Any, tmp_path: Path, samples: Path) -> None:
    """An .flv, which no browser plays."""
    folder = make(tmp_path, clips=3)
    shutil.copy(samples / "video" / "cremad_1001_DFA_HAP.flv", tmp_path / "demo.mp4")
    with labelling(folder, *PLAIN) as server:
        person = Person(browser, server, "Eva")
        while not person.page.locator("#player video").count():
            before = person.page.inner_text("#count")
            person.press("1", "Enter")
            person.page.locator("#count").filter(has_not_text=before).wait_for()
        person.until("now.media?.src.includes('/video/') && now.media.readyState > 1")
        assert person.page.evaluate("now.media.videoWidth") > 100
        assert person.page.inner_text("#status") in (
            "",
            "Your vote is stored. Proposed by the model: happy (about 70%).",
        )


@pytest.mark.parametrize(("lang", "options"), [("en", LAPTOP), ("zh", PHONE)], ids=["laptop", "phone"])
def test_everybody_can_use_it(browser: Any, server: Labelling, options: dict[str, Any], lang: str) -> None:
    runner = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe: pip install '.[dev]'")
    person = Person(browser, server, f"Dora {lang}", f"?lang={lang}", **options)
    for part in ("#scale", "#more"):
        person.page.locator(f"{part} summary").click()
    found = runner.Axe().run(person.page)
    assert [f"{v['id']}: {[n['html'][:100] for n in v['nodes']]}" for v in found.response["violations"]] == []
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = "[...document.querySelectorAll('button.label, #send')].filter(b => b.getBoundingClientRect().height < 40).length"
    assert person.page.evaluate(small) == 0
    assert person.page.evaluate("document.documentElement.lang") == ("zh-Hans" if lang == "zh" else "en")
    assert person.said == []
