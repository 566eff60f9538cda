"""A real group: six talking faces side by side, read by the verb as a user would."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli import app
from tests.conftest import SHARED_DATA

FACES = [SHARED_DATA / "samples" / "video" / f"cremad_1001_DFA_{label}.mp4" for label in ("NEU", "HAP")] * 3
LAYOUT = "0_0|w0_0|w0+w1_0|0_h0|w0_h0|w0+w1_h0"


@pytest.mark.slow
def test_six_faces_are_counted_and_nobody_is_shown(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None or not FACES[0].is_file():
        pytest.skip("needs ffmpeg and the samples of CREMA-D")
    film, table, out = tmp_path / "class.mp4", tmp_path / "class.csv", tmp_path / "class.json"
    inputs = [part for face in FACES for part in ("-i", str(face))]
    tiled = f"[0][1][2][3][4][5]xstack=inputs=6:layout={LAYOUT}[v]"
    command = [
        "ffmpeg",
        "-loglevel",
        "error",
        *inputs,
        "-filter_complex",
        tiled,
        "-map",
        "[v]",
        "-an",
        "-t",
        "1.5",
        str(film),
    ]
    subprocess.run(command, check=True, timeout=120)
    stated = ["--ground", "sole-research", "--consent", str(table), "--json", str(out)]
    verb = ["class", str(film), "--purpose", "research", *stated]
    table.write_text("person,scope\n" + "".join(f"p{k},analyze\n" for k in range(5)))
    few = CliRunner().invoke(app, verb)
    assert "6 people are in view at once, and 5 have agreed" in str(few.exception)
    table.write_text(table.read_text() + "p5,analyze\n")
    done = CliRunner().invoke(app, verb, catch_exceptions=False)
    assert done.exit_code == 0
    (minute,) = json.loads(out.read_text())["minutes"]
    assert minute["people"] == 6
    assert json.loads(out.read_text())["ground"] == "sole-research"
    assert "Stated by the user" in done.output
    assert minute["shares"]["neutral"] + minute["shares"]["happy"] > 0.6
    assert "person-" not in done.output + out.read_text()
    refused = CliRunner().invoke(app, ["class", str(film), "--purpose", "teaching", "--consent", str(table)])
    assert "Art. 5(1)(f)" in str(refused.exception)
