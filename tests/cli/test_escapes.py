"""A terminal obeys escapes. None that a stranger wrote into a bundle, a file or its name reaches it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mien.bundle.bundle import Bundle
from mien.bundle.write import copied
from mien.report.exporters.base import Export
from mien.report.exporters.vtt import Vtt
from tests.conftest import ROOT
from tests.report.browser import TALK

BAD = "\x1b[31m\x9b2J\x07\u202e"
CLI = [sys.executable, "-c", "from mien.cli import main; main()"]


def commands(text: str) -> list[str]:
    """What in a text steers a terminal."""
    kept = "\n\t"
    return [c for c in text if c not in kept and (unicodedata.category(c) == "Cc" or c in "\u202e\u2028\u2029")]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a stranger: escapes in a label, the notes, the summary, the licence and the card."""
    home = tmp_path_factory.mktemp("hostile")
    bundle = Bundle.load("open")
    folder = copied(bundle, bundle.table, home / "bundle").folder
    text = (folder / "bundle.json").read_text(encoding="utf-8")
    table = json.loads(text.replace('"happy"', json.dumps(f"hap{BAD}py")))
    table |= {"notes": [f"a{BAD} note"], "summary": f"good{BAD}", "licence": f"free{BAD}"}
    (folder / "bundle.json").write_text(json.dumps(table), encoding="utf-8")
    (folder / "card.md").write_text(f"# A card\n{BAD}\n", encoding="utf-8")
    return folder


def ran(arguments: Sequence[str], tmp_path: Path) -> str:
    """All that a command prints."""
    cache = str(tmp_path / "cache")
    done = subprocess.run([*CLI, *arguments], capture_output=True, env={**os.environ, "MIEN_CACHE": cache}, check=False)
    assert done.returncode in (0, 2), done.stderr.decode()[-2000:]
    return (done.stdout + done.stderr).decode()


WAYS: dict[str, tuple[list[str], str]] = {
    "card": (["card", "{bundle}"], "A card"),
    "analyze": (["analyze", "{clip}", "--bundle", "{bundle}"], "hap"),
    "chinese": (["analyze", "{clip}", "--bundle", "{bundle}", "--lang", "zh"], "hap"),
    "explain": (["explain", "--text", "I am so glad!", "--bundle", "{bundle}"], "hap"),
    "no file": (["analyze", "{clip}x"], "talk"),
    "no bundle": (["card", "{clip}"], "talk"),
}


@pytest.mark.skipif(os.name == "nt", reason="no file may have such a name there")
@pytest.mark.parametrize("way", WAYS)
def test_the_terminal_gets_no_escapes(hostile: Path, tmp_path: Path, way: str) -> None:
    clip = tmp_path / f"talk{BAD}.txt"
    clip.write_text(f"I am so glad!{BAD} Wonderful, thank you so much!", encoding="utf-8")
    given, word = WAYS[way]
    told = ran([part.format(bundle=hostile, clip=clip) for part in given], tmp_path)
    assert word in told
    assert commands(told) == []


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals of that kind here")
def test_data_are_whole_in_a_pipe_and_harmless_on_a_terminal(tmp_path: Path) -> None:
    """JSON escapes an ESC itself, but no C1 characters and no marks that turn writing round."""
    speaker = tmp_path / "talk.vtt"
    speaker.write_text(f"WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann{BAD}>I am so glad!\n", encoding="utf-8")
    command = ["analyze", str(speaker), "--json", "-"]
    piped = ran(command, tmp_path)
    assert json.loads(piped)["segments"]
    ours, theirs = os.openpty()
    child = subprocess.Popen([*CLI, *command], stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    told = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # so Linux tells that the other end is closed
            break
        if not more:
            break
        told += more
    os.close(ours)
    assert child.wait() == 0
    shown = told.decode().replace("\r\n", "\n")
    assert commands(shown) == []
    assert json.loads(shown)["segments"]


def test_web_subtitles_carry_no_escapes_of_speakers_words_and_labels(hostile: Path, tmp_path: Path) -> None:
    cues = tmp_path / "talk.srt"
    lines = [f"1\n00:00:00,000 --> 00:00:02,000\nAnn{BAD}: I am so {BAD}glad!", ""]
    cues.write_text("\n".join(lines), encoding="utf-8")
    for ending in ("vtt", "html"):
        out = tmp_path / f"out.{ending}"
        ran(["analyze", str(cues), "--bundle", str(hostile), "--out", str(out)], tmp_path)
        written = out.read_text(encoding="utf-8")
        assert "glad" in written
        assert ending == "html" or commands(written) == []
        assert ending == "html" or written.count("-->") == 1


def test_a_label_begins_no_cue_and_no_markup() -> None:
    first, label = TALK.predictions[0], "a\n\n00:00.000 --> 00:09.000\n<b>x\x1b[31m"
    odd = replace(first, label=label, scores={label: 1.0}, label_set=(), opinions={}, who="\u202eann\x9b")
    written = Vtt().write(Export(replace(TALK, predictions=(odd,))))
    assert written.count("-->") == 1
    assert "<b" not in written
    assert commands(written) == []


def test_the_command_line_prints_by_one_door() -> None:
    """``show`` and ``say`` clean what they print. Rich prints tables, whose cells are cleaned."""
    by_name = {f.name: f.read_text(encoding="utf-8") for f in (ROOT / "src/mien/cli").glob("*.py")}
    found = {name: len(re.findall(r"\btyper\.s?echo\(|(?<!\.)\bprint\(", text)) for name, text in by_name.items()}
    assert {name: count for name, count in found.items() if count} == {"progress.py": 1, "app.py": 1}, (
        "app: the version"
    )
