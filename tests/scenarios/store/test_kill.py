"""A process that is killed at any moment loses nothing that was committed, and breaks no log."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs 'mien[store]'")
pytest.importorskip("cryptography", reason="needs 'mien[store]'")

from mien.scenarios.store.store import open_store

from ...conftest import ROOT

KILLS = 50
KEY = bytes(range(32))
WRITER = """
import os, sys
from datetime import date
from mien.scenarios.store.store import open_store
from tests.scenarios.made import session

def write():
    with open_store(sys.argv[1], bytes(range(32)), "writer", make=True) as store:
        while True:
            print(store.add("p017", session(date(2026, 11, 2)), date(2099, 1, 1), "ref-17"), flush=True)

for _ in sys.stdin:
    child = os.fork()  # so that the libraries are imported once
    if child == 0:
        write()
    print("process", child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fifty_kills(tmp_path: Path) -> None:
    rng, committed = random.Random(0), set[int]()
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writers:
        assert writers.stdin is not None
        assert writers.stdout is not None
        for _ in range(KILLS):
            writers.stdin.write("\n")
            writers.stdin.flush()
            lines = [writers.stdout.readline(), writers.stdout.readline()]  # the process, and its first record
            (process,) = (int(line.split()[1]) for line in lines if line.startswith("process"))
            time.sleep(rng.uniform(0, 0.05))
            os.kill(process, signal.SIGKILL)
            while not lines[-1].endswith("ended\n"):  # half a number may stand before it
                lines.append(writers.stdout.readline())
                assert lines[-1], "the writers ended"
            committed |= {int(line) for line in lines if line.strip().isdigit()}
    with open_store(str(tmp_path), KEY, "reader") as store:
        kept = [s.id for s in store.sessions("p017", "clinical", date(2026, 11, 2))]
        with store.database.read() as connection:
            entries = store.log.verified(connection)
    assert len(committed) >= KILLS
    assert committed <= set(kept)
    assert [e.detail for e in entries if e.action == "add session"] == [f"record {n}" for n in kept]
