from __future__ import annotations

import numpy as np
import pytest

from mien.model.alignment import Encoded, clock
from mien.model.padding import padded
from mien.recipe.sections import Alignment
from mien.types import Track


def test_tracks_are_padded_with_zeros_and_their_last_time() -> None:
    short = Track(np.asarray([0.5]), np.asarray([[7, 8]], np.uint8))
    long = Track(np.asarray([0.0, 1.0, 2.5]), np.arange(6, dtype=np.uint8).reshape(3, 2))
    found = padded([short, None, long])
    assert found.values.dtype == np.uint8
    assert found.values.tolist() == [[[7, 8], [0, 0], [0, 0]], [[0, 0]] * 3, [[0, 1], [2, 3], [4, 5]]]
    assert found.mask.tolist() == [[True, False, False], [False] * 3, [True] * 3]
    assert found.times.dtype == np.float32
    assert found.times.tolist() == [[0.5, 0.5, 0.5], [0.0, 0.0, 0.0], [0.0, 1.0, 2.5]]


@pytest.mark.parametrize("seconds", [0.0, 0.19, 0.2, 1.8, 2.6, 59.9999])
def test_the_clock_of_a_bundle_is_that_of_its_model(seconds: float) -> None:
    """1.8 s times 5 is a whole number in float32 only: a step is lost where one side computes otherwise."""
    import torch

    from mien.bundle.encoded import EncodedTracks
    from mien.bundle.graphs import _steps

    how = Alignment("nearest", rate=5.0)
    times, mask = np.asarray([[0.0, seconds]], np.float32), np.ones((1, 2), bool)
    tensors = ([torch.from_numpy(part)] for part in (times[..., None], mask, times, times))
    ours = _steps(how, [EncodedTracks(times[..., None], mask, times, times)])
    model = clock(how, Encoded(*tensors))
    assert model is not None
    assert ours.tolist() == model.tolist()
    assert len(ours) == int(np.floor(np.float32(seconds) * np.float32(5.0))) + 1
