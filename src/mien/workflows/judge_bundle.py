"""Judges a bundle on composites of held-out clips, and measures what it costs."""

from __future__ import annotations

import time
from pathlib import Path

from mien.bundle.bundle import Bundle
from mien.events import Work
from mien.pipeline import Analyzer
from mien.report.studies.together import Cost, together
from mien.samples import demo_clip
from mien.study.together import Together, measured

_MEGABYTE = 1e6


def judged(wanted: Together, root: Path) -> Work[str]:
    """The text of the benchmark.

    Args:
        wanted: the benchmark.
        root: folder of the data sets.

    Raises:
        RecipeError: a data set of the bundle is missing.
    """
    found = yield from measured(wanted, Bundle.load(wanted.bundle), root)
    return together(wanted, found, costs(wanted.bundle))


def costs(name: str) -> list[Cost]:
    """The graphs of each modality, and the analysis of the demo clip with words and without."""
    bundle = Bundle.load(name)
    found = []
    for modality, entry in bundle.table.encoders.items():
        files = [entry.bytes, *(f.bytes for f in entry.assets.values()), entry.trunk.bytes if entry.trunk else 0]
        found.append(Cost(modality, sum(files) / _MEGABYTE))
    found.append(Cost("fusion", bundle.table.fusion.graph.bytes / _MEGABYTE))
    for asr, part in (("auto", "demo clip, words heard"), ("off", "demo clip, without words")):
        found.append(_analysis(Analyzer(name, asr), part))
    return found


def _analysis(analyzer: Analyzer, part: str) -> Cost:
    """The cost of an analysis with loaded models."""
    analyzer.analyze(demo_clip())
    start = time.perf_counter()
    timeline = analyzer.analyze(demo_clip())
    seconds = time.perf_counter() - start
    return Cost(part, milliseconds=1000 * seconds, share=seconds / timeline.duration)
