"""The documents: what they show is run, what they link to exists, what they measure is what the bundles say.

A ```console block is run command by command (lines that begin with "$ ") and its output compared, "..." standing for
anything; a ```python block is run as a program. What is not run, such as a ```sh block, has a comment above that says why.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from tools import figures
from typer.testing import CliRunner

from mien.bundle.bundle import Bundle
from mien.cli import app
from mien.samples import demo_clip

from .conftest import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), ROOT / "examples" / "README.md"]
REASON = re.compile(r"<!-- not run here: \w.+ -->\s*$")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the text right above it."""

    document: Path
    line: int
    language: str
    text: str
    above: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"

    @property
    def excused(self) -> bool:
        """Whether the text above says why it is not run."""
        return REASON.search(self.above) is not None


def blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    found = re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)
    return [
        Block(document, text[: m.start()].count("\n") + 1, m[1], m[2], text[: m.start()].rstrip()[-300:]) for m in found
    ]


BLOCKS = [b for d in DOCUMENTS for b in blocks(d)]
RUN = [b for b in BLOCKS if b.language in {"console", "python"} and not b.excused]


def environment() -> dict[str, str]:
    """``mien`` is the one beside this Python; no colours, 100 columns."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the commands run: a folder with a clip called talk.mp4."""
    shutil.copy(demo_clip(), tmp_path / "talk.mp4")
    return tmp_path


def run(command: list[str] | str, folder: Path) -> str:
    done = subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def commands(block: Block) -> list[tuple[str, str]]:
    """Pairs of command and expected output."""
    parts = re.split(r"^\$ ", block.text, flags=re.M)[1:]
    return [(p.partition("\n")[0], p.partition("\n")[2]) for p in parts]


@pytest.mark.slow
@pytest.mark.parametrize("block", RUN, ids=str)
def test_what_is_shown_runs(block: Block, folder: Path) -> None:
    if block.language == "python":
        assert run([sys.executable, "-c", block.text], folder)
        return
    assert commands(block)
    for command, expected in commands(block):
        got = run(command, folder)
        assert doctest.OutputChecker().check_output(expected, got, doctest.ELLIPSIS), f"$ {command}\n{got}"
    for name in re.findall(r"--(?:json|csv|vtt|html) (\S+)", block.text):
        assert (folder / name).stat().st_size > 0


def test_something_is_run() -> None:
    assert {b.language for b in RUN if b.document.name == "README.md"} == {"console", "python"}


@pytest.mark.parametrize("block", [b for b in BLOCKS if b not in RUN], ids=str)
def test_what_is_not_run_says_why(block: Block) -> None:
    if block.language in {"toml", "text"}:
        # Tests of the part that the page is about read these, and pictures made of letters are no program.
        return
    assert block.excused, f"{block}: <!-- not run here: why --> above the block"


@cache
def anchors(document: Path) -> set[str]:
    """What a link may name after "#": the headings, as GitHub and the site call them."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\s-]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if not re.match(r"https?:", target):
            name, _, anchor = target.partition("#")
            file = document.parent / name if name else document
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), target


GROUPS = {group.name for group in app.registered_groups}


@cache
def options(verb: str) -> set[str]:
    """The options of a verb ("analyze", "data check"); none for what is no verb."""
    done = CliRunner().invoke(app, [*verb.split(), "--help"], env={"COLUMNS": "200"})
    return set(re.findall(r"(?<!\S)(--[a-z-]+)", done.output)) if done.exit_code == 0 else set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(ROOT).as_posix())
def test_verbs_and_options_exist(document: Path) -> None:
    shown = re.findall(r"`mien ([^`\n]+)`", document.read_text(encoding="utf-8"))
    for block in blocks(document):
        shown += re.findall(r"^(?:\$ )?mien ([^\n]+)$", block.text, re.M)
    for line in shown:
        verb, _, rest = line.partition("#")[0].strip().partition(" ")
        if verb.startswith("--"):
            verb, rest = "analyze", ""
        if verb in GROUPS:
            part, _, rest = rest.partition(" ")
            verb = f"{verb} {part}"
        assert options(verb), f"there is no verb: mien {line}"
        assert set(re.findall(r"(?<!\S)(--[a-z-]+)", rest)) <= options(verb), f"mien {line}"


def test_figures_are_what_the_bundles_say() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = figures.table(figures.measured(ROOT / "src" / "mien" / "bundles"))
    assert figures.updated(readme, table) == readme, "run: make figures"
    entry = {"set": "s", "split": "test", "task": "emotion", "modality": "text", "metric": "uar", "value": 0.5}
    rows = figures.table({"b": [{**entry, "std": 0.01, "seeds": 3, "n": 1200, "majority": 0.14}]}).splitlines()
    assert rows[0] == "| bundle | modality | test set | n | seeds | UAR |"
    assert rows[2] == "| b | text | s | 1,200 | 3 | 0.500 ± 0.010 (0.14) |"


def test_the_picture_is_of_the_demo() -> None:
    """docs/demo.svg was drawn from an answer of the shipped bundle and reaches for nothing outside itself."""
    drawn = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    said = drawn.replace("&#160;", " ")
    assert Bundle.load("research").sha256 in drawn, "run: make picture"
    for word in ("mien demo", "expressed", "voice", "face", "valence"):
        assert word in said
    assert not re.search(r"(?:href|src|url)\s*[=(]\s*[\"']?https?:", drawn)
