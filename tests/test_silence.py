"""Nothing phones home: by no library, in Python or native, neither at its import nor at work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT
from .tracing import attempts, traced, untraceable

SOURCES = "".join(path.read_text(encoding="utf-8") for path in ROOT.joinpath("src").rglob("*.py"))
LIBRARIES = sorted(set(re.findall(r"^ *(?:import|from) (\w+)", SOURCES, re.M)) - sys.stdlib_module_names)
needs_strace = pytest.mark.skipif(bool(untraceable()), reason=untraceable() or "strace works")


def quiet(tmp_path: Path, *command: str) -> tuple[str, list[str], list[str]]:
    """Run in an empty home: what it printed, whom it tried to reach, and the files it left in the home."""
    home, log = tmp_path / "home", tmp_path / "calls"
    home.mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [*traced(log), sys.executable, *command],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    left = sorted(p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file())
    return done.stdout, attempts(log), left


@needs_strace
def test_a_native_connection_is_seen(tmp_path: Path) -> None:
    code = """
import ctypes
c = ctypes.CDLL(None)
c.connect(c.socket(2, 1, 0), bytes([2, 0, 0, 9, 127, 0, 0, 1]) + bytes(8), 16)
"""
    _, calls, _ = quiet(tmp_path, "-c", code)
    assert len(calls) == 1
    assert "127.0.0.1" in calls[0]


@needs_strace
def test_the_demo_is_silent(tmp_path: Path) -> None:
    said, calls, left = quiet(tmp_path, "-m", "mien", "demo")
    assert re.search("demo.mp4: .*neutral", said)
    assert calls == []
    assert [f for f in left if not f.startswith(".cache/mien/")] == []


@needs_strace
def test_a_sentence_is_silent(tmp_path: Path) -> None:
    said, calls, left = quiet(tmp_path, "-m", "mien", "analyze", "--text", "I am so happy, thank you!")
    assert "mostly happy" in said
    assert calls == []
    assert [f for f in left if not f.startswith(".cache/mien/")] == []


@needs_strace
@pytest.mark.slow
def test_no_library_says_anything_when_it_is_imported(tmp_path: Path) -> None:
    """Every library that mien's code names and that is installed, ONNX Runtime with a second to write a letter."""
    code = f"""
import importlib, importlib.util, mien, sys, time
for name in {LIBRARIES}:
    if importlib.util.find_spec(name):
        importlib.import_module(name)
time.sleep(1)
print("onnxruntime" in sys.modules and "av" in sys.modules)
"""
    said, calls, left = quiet(tmp_path, "-W", "ignore", "-c", code)
    assert said.strip() == "True"
    assert calls == []
    assert left == []


def test_what_the_user_has_set_stays() -> None:
    mine = {"OMP_NUM_THREADS": "3", "ORT_DISABLE_TELEMETRY": "0", "HF_HUB_DISABLE_TELEMETRY": "0"}
    code = f"import os, mien; print([os.environ[name] for name in {list(mine)}], os.environ['OPENBLAS_NUM_THREADS'])"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), **mine}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['3', '0', '0'] 1"


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux tells a process's threads")
def test_numpy_starts_no_threads_of_its_own() -> None:
    """The counts are set before the first import of NumPy, which reads them once."""
    code = "import os, mien.types, numpy as np; np.eye(500) @ np.eye(500); print(len(os.listdir('/proc/self/task')))"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_onnx_runtime_that_came_first_is_told_too() -> None:
    code = """
import sys, types
early = sys.modules["onnxruntime"] = types.ModuleType("onnxruntime")
early.disable_telemetry_events = lambda: print("told")
import mien
"""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    for value, said in ({}, "told"), ({"ORT_DISABLE_TELEMETRY": "0"}, ""):
        done = subprocess.run([sys.executable, "-c", code], env=env | value, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == said
