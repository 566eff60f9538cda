from __future__ import annotations

import numpy as np
import pytest

from mien.bundle.bundle import Bundle
from mien.data.load import words_of
from mien.encoders.base import encoders
from mien.encoders.bundled import Bundled
from mien.errors import InputError
from mien.types import Modality, Segment, Span


def said(text: str, *before: str) -> Segment:
    return Segment(Span(0.0, 1.0), words=words_of(text), context=before)


def test_it_gives_the_mean_of_the_states_of_the_bundle() -> None:
    track = Bundled("text").prepare(said("What a lovely day"))
    bundle = Bundle.load("research")
    inner = bundle.encoders["text"].prepare(said("What a lovely day"))
    assert track is not None
    assert inner is not None
    np.testing.assert_allclose(track.values, bundle.encode("text", [inner]).states.mean(axis=1), atol=1e-5)


def test_lines_before_are_rows_before() -> None:
    encoder = Bundled("text", context=2)
    track = encoder.prepare(said("No!", "Dropped, as too far away.", "Is it true?", "They say so."))
    alone = encoder.prepare(said("No!"))
    assert track is not None
    assert alone is not None
    assert track.times.tolist() == [-2.0, -1.0, 0.0]
    assert track.values[:, -1].tolist() == [0.0, 0.0, 1.0]
    np.testing.assert_array_equal(track.values[-1], alone.values[0])
    before = Bundled("text").prepare(said("They say so."))
    assert before is not None
    np.testing.assert_array_equal(track.values[1, :-1], before.values[0])


def test_the_answer_depends_on_the_lines_before() -> None:
    import torch

    network = (
        encoders.build({"name": "bundled", "modality": "text", "context": 2, "network": "attention"}).network().eval()
    )
    encoder = Bundled("text", context=2)
    tracks = [encoder.prepare(said("Yes.", before)) for before in ("Did you win?", "Is she dead?")]
    values = torch.from_numpy(np.stack([t.values for t in tracks if t is not None]))
    first, second = network(values, torch.ones(values.shape[:2], dtype=torch.bool))
    assert not torch.allclose(first, second)


@pytest.mark.parametrize(
    ("bundle", "modality", "context", "message"),
    [("gone", "text", 0, "no shipped bundle 'gone'"), ("research", "voice", 2, "only text has context")],
)
def test_mistakes_are_named(bundle: str, modality: Modality, context: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Bundled(modality, bundle, context)
