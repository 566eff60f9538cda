"""The files of deploy/. No image is built here: that needs Docker and a network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli import app

from ..conftest import ROOT

DEPLOY = ROOT / "deploy"


def options() -> set[str]:
    shown = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200"}).output
    return set(re.findall(r"(?<!\S)(--[a-z-]+)", shown))


def command(name: str) -> list[str]:
    """The command that a file starts."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    if name == "Dockerfile":
        (found,) = re.findall(r"^ENTRYPOINT (\[.+\])$", text, re.M)
        words: list[str] = json.loads(found)
        return words
    (line,) = re.findall(r"^ExecStart=(.+)$", text, re.M)
    return str(line).split()


@pytest.mark.parametrize("name", ["Dockerfile", "mien.service"])
def test_the_command_is_one_of_mien(name: str) -> None:
    words = command(name)
    assert words[0].endswith("mien")
    assert words[1] == "serve"
    assert {w for w in words if w.startswith("--")} <= options()
    assert "--token-file" in words


def test_the_container_is_not_root_and_says_how_it_is() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert text.index("USER mien") < text.index("ENTRYPOINT")
    (check,) = re.findall(r"^  CMD (\[.+\])$", text, re.M)
    compile(json.loads(check)[2], "healthcheck", "exec")
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for name in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M):
        for part in name.split():
            assert (ROOT / part).exists(), part
            assert f"!{part}" in kept.splitlines(), part


def test_the_container_may_write_its_volume() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "install -d -o mien -m 0700 /cache" in text, "a volume takes the owner of the folder that it covers"
    assert '"/cache"' in text[text.index("VOLUME") :].splitlines()[0]


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("needs systemd-analyze")
    text = (DEPLOY / "mien.service").read_text(encoding="utf-8")
    unit = tmp_path / "mien.service"
    unit.write_text(text.replace("/opt/mien/bin/mien", sys.executable))
    said = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


def test_the_composition_is_closed() -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML: pip install 'mien[docs]'")
    table = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    service = table["services"]["mien"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert set(service["secrets"]) == set(table["secrets"])


def test_the_unit_has_no_rights_and_no_way_out() -> None:
    text = (DEPLOY / "mien.service").read_text(encoding="utf-8")
    for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "IPAddressDeny=any"):
        assert line in text.splitlines()
