"""Draws docs/report.webp: the report of the demo clip in Chromium. `python -m tools.report_picture [--chromium PATH]`."""

from __future__ import annotations

import argparse
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from mien import Analyzer
from mien.events import Event, Finished, finish
from mien.report.exporters.html import write_html
from mien.report.page.media import referred
from mien.samples import demo_clip
from mien.workflows.explain_clip import Clearest


def picture(page: Path, chromium: str) -> bytes:
    """A WebP picture of the upper part of a report, at its third moment, which is explained."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 1500})
        tab.goto(page.absolute().as_uri())
        tab.wait_for_selector("html[data-drawn]", state="attached")
        tab.click("#m2")
        tab.evaluate("seek(data.moments[2].s + 0.5, 2)")
        tab.mouse.move(0, 0)
        tab.wait_for_timeout(1000)
        tab.evaluate("scrollTo(0, 0)")
        tab.wait_for_timeout(500)
        drawn = tab.screenshot()
        browser.close()
    file = BytesIO()
    Image.open(BytesIO(drawn)).convert("RGB").save(file, "WEBP", quality=82, method=6)
    return file.getvalue()


def main() -> None:
    """Analyzes the demo clip, writes its report, and draws it."""
    parser = argparse.ArgumentParser(description="Draws docs/report.webp.")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    chromium = parser.parse_args().chromium
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        media = referred(demo_clip(), page, "video")
        analyzer, clearest, ends = Analyzer(), Clearest(), list[Finished]()

        def look(event: Event) -> None:
            clearest.look(event)
            ends.extend([event] if isinstance(event, Finished) else [])

        timeline = finish(analyzer.stream(demo_clip()), look)
        explained = finish(clearest.explain(analyzer, ends[0]))
        page.write_text(write_html(timeline, media=media, explained=explained), encoding="utf-8")
        (Path(__file__).parents[1] / "docs" / "report.webp").write_bytes(picture(page, chromium))


if __name__ == "__main__":
    main()
