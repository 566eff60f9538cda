from __future__ import annotations

from mien.media.speech.languages import settle


def test_a_short_utterance_asks_its_neighbours() -> None:
    heard = [{"pl": 0.9, "cs": 0.1}, {"cs": 0.5, "pl": 0.4}, {"pl": 0.8, "cs": 0.2}]
    assert settle(heard, [3.0, 0.5, 2.0]) == ["pl", "pl", "pl"]
    assert settle(heard[1:2], [0.5]) == ["cs"], "alone, it has nobody to ask"


def test_a_clear_stranger_stays_and_changes_nobody() -> None:
    english = {"en": 0.95, "de": 0.05}
    heard = [english] * 9 + [{"de": 0.9, "en": 0.1}]
    assert settle(heard, [4.0] * 9 + [1.0]) == ["en"] * 9 + ["de"]


def test_a_long_utterance_counts_for_more() -> None:
    heard = [{"de": 0.55, "nl": 0.45}, {"nl": 0.6, "de": 0.4}]
    assert settle(heard, [9.0, 1.0]) == ["de", "nl"]
    assert settle([heard[0], {"nl": 0.52, "de": 0.48}], [9.0, 1.0]) == ["de", "de"]
