"""What may stand for a verb, and in which order the verbs are listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli import app
from mien.cli.app import ORDER


def said(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    return done.exit_code, done.output


def test_verbs_come_in_the_order_of_use() -> None:
    code, output = said("-h")
    assert code == 0
    listed = [line.split()[0] for line in output.partition("Commands:")[2].splitlines() if line.strip()]
    assert listed == ORDER
    assert said("analyze", "-h")[1].startswith("Usage:")


@pytest.mark.parametrize(
    ("arguments", "table"),
    [
        (["a.txt"], "a.txt: mostly happy"),
        (["--lang", "zh", "a.txt"], "a.txt：以高兴"),
        (["--text", "I love it."], "text: mostly happy"),
        (["a.txt", "--asr", "off"], "a.txt: mostly happy"),
    ],
)
def test_a_file_means_analyze(
    arguments: list[str], table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("I love it.")
    monkeypatch.setattr("mien.cli.analysis.LANG", "zh" if "zh" in arguments else "en")
    code, output = said(*arguments, *(["--lang", "zh"] if "zh" in arguments else []))
    assert code == 0
    assert table in output


def test_a_misspelt_verb_is_no_file() -> None:
    code, output = said("analyse")
    assert code == 2
    assert "No such command 'analyse'" in output
