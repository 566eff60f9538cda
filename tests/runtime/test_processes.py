"""Analysis in several processes and threads."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from mien import Analyzer

_FORKED = """
import os
from mien import Analyzer
from mien.errors import InputError
analyzer = Analyzer("open", asr="off")
analyzer.analyze(text="I love it.")
child = os.fork()
if not child:
    try:
        Analyzer("open", asr="off").analyze(text="I love it.")
    except InputError as error:
        os._exit(7 if "was forked after mien had opened its models" in str(error) else 8)
    os._exit(9)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
analyzer.analyze(text="It works on in the first process.")
"""
_SPAWNED = """
import multiprocessing
from mien import Analyzer

def work(text):
    return Analyzer("open", asr="off").analyze(text=text).label

if __name__ == "__main__":
    here = [work(text) for text in ("I love it.", "I hate it.")]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(work, ["I love it.", "I hate it."]) == here
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_of_a_warm_process_is_refused_and_does_not_hang() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", _FORKED], check=True, timeout=300)


@pytest.mark.slow
def test_processes_that_are_spawned_work(tmp_path: os.PathLike[str]) -> None:
    script = os.path.join(tmp_path, "spawned.py")
    with open(script, "w", encoding="utf-8") as file:
        file.write(_SPAWNED)
    subprocess.run([sys.executable, script], check=True, timeout=600)


def test_threads_with_an_analyzer_each_work_side_by_side() -> None:
    texts = ["I love it.", "I hate it.", "What a surprise!", "It is a table."]

    def work(text: str) -> str | None:
        return Analyzer("open", asr="off").analyze(text=text).label

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, texts)) == [work(text) for text in texts]
