"""What all tests share. No test reaches the network, and none reads or fills the user's cache."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Read by libraries when they are first imported, so set before any of them is.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"


@pytest.fixture(autouse=True, scope="session")
def _own_cache() -> Iterator[None]:
    """A cache of this run's own; MIEN_TEST_CACHE keeps one between runs."""
    kept = os.environ.get("MIEN_TEST_CACHE")
    with tempfile.TemporaryDirectory(prefix="mien-test-") as fresh, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", kept or fresh)
        yield


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The real data sets: MIEN_DATA, else ../shared/data beside the repository. Skips where there are none."""
    root = Path(os.environ.get("MIEN_DATA") or ROOT.parent / "shared" / "data")
    if not root.is_dir():
        pytest.skip(f"no data sets at {root}; name their folder with MIEN_DATA")
    return root


@pytest.fixture(scope="session")
def samples(data_root: Path) -> Path:
    """The small real media files of the data sets: audio/, image/ and video/."""
    return data_root / "samples"
