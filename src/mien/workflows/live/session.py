"""Reads what comes in live, on the same stream as files."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace

from mien.events import Answered, Event, Finished, Partial
from mien.media.cut import CutSettings
from mien.media.sources import Source
from mien.pipeline import Analyzer
from mien.samples import demo_clip
from mien.timeline import Prediction
from mien.types import Clip, Span
from mien.workflows.live.incoming import Incoming
from mien.workflows.live.steady import Shown, Steady

SETTINGS = CutSettings(page=2.0, settled=0.5, ongoing=0.2)
"""How live sound is cut: an utterance is answered half a second after its end, and five times a second while it goes on."""


@dataclass(frozen=True)
class Said:
    """An answer of a live session.

    Attributes:
        prediction: the answer.
        shown: what to show of the person now.
        latency: seconds from the arrival of what it is about: of the end of its span, or, if it is not final, of the newest
            piece that had been read; ``None`` when that is not known.
        final: whether it is about something that is over. Otherwise another answer follows.
    """

    prediction: Prediction
    shown: Shown
    latency: float | None
    final: bool


@dataclass(frozen=True)
class Dropped:
    """Pictures were left out because they came faster than they were read, or could not be read.

    Attributes:
        count: of the session so far.
    """

    count: int


def warm(analyzer: Analyzer) -> None:
    """Loads all models, by reading a second of the clip that comes with mien, so that the first words do not wait for them."""
    analyzer.analyze(Clip("demo", video=demo_clip(), span=Span(1.5, 2.0)))


def listen(analyzer: Analyzer, source: Incoming | Source) -> Generator[Said | Dropped | Event]:
    """The answers about what comes in, and the other events of the stream. Of ``Finished``, the timeline holds no portraits.

    Args:
        analyzer: cuts by ``SETTINGS``, or in another way for a source that does not come in live.
        source: what is said and shown. One that does not come in live has no latency.
    """
    steady, dropped = Steady(), 0
    live = source if isinstance(source, Incoming) else None
    with closing(analyzer.stream(iter(source) if isinstance(source, Incoming) else source)) as stream:
        for told in stream:
            if live is not None and live.dropped > dropped:
                dropped = live.dropped
                yield Dropped(dropped)
            if isinstance(told, Partial):
                behind = None if live is None else live.behind
                yield Said(told.prediction, steady.glance(told.prediction), behind, final=False)
            elif isinstance(told, Answered):
                p = told.prediction
                yield Said(p, steady.show(p), None if live is None else live.latency(p.span.end), final=True)
            elif isinstance(told, Finished):
                # A session keeps no picture of anybody, not even in its report.
                yield replace(told, timeline=replace(told.timeline, portraits={}))
            else:
                yield told
