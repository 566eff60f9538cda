from __future__ import annotations

import pytest

from mien.runtime import threads


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [("3", 3, 3), ("99999999999", 256, 256), ("0", 1, 8), ("-1", 1, 8), ("²", 1, 8), ("", 1, 8)],
)
def test_any_wish_for_threads_gives_a_number_that_libraries_take(
    asked: str, least: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_THREADS", asked)
    threads.count.cache_clear()
    found = threads.count()
    threads.count.cache_clear()
    assert least <= found <= most
