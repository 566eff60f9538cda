from __future__ import annotations

import numpy as np
import pytest

from mien.runtime import shelf
from mien.runtime.shelf import Place, Shelf


def test_arrays_come_back_byte_for_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_IN_MEMORY", 1000)
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(1, k, 3)).astype(np.float32) for k in range(200)] + [np.asarray([[1, 2]], np.int64).T]
    kept = Shelf()
    places = [kept.put(array) for array in arrays]
    assert all(isinstance(place, Place) for place in places)
    for array, place in [*zip(arrays, places, strict=True)][::-1]:
        found = kept.get(place)
        assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())
        found += 1


def test_a_full_disk_costs_memory_only(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Shelf()

    def full(_: bytes) -> int:
        raise OSError(28, "No space left on device")

    before = kept.put(np.ones(3))
    monkeypatch.setattr(kept._file, "write", full)
    array = np.arange(5)
    assert kept.get(kept.put(array)) is array
    assert kept.get(before).tolist() == [1, 1, 1]
