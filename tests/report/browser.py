"""A real browser for tests: Debian's Chromium, headless, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

OPTIONS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"]
LAPTOP = {"viewport": {"width": 1366, "height": 850}}
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


def chromium() -> str:
    """Path of a browser (MIEN_CHROMIUM names another); skips the test where there is none."""
    pytest.importorskip("playwright", reason="needs playwright: pip install '.[dev]'")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("MIEN_CHROMIUM") or next((p for n in names if (p := shutil.which(n))), None)
    if found is None:
        pytest.skip("there is no Chromium: apt-get install chromium, or set MIEN_CHROMIUM")
    return found


@dataclass
class Opened:
    """A page in a tab, and what the browser said and asked for meanwhile."""

    tab: Any
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def ask(self, code: str) -> Any:
        """The value of an expression of JavaScript."""
        return self.tab.evaluate(code)

    def wait(self, code: str) -> None:
        """Until an expression holds, for at most 10 seconds."""
        # Playwright's own waiting evaluates text inside the page, which the page's policy forbids.
        for _ in range(200):
            if self.ask(code):
                return
            self.tab.wait_for_timeout(50)
        pytest.fail(f"never came true: {code}")

    @property
    def shown(self) -> int:
        """Number of the moment that the panel shows."""
        shown: int = self.ask("now.shown")
        return shown


@contextmanager
def opened(browser: Any, page: Path, **options: Any) -> Iterator[Opened]:
    """Open a page and wait until its charts are drawn."""
    context = browser.new_context(**{**LAPTOP, **options})
    tab = context.new_page()
    found = Opened(tab)
    tab.on("console", lambda m: found.said.append(f"{m.type}: {m.text}"))
    tab.on("pageerror", lambda e: found.said.append(f"error: {e}"))
    tab.on("dialog", lambda d: found.said.append(f"dialog: {d.message}"))
    tab.on("request", lambda r: found.requests.append(r.url))
    try:
        tab.goto(page.absolute().as_uri())
        if options.get("java_script_enabled", True):
            tab.wait_for_selector("html[data-ready]", state="attached", timeout=30_000)
            if tab.query_selector(".chart"):
                found.wait("document.documentElement.dataset.drawn == charts.all.length")
        yield found
    finally:
        context.close()
