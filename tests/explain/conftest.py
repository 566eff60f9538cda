"""The demo clip, read once and explained."""

from __future__ import annotations

import pytest

from mien.events import Answered
from mien.explain.question import Moment, Question
from mien.pipeline import Analyzer
from mien.samples import demo_clip
from mien.timeline import Prediction


@pytest.fixture(scope="package")
def analyzer() -> Analyzer:
    return Analyzer("research")


@pytest.fixture(scope="package")
def watched(analyzer: Analyzer) -> list[tuple[Moment, Prediction]]:
    """The moments of the demo clip, and what was answered to each."""
    stream = analyzer.stream(demo_clip())
    return [(event.moment, event.prediction) for event in stream if isinstance(event, Answered)]


@pytest.fixture(scope="package")
def question(analyzer: Analyzer, watched: list[tuple[Moment, Prediction]]) -> Question:
    """About a moment with words, voice and face."""
    moment, prediction = next((s, p) for s, p in watched if len(s.tracks) == 3)
    return Question(analyzer.bundle, moment, prediction.label)
