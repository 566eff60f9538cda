"""A real browser for tests, Debian's Chromium driven by Playwright, and a timeline to show in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mien.emotions import EMOTIONS
from mien.events import Notice
from mien.explanation import Calibrated, Evidence, Explanation, Piece, Stage
from mien.timeline import Curve, FaceBoxes, Prediction, Timeline
from mien.types import Modality, Span

OPTIONS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"]
LAPTOP: dict[str, Any] = {"viewport": {"width": 1366, "height": 850}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


def chromium() -> str:
    """Path of a browser (MIEN_CHROMIUM names another); skips the test where there is none."""
    pytest.importorskip("playwright", reason="needs playwright: pip install '.[dev]'")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("MIEN_CHROMIUM") or next((p for n in names if (p := shutil.which(n))), None)
    if found is None:
        pytest.skip("there is no Chromium: apt-get install chromium, or set MIEN_CHROMIUM")
    return found


@contextmanager
def launched(*options: str) -> Iterator[Any]:
    """A running browser with some more options; skips the test where there is none."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=[*OPTIONS, *options])
        yield browser
        browser.close()


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
    """Open a page, whose charts are there from the start."""
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
        yield found
    finally:
        context.close()


def said(start: float, end: float, label: str, sure: float, who: str = "person-1", text: str = "") -> Prediction:
    scores = dict.fromkeys(EMOTIONS, (1 - sure) / 6) | {label: sure}
    other = dict.fromkeys(EMOTIONS, 0.05) | {"sad": 0.7}
    opinions: dict[Modality, dict[str, float]] = {"voice": scores, "face": other}
    shares: dict[Modality, float] = {"voice": 0.6, "face": 0.4}
    quality: dict[Modality, dict[str, float]] = {"voice": {"snr_db": 20.0}, "face": {"side_px": 90.0}}
    rows = np.asarray([[scores[k] for k in EMOTIONS]] * 3, np.float32)
    times = np.linspace(start, end, 3, endpoint=False)
    curve = Curve(times, rows, np.full(3, 0.1, np.float32), np.asarray([False, True, False]))
    left = 0.1 if who == "person-1" else 0.6
    boxes = FaceBoxes(times, np.asarray([[left, 0.2, left + 0.2, 0.6]] * 3, np.float32))
    return Prediction(
        Span(start, end),
        who,
        text,
        label,
        scores,
        0.1,
        0.2,
        shares,
        opinions,
        quality,
        uncertain=sure < 0.5,
        curves={"voice": curve, "face": curve},
        faces=boxes,
    )


def portrait() -> bytes:
    """A small JPEG."""
    file = BytesIO()
    Image.new("RGB", (8, 8), (200, 150, 120)).save(file, "JPEG")
    return file.getvalue()


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
    (Notice("no_speech"),),
    portraits={"person-1": portrait()},
)


def explained(prediction: Prediction, label: str, *evidence: Evidence) -> Explanation:
    """An explanation of a made-up answer, with what stands in every one."""
    stages = (
        Stage("prepare", "voice", "voice_whisper"),
        Stage("encode", "voice", "voice_whisper", "voice-0123456789ab.onnx", "0123456789ab" + "0" * 52),
        Stage("fuse", None, "late", "fusion-ba9876543210.onnx", "ba9876543210" + "0" * 52),
    )
    pooled = dict.fromkeys(EMOTIONS, 0.02) | {label: 0.88}
    return Explanation(
        "talk.mp4", "research", "0" * 64, "emotion", prediction, label, 1 / 7, {"voice": 0.5}, {}, pooled,
        Calibrated("voice", "temperature", False, 1.0, 0.9, 0.5), {"voice": 0.6}, stages, ("text",), evidence,
    )  # fmt: skip


def words(*pairs: tuple[str, float]) -> Evidence:
    return Evidence("text", "occlusion_words", tuple(Piece(w, text, Span(0.2, 0.8)) for text, w in pairs))


SPANS, BANDS = (Span(0.2, 0.8), Span(0.8, 1.5)), ((0.0, 500.0), (500.0, 8000.0))
SOUND = Evidence(
    "voice",
    "occlusion_sound",
    tuple(Piece(w, span=s, band=b) for (b, s), w in zip(product(BANDS, SPANS), (0.0, 0.3, -0.2, 0.0), strict=True)),
)
BOXES = ((0.0, 0.0, 0.5, 0.5), (0.5, 0.0, 1.0, 0.5), (0.0, 0.5, 0.5, 1.0), (0.5, 0.5, 1.0, 1.0))
FACE = Evidence(
    "face",
    "occlusion_face",
    tuple(Piece(w, box=b) for b, w in zip(BOXES, (0.1, 0.4, -0.3, 0.0), strict=True)),
    b"\x89PNG",
)
SAID = words(("Don't", 0.05), ("forget", -0.3), ("a", 0.0), ("jacket.", 0.6))
EXPLAINED = [explained(TALK.predictions[0], "neutral", SAID, SOUND, FACE)]
