"""The main job in a fresh virtual environment from a built wheel, with the network cut in two ways at once.

Where the system lets us, the commands run in a network namespace of their own, which has no way out, and strace writes down
what native libraries try. And everywhere, Python's sockets are replaced: whoever tries to connect or to resolve a name fails,
and is written down.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mien.samples import demo_clip

from .conftest import ROOT
from .tracing import attempts, traced

pytestmark = pytest.mark.slow

CUT = """
import os, socket
def refused(*arguments, **_):
    with open(os.environ["MIEN_TEST_ATTEMPTS"], "a") as file:
        file.write(repr(arguments[-2:]) + "\\n")
    raise OSError("the network is cut")
class Socket(socket.socket):
    connect = connect_ex = sendto = refused
socket.socket = Socket
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refused
"""


def run(
    *command: str | Path, timeout: float = 600, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, timeout=timeout, check=False, cwd=cwd, env=env
    )


@dataclass(frozen=True)
class Fresh:
    """A virtual environment with mien in it and nothing else, and an empty home."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"

    @property
    def attempts(self) -> Path:
        return self.folder / "attempts"

    def offline(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """``mien ARGUMENTS`` in an empty folder, nothing of this process's environment but the system's paths."""
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        env = {"PATH": os.defpath, "HOME": str(self.folder / "home"), "MIEN_TEST_ATTEMPTS": str(self.attempts)}
        (self.folder / "home").mkdir(exist_ok=True)
        calls = self.folder / "calls"
        calls.write_text("", encoding="utf-8")
        seen = [*namespace(), *traced(calls)]
        done = run(*seen, self.python, "-m", "mien", *arguments, cwd=work, env=env, timeout=300)
        if native := attempts(calls):
            with self.attempts.open("a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in native)
        return done

    def left(self) -> set[str]:
        """The folders in the home's cache: who left something there."""
        return {p.name for p in (self.folder / "home" / ".cache").iterdir()}


def namespace() -> list[str]:
    """The start of a command that runs without any network; empty where the system does not let us."""
    for words in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") and run(*words, "true").returncode == 0:
            return words
    return []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", target, ROOT)
    if built.returncode and not os.environ.get("CI"):
        pytest.skip(f"no wheel can be built here: {built.stderr.strip()[-300:]}")
    assert built.returncode == 0, built.stderr
    return next(target.glob("mien-*.whl"))


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    """Installed with the network; from then on without."""
    here = Fresh(tmp_path_factory.mktemp("fresh"))
    assert run(sys.executable, "-m", "venv", here.folder / "venv").returncode == 0
    installed = run(here.python, "-m", "pip", "install", "-q", wheel)
    if installed.returncode and not os.environ.get("CI"):
        pytest.skip(f"the dependencies cannot be installed here: {installed.stderr.strip()[-300:]}")
    assert installed.returncode == 0, installed.stderr
    site = run(here.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    (Path(site) / "sitecustomize.py").write_text(CUT, encoding="utf-8")
    yield here
    shutil.rmtree(here.folder)


def test_the_wheel_holds_what_it_should(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for end in (
        "mien/py.typed",
        "mien/samples/demo.mp4",
        "mien/recipes/research.toml",
        "licenses/LICENSE",
        "licenses/NOTICE",
    ):
        assert any(n.endswith(end) for n in names), end
    for name in ("research", "open"):
        assert f"mien/bundles/{name}/bundle.json" in names
        assert f"mien/bundles/{name}/card.md" in names
    assert [n for n in names if n.startswith(("tests", "docs", "benchmarks", "runs"))] == []
    assert wheel.stat().st_size < 95_000_000


def test_the_network_is_really_cut(fresh: Fresh) -> None:
    probe = "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=2)"
    env = {"PATH": os.defpath, "MIEN_TEST_ATTEMPTS": str(fresh.folder / "probe")}
    assert run(*namespace(), fresh.python, "-c", probe, env=env).returncode != 0
    assert (fresh.folder / "probe").read_text(encoding="utf-8").count("\n") >= 1


def test_nothing_heavy_is_installed(fresh: Fresh) -> None:
    heavy = ["torch", "transformers", "sklearn", "pandas", "tensorflow", "cv2"]
    code = f"from importlib.util import find_spec; print([m for m in {heavy} if find_spec(m)])"
    assert run(fresh.python, "-c", code, env={"MIEN_TEST_ATTEMPTS": os.devnull}).stdout.strip() == "[]"


def test_demo(fresh: Fresh) -> None:
    done = fresh.offline("demo")
    assert done.returncode == 0, done.stderr
    assert "jacket" in done.stdout.lower(), "the words were recognised"
    assert "person-1" in done.stdout, "the face was found"
    assert "demo.mp4: " in done.stdout
    assert fresh.left() == {"mien"}
    assert not fresh.attempts.exists(), fresh.attempts.read_text(encoding="utf-8")


@pytest.mark.parametrize("bundle", ["research", "open"])
def test_a_sentence(fresh: Fresh, bundle: str) -> None:
    done = fresh.offline("analyze", "--text", "I am so happy, thank you!", "--bundle", bundle, "--json", "text.json")
    assert done.returncode == 0, done.stderr
    timeline = json.loads((fresh.folder / "work" / "text.json").read_text(encoding="utf-8"))
    assert timeline["bundle"]["name"] == bundle
    assert timeline["summary"]["label"] == "happy"
    assert timeline["segments"][0]["modalities"] == {"text": 1.0}
    assert not fresh.attempts.exists(), fresh.attempts.read_text(encoding="utf-8")


def test_a_video_with_all_outputs(fresh: Fresh) -> None:
    import jsonschema

    shutil.copy(demo_clip(), fresh.folder / "talk.mp4")
    outputs = ["--json", "out.json", "--csv", "out.csv", "--vtt", "out.vtt"]
    done = fresh.offline("analyze", fresh.folder / "talk.mp4", *outputs)
    assert done.returncode == 0, done.stderr
    work = fresh.folder / "work"
    timeline = json.loads((work / "out.json").read_text(encoding="utf-8"))
    jsonschema.validate(timeline, json.loads(fresh.offline("schema").stdout))
    assert any(set(s["modalities"]) == {"text", "voice", "face"} for s in timeline["segments"])
    assert len((work / "out.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(timeline["segments"])
    assert (work / "out.vtt").read_text(encoding="utf-8").startswith("WEBVTT")
    assert not fresh.attempts.exists(), fresh.attempts.read_text(encoding="utf-8")


def test_other_real_media(fresh: Fresh, samples: Path) -> None:
    """A WebM video, a sound and a portrait, in one batch."""
    clips = [samples / p for p in ("video/cremad_1001_DFA_SAD.mp4", "audio/emodb_03a01Wa.wav", "image/fer_justin.jpg")]
    done = fresh.offline("analyze", *clips, "--json", "batch")
    assert done.returncode == 0, done.stderr
    written = {p.name for p in (fresh.folder / "work" / "batch").iterdir()}
    assert written == {f"{c.name}.json" for c in clips}
    assert not fresh.attempts.exists(), fresh.attempts.read_text(encoding="utf-8")


def test_a_model_of_the_hub_is_refused_in_one_sentence(fresh: Fresh) -> None:
    shutil.copy(demo_clip(), fresh.folder / "talk.mp4")
    done = fresh.offline("analyze", fresh.folder / "talk.mp4", "--asr", "small")
    fresh.attempts.unlink(missing_ok=True)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "'small'" in done.stderr


def test_training_says_what_it_needs(fresh: Fresh) -> None:
    done = fresh.offline("train", "text")
    assert done.returncode == 2
    assert "pip install 'mien[train]'" in done.stderr
    assert "Traceback" not in done.stderr
