"""Measures the size of the HTML report of a long clip and how soon it can be read.

    python benchmarks/report.py [--chromium /usr/bin/chromium]

It needs Chromium and `pip install playwright`. The report is of an invented hour: 1,800 segments of three people with every
modality, 60 of them explained, without media. The benchmark prints the size and the time to write the report. In a new
browser it measures the time from the start of loading until something is painted, and until the page answers clicks and has
its charts. It also gives the processor time, which other programs change little. Figures are medians of five
runs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from PIL import Image

from mien.emotions import EMOTIONS
from mien.explanation import Calibrated, Evidence, Explanation, Piece, Stage
from mien.report.exporters.html import write_html
from mien.timeline import Prediction, Source, Timeline
from mien.types import MODALITIES, Modality, Span
from mien.workflows.explain_clip import MOST

_WORDS = ["I", "really", "did", "not", "expect", "that", "we", "would", "see", "each", "other", "here", "today"]
_QUALITY: dict[Modality, dict[str, float]] = {
    "text": {"confidence": 0.83, "words": 9.0},
    "voice": {"snr_db": 21.4, "seconds": 2.2},
    "face": {"side_px": 120.0, "sharpness": 0.42},
}


def hour(
    segments: int = 1800, people: int = 3, seconds: float = 3600.0, seed: int = 0
) -> tuple[Timeline, list[Explanation | None]]:
    """A timeline as full as they come, and its explanations: drawn at random, the same for the same seed."""
    rng = np.random.default_rng(seed)
    step = seconds / segments
    predictions = []
    for i in range(segments):
        present = [m for m in MODALITIES if rng.random() > 0.15] or ["face"]
        opinions = {m: dict(zip(EMOTIONS, map(float, rng.dirichlet(np.full(7, 0.35))), strict=True)) for m in present}
        shares = dict(zip(present, map(float, rng.dirichlet(np.full(len(present), 3.0))), strict=True))
        scores = {k: sum(shares[m] * opinions[m][k] for m in present) for k in EMOTIONS}
        predictions.append(
            Prediction(
                Span(i * step, (i + rng.uniform(0.6, 1.0)) * step),
                f"person-{1 + int(rng.integers(people))}",
                " ".join(rng.choice(_WORDS, 9)) if "text" in present else "",
                max(scores, key=lambda k: scores[k]),
                scores,
                float(rng.uniform(-0.6, 0.6)),
                float(rng.uniform(-0.3, 0.6)),
                shares,
                opinions,
                {m: _QUALITY[m] for m in present},
            )
        )
    mean = {k: float(np.mean([p.scores[k] for p in predictions])) for k in EMOTIONS}
    label = max(mean, key=lambda k: mean[k])
    timeline = Timeline("hour.mp4", seconds, "research", "0" * 64, tuple(predictions), label, mean, 0.1, 0.2)
    every = -(-segments // MOST)
    return timeline, [why(p, rng) if i % every == 0 else None for i, p in enumerate(predictions)]


def why(p: Prediction, rng: np.random.Generator) -> Explanation:
    """As much evidence as a moment has: words, a grid of sounds, and a grid over a face of 112 x 112 pixels."""
    start, end = p.span.start, p.span.end
    edges = np.linspace(start, end, 4)
    bands = list(pairwise((0.0, 500.0, 1000.0, 2000.0, 8000.0)))
    cuts = list(pairwise(np.linspace(0.0, 1.0, 8)))
    weight = partial(rng.normal, 0.0, 0.05)
    shade = np.add.outer(np.arange(112), np.arange(112))[..., None] + rng.integers(0, 6, (112, 112, 3))
    picture = BytesIO()
    Image.fromarray(shade.astype(np.uint8)).save(picture, "PNG")
    evidence = (
        Evidence("text", "occlusion_words", tuple(Piece(weight(), word, p.span) for word in p.text.split())),
        Evidence(
            "voice", "occlusion_sound", tuple(Piece(weight(), "", Span(*s), b) for b in bands for s in pairwise(edges))
        ),
        Evidence(
            "face",
            "occlusion_face",
            tuple(Piece(weight(), box=(x[0], y[0], x[1], y[1])) for y in cuts for x in cuts),
            picture.getvalue(),
        ),
    )
    stages = tuple(Stage("encode", m, m, f"{m}-0123456789ab.onnx", "0" * 64) for m in p.opinions)
    return Explanation(
        "hour.mp4",
        "research",
        "0" * 64,
        "emotion",
        p,
        p.label,
        1 / 7,
        dict[Source, float](p.shares.items()),
        {},
        p.scores,
        Calibrated("+".join(p.shares), "temperature", False, 1.0, 0.9, 0.5),
        p.shares,
        stages,
        (),
        evidence,
    )


class Opening(NamedTuple):
    """What opening a page took: seconds from the start of loading, and seconds of processor time of the page's main thread."""

    painted: float
    answers: float
    work: float


def opened(page: Path, chromium: str, runs: int = 5) -> Opening:
    """The median of ``runs`` openings, each in a new browser."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as driver:
        for _ in range(runs):
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            tab = browser.new_page(viewport={"width": 1366, "height": 900})
            session = tab.context.new_cdp_session(tab)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            tab.goto(page.absolute().as_uri(), wait_until="load")
            while not tab.evaluate("performance.getEntriesByName('first-contentful-paint').length"):
                tab.wait_for_timeout(100)
            marks = ("first-contentful-paint", "mien-ready")
            times = [tab.evaluate(f"performance.getEntriesByName('{name}')[0].startTime") / 1000 for name in marks]
            metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
            found.append((*times, metrics["TaskDuration"]))
            browser.close()
    return Opening(*map(median, zip(*found, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    chromium = parser.parse_args().chromium
    timeline, explained = hour()
    write_html(timeline)  # reads templates for the first time
    started = time.perf_counter()
    content = write_html(timeline, explained=explained)
    print(f"written in {time.perf_counter() - started:.2f} s, {len(content.encode()) / 1e6:.2f} MB")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hour.html"
        path.write_text(content, encoding="utf-8")
        found = opened(path, chromium)
    print(f"painted after {found.painted:.2f} s, answers and has its charts after {found.answers:.2f} s")
    print(f"processor time of the page: {found.work:.2f} s")


if __name__ == "__main__":
    main()
