"""The section "Serve" of README.md and the first block of docs/serve.md are run, word for word, on a free port."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mien.samples import demo_clip

from ..conftest import ROOT
from .running import running

pytestmark = pytest.mark.slow


def block(document: str, heading: str) -> list[str]:
    """The commands of the first block below a heading, without comments."""
    text = (ROOT / document).read_text(encoding="utf-8").partition(f"{heading}\n")[2]
    (found, *_) = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    return [line.partition("  #")[0].rstrip() for line in found.splitlines()]


@pytest.mark.parametrize(("document", "heading"), [("README.md", "## Serve"), ("docs/serve.md", "# Serve")])
def test_what_is_shown_runs(document: str, heading: str, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl: apt-get install curl")
    install, serve, *calls = block(document, heading)
    assert install == "pip install '.[serve]'"
    assert serve == "mien serve"
    shutil.copy(demo_clip(), tmp_path / "talk.mp4")
    (tmp_path / "cache").mkdir()
    with running(tmp_path / "cache", *serve.split()[2:]) as server:
        for call in calls:
            assert "localhost:8000" in call
            command = call.replace("localhost:8000", server.address.removeprefix("http://"))
            done = subprocess.run(
                command, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True
            )
            table = json.loads(done.stdout)
            if "id" in table:  # this machine is slow, so it became a job
                assert [t["event"] for t in server.client.events(table["id"])][-1] == "end"
                table = json.loads(server.client.result(table["id"]))
            assert table["segments"]
