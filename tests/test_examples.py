"""Every program in examples/ runs, and the package there adds its parts to mien."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from .conftest import ROOT, SHARED_DATA

EXAMPLES = ROOT / "examples"
IMPORTED = {"made_up", "caller"}
PROGRAMS = sorted(p for p in EXAMPLES.glob("*.py") if p.stem not in IMPORTED)
PLUGIN = EXAMPLES / "plugin"


def run(arguments: list[str], folder: Path, path: Path | None = None) -> str:
    places = [str(p) for p in (path, os.environ.get("PYTHONPATH")) if p]
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


NEEDS = {"livekit_agent": "livekit.agents", "pipecat_agent": "pipecat"}
DATA = {"own_labels": SHARED_DATA / "emodb7_2s"}
AGENT = r"heard: .*\n\"Don't forget a jacket\.\" .*\nheard: .*\n\"Don't forget .*\n(.*\n)*"
LIMIT = "Not: To persuade, sell to or bind people by their emotion."
EXPECTED = {
    "stream": r"says: \".+\"\n(.*\n)*\d\.\d s to \d\.\d s: happy \(\d+%\)\n(.*\n)*On the whole: happy",
    "live": r"\d\.\d s: person-1 expresses neutral",
    "many": r"demo\.mp4,happy,0\.\d+,\d+",
    "train": r"clips test, macro_f1: 0\.9\d+ ± 0\.0\d+ \(n = 80\)\n(.*\n)*from text, macro_f1: 0\.[78]",
    "own_fusion": r"not run: the recipe runs the code of '.*loudest\.py'; read it, and allow it with --allow-code\n"
    r"made-up, macro_f1: 0\.9\d+, .*\nloudest, macro_f1: 0\.[89]\d+, always the commonest answer: 0\.3\d+",
    "compare": r"\| late \| 0\.9\d+ ± .*\n\| concat \| 0\.9\d+ ± ",
    "sessions": r"Usable minutes: words 0\.0, .*\nToo few earlier recordings for a comparison: 1, .*\nforgotten: 2 records",
    "chat": rf"order\?\n\(neutral \d+%\) I see.*\n> I am so angry.*\n\(angry \d+%\) I am sorry about this(.*\n)*{LIMIT}",
    "livekit_agent": AGENT + LIMIT,
    "pipecat_agent": AGENT + LIMIT,
    "own_labels": r"80 can be labelled; 10 people(.*\n)*set: 160 votes by 2 on 80 of 80 clips(?!(.*\n)*.*a sure draft)(.*\n)*"
    r"speakers +7 +1 +2\n(.*\n)*test of delivery on manifest: macro_f1 0\.[4-9].*, always the commonest answer 0\.[3-5]",
}


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_it_runs(program: Path, tmp_path: Path) -> None:
    if program.stem in NEEDS:
        pytest.importorskip(NEEDS[program.stem], reason="needs its package: examples/README.md")
    data = [DATA[program.stem]] if program.stem in DATA else []
    if not all(folder.is_dir() for folder in data):
        pytest.skip(f"needs the data of {data[0].name}")
    assert re.search(EXPECTED[program.stem], run([str(program), *map(str, data)], tmp_path))


def test_every_program_is_in_the_table() -> None:
    table = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([\w/.]+)` \|", table, re.M) == [*(f"{name}.py" for name in EXPECTED), "plugin/"]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder in which the example package lies as if it were installed."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    information = tmp_path / f"mien_example-{project['version']}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = project["entry-points"].items()
    told = (f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in named.items()) for group, named in groups)
    (information / "entry_points.txt").write_text("\n".join(told))
    (tmp_path / "mien_example").symlink_to(PLUGIN / "mien_example")
    return tmp_path


USES = """
import numpy as np
from mien.metrics.base import metrics_of
from mien.timeline import Prediction, Timeline
from mien.types import Span, Task

worst = metrics_of(Task("mood", labels=("a", "b")))["worst_recall"]
truth = np.eye(2, dtype=np.float32)
print(worst(truth[[0, 0, 0, 1]], truth[[0, 0, 1, 1]]))
said = Prediction(Span(0.5, 2.0), None, "", "happy", {"happy": 1.0}, 0.8, 0.5, {}, {}, {})
Timeline("x", 2.0, "b", "0", (said,), "happy", {"happy": 1.0}, 0.8, 0.5).save("x.labels")
print(open("x.labels").read())
"""


def test_the_package_adds_its_parts(installed: Path, tmp_path: Path) -> None:
    assert run(["-c", USES], tmp_path, installed).split() == ["0.5", "0.500", "2.000", "happy"]


def test_the_page_shows_the_package() -> None:
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```toml\n(.*?)^```$", page, re.M | re.S)
    assert shown.strip() in (PLUGIN / "pyproject.toml").read_text(encoding="utf-8")
