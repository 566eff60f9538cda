"""How large is the HTML report of a long clip, and how soon can it be read? Needs Chromium and `pip install playwright`.

    python benchmarks/report.py [--chromium /usr/bin/chromium]

A made-up hour: 1,200 segments of three people, every modality, no media. Prints the size, the time to write it, and, from the
start of loading in a cold page, the time until something is painted, until the page answers clicks, and until all
charts are drawn: the median of five runs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from mien.report.html import write_html
from mien.timeline import Prediction, Timeline
from mien.types import EMOTIONS, MODALITIES, Modality, Span

_WORDS = ["I", "really", "did", "not", "expect", "that", "we", "would", "see", "each", "other", "here", "today"]
_QUALITY: dict[Modality, dict[str, float]] = {
    "text": {"confidence": 0.83, "words": 9.0},
    "voice": {"snr_db": 21.4, "seconds": 2.2},
    "face": {"side_px": 120.0, "sharpness": 0.42},
}


def hour(segments: int = 1200, people: int = 3, seconds: float = 3600.0, seed: int = 0) -> Timeline:
    """A timeline as full as they come: drawn at random, the same for the same seed."""
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
    return Timeline("hour.mp4", seconds, "research", "0" * 64, tuple(predictions), label, mean, 0.1, 0.2)


def opened(page: Path, chromium: str, runs: int = 5) -> tuple[float, float, float]:
    """Seconds until something is painted, until the page answers, until all is drawn; each run in a new browser."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as driver:
        for _ in range(runs):
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            tab = browser.new_page(viewport={"width": 1366, "height": 900})
            tab.goto(page.absolute().as_uri(), wait_until="commit")
            tab.wait_for_selector("html[data-ready]", state="attached")
            ready = tab.evaluate("performance.now()")
            tab.wait_for_selector("html[data-drawn='4']", state="attached")
            drawn = tab.evaluate("performance.now()")
            paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            found.append((paint / 1000, ready / 1000, drawn / 1000))
            browser.close()
    paint, ready, drawn = (median(times) for times in zip(*found, strict=True))
    return paint, ready, drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    chromium = parser.parse_args().chromium
    timeline = hour()
    write_html(timeline)  # reads templates and Plotly for the first time
    started = time.perf_counter()
    content = write_html(timeline)
    print(f"written in {time.perf_counter() - started:.2f} s, {len(content.encode()) / 1e6:.2f} MB")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hour.html"
        path.write_text(content, encoding="utf-8")
        paint, ready, drawn = opened(path, chromium)
    print(f"painted after {paint:.2f} s, answers after {ready:.2f} s, all charts after {drawn:.2f} s")


if __name__ == "__main__":
    main()
