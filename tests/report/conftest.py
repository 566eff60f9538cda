"""A browser, and reports for it to open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mien.report.exporters.html import write_html
from mien.report.page.media import Media, embedded, referred
from mien.samples import demo_clip

from .browser import EXPLAINED, TALK, launched


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    with launched() as started:
        yield started


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo clip, and reports beside it."""
    path = tmp_path_factory.mktemp("report")
    clip = path / "talk with blank.mp4"
    shutil.copy(demo_clip(), clip)
    for lang in ("en", "zh"):
        page = path / f"{lang}.html"
        content = write_html(TALK, lang=lang, media=referred(clip, page, "video"), explained=EXPLAINED)
        page.write_text(content, encoding="utf-8")
    (path / "inside.html").write_text(write_html(TALK, media=embedded(clip, "video")), encoding="utf-8")
    gone = Media("video", "./gone.mp4")
    (path / "gone.html").write_text(write_html(TALK, media=gone), encoding="utf-8")
    (path / "none.html").write_text(write_html(TALK), encoding="utf-8")
    return path
