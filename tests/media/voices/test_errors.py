"""The diarization error rate of benchmarks/voices.py, by hand."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from mien.types import Span

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def voices() -> ModuleType:
    spec = spec_from_file_location("benchmark_voices", ROOT / "benchmarks" / "voices.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


TRUE = [(Span(0.0, 4.0), "Ann"), (Span(5.0, 8.0), "Bob"), (Span(8.0, 10.0), "Ann")]


def test_names_do_not_matter(voices: ModuleType) -> None:
    found = [(span, {"Ann": "voice-2", "Bob": "voice-1"}[who]) for span, who in TRUE]
    assert voices.errors(TRUE, found) == voices.Errors(0.0, 0.0)


def test_one_voice_for_all_confuses_the_shorter_speaker(voices: ModuleType) -> None:
    found = [(Span(0.0, 4.0), "voice-1"), (Span(5.0, 10.0), "voice-1")]
    assert voices.errors(TRUE, found) == voices.Errors(pytest.approx(3 / 9), pytest.approx(3 / 9))


def test_missed_and_invented_speech_are_errors_too(voices: ModuleType) -> None:
    found = [(Span(0.0, 5.0), "voice-1"), (Span(5.0, 8.0), "voice-2")]
    assert voices.errors(TRUE, found) == voices.Errors(pytest.approx(3 / 9), 0.0)


def test_a_person_with_two_voices_is_confused_for_the_shorter_part(voices: ModuleType) -> None:
    found = [(Span(0.0, 4.0), "voice-1"), (Span(5.0, 8.0), "voice-2"), (Span(8.0, 10.0), "voice-3")]
    assert voices.errors(TRUE, found) == voices.Errors(pytest.approx(2 / 9), pytest.approx(2 / 9))
