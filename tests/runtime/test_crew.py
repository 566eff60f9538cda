"""Several workers share orders; some end their worker, which costs nothing but a second try."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from mien.errors import MienError
from mien.runtime.crew import Crashed, Crew

from ..conftest import ROOT

MODULE = "tests.runtime.deadly"


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def ends(crew: Crew, orders: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, message in crew.perform(orders):
        if isinstance(message, Crashed) or "doing" not in message:
            assert orders[number]["name"] not in found, "an order ends once"
            found[orders[number]["name"]] = message
    return found


def test_each_order_is_carried_out_once_whatever_happens_to_the_workers(tmp_path: Path) -> None:
    orders: list[dict[str, Any]] = [{"name": str(n)} for n in range(12)]
    orders[3] |= {"do": "crash"}
    orders[5] |= {"once": str(tmp_path / "killed")}
    orders[7] |= {"do": "fail"}
    orders[9] |= {"do": "grow"}
    with closing(Crew(MODULE, [], 2)) as crew:
        found = ends(crew, orders)
        assert {name for name, message in found.items() if isinstance(message, Crashed)} == {"3", "9"}, "tried twice"
        assert found["7"] == {"failed": "no"}
        assert found["5"]["end"] == 1.0, "what was killed once is done at the second try"
        assert set(found) == {str(n) for n in range(12)}
        # Two crashes, two refusals of memory and one kill; after the last orders, nobody starts again.
        assert 3 <= crew.restarts <= 5
        assert len(ends(crew, [{"name": "again"}])) == 1, "workers stay for more orders"
        pids = [child.pid for child in psutil.Process().children() if MODULE in child.cmdline()]
        assert pids
    assert not [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def test_workers_that_do_not_start_are_told() -> None:
    with closing(Crew("tests.runtime.no_such_module", [], 1)) as crew, pytest.raises(MienError, match="has ended"):
        ends(crew, [{"name": "a"}])


def test_closing_in_the_middle_ends_the_work() -> None:
    with closing(Crew(MODULE, [], 2)) as crew:
        work = crew.perform([{"name": str(n)} for n in range(100)])
        next(work)
        work.close()
