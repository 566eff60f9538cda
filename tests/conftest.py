"""What all tests share. No test reaches the network, and none reads or fills the user's cache."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import mien  # noqa: F401  # sets, for this process too, what libraries read from the environment

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = Path(os.environ.get("MIEN_DATA") or ROOT.parent / "shared" / "data")
CASES = SHARED_DATA.parent / "cases"

# Read by libraries when they are first imported, so set before any of them is.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers side by side leave one thread for each.
    os.environ.setdefault("MIEN_THREADS", "1")


# Analysis needs no torch, and neither do its tests: without it, tests that turn out to need it are skipped, whole files too.
_NO_TORCH = "needs torch: pip install 'mien[train]'"
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason=_NO_TORCH)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    report = yield
    if report.failed and find_spec("torch") is None and "No module named 'torch'" in str(report.longrepr):
        report.outcome, report.longrepr = "skipped", (str(collector.path), 0, f"Skipped: {_NO_TORCH}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, ModuleNotFoundError) and error.name == "torch" and find_spec("torch") is None:
        report.outcome, report.longrepr = "skipped", (str(item.path), 0, f"Skipped: {_NO_TORCH}")
    return report


@pytest.fixture(autouse=True, scope="session")
def _own_cache() -> Iterator[None]:
    """A cache of this run's own; MIEN_TEST_CACHE names one to keep between runs."""
    kept = os.environ.get("MIEN_TEST_CACHE")
    with tempfile.TemporaryDirectory(prefix="mien-test-") as fresh, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", kept or fresh)
        yield


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with the pictures of ``tiny.recipe``, and a cache of its own."""
    from tests.tiny import write_pictures

    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data sets: MIEN_DATA, else ../shared/data beside the repository. Skips where there is none."""
    root = SHARED_DATA
    if not root.is_dir():
        pytest.skip(f"the data sets are not in {root}: set MIEN_DATA to their folder")
    return root


@pytest.fixture(scope="session")
def samples(data: Path) -> Path:
    """Real media files: audio/, image/ and video/."""
    return data / "samples"
