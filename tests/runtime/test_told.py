from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Self

import pytest

from mien.runtime import told


def test_a_note_is_told_once_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    assert told.first_today("some data are non-commercial")
    assert not told.first_today("some data are non-commercial")
    assert told.first_today("another note")

    class Tomorrow(date):
        @classmethod
        def today(cls) -> Self:
            return cls(2999, 1, 1)

    monkeypatch.setattr(told, "date", Tomorrow)
    assert told.first_today("some data are non-commercial")
