"""What all tests share. No test reaches the network, and none reads or fills the user's cache."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import mien  # noqa: F401  # sets, for this process too, what libraries read from the environment

ROOT = Path(__file__).resolve().parents[1]

# Read by libraries when they are first imported, so set before any of them is.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"


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
    root = Path(os.environ.get("MIEN_DATA") or ROOT.parent / "shared" / "data")
    if not root.is_dir():
        pytest.skip(f"the data sets are not in {root}: set MIEN_DATA to their folder")
    return root


@pytest.fixture(scope="session")
def samples(data: Path) -> Path:
    """Real media files: audio/, image/ and video/."""
    return data / "samples"
