"""Analysis in several processes and threads."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mien import Analyzer
from tests.conftest import needs_torch

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


_LOADED = """
import sys
from torch.utils.data import DataLoader, Dataset
from mien import Analyzer
from mien.errors import InputError

TEXTS = ["I love it.", "I hate it."]

class Answers(Dataset):
    analyzer = None

    def __len__(self):
        return len(TEXTS)

    def __getitem__(self, number):
        if Answers.analyzer is None:
            Answers.analyzer = Analyzer("open", asr="off")
        return Answers.analyzer.analyze(text=TEXTS[number]).label

if __name__ == "__main__":
    here = [Analyzer("open", asr="off").analyze(text=text).label for text in TEXTS]
    way = sys.argv[1]
    try:
        found = [labels[0] for labels in DataLoader(Answers(), num_workers=1, multiprocessing_context=way)]
    except InputError as error:
        sys.exit(7 if way == "fork" and "was forked after mien had opened its models" in str(error) else 8)
    assert way == "spawn" and found == here
"""


@needs_torch
@pytest.mark.slow
@pytest.mark.parametrize(("way", "code"), [("spawn", 0), ("fork", 7)])
def test_workers_of_a_data_loader_after_an_analysis(way: str, code: int, tmp_path: Path) -> None:
    """Spawned ones work; forked ones, the default of torch on Linux, are refused and do not hang."""
    if way == "fork" and not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    script = tmp_path / "loaded.py"
    script.write_text(_LOADED, encoding="utf-8")
    done = subprocess.run([sys.executable, str(script), way], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code, done.stderr
