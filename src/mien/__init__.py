"""mien reads the emotion that a person expresses in words, voice and face together, from raw media, on a laptop."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mien.runtime import threads

if TYPE_CHECKING:
    from mien.pipeline import Analyzer, analyze
    from mien.workflows.doors import compare, evaluate, train

__version__ = "0.1.0"
__all__ = ["Analyzer", "__version__", "analyze", "compare", "evaluate", "train"]

_DOORS = {
    "Analyzer": "mien.pipeline",
    "analyze": "mien.pipeline",
    "compare": "mien.workflows.doors",
    "evaluate": "mien.workflows.doors",
    "train": "mien.workflows.doors",
}

# This must come before NumPy and ONNX Runtime are imported, because they read the environment once.
threads.own()


def __getattr__(name: str) -> Any:
    # Analysis imports media and ONNX libraries, but ``import mien`` alone must stay light.
    if name in _DOORS:
        return getattr(import_module(_DOORS[name]), name)
    raise AttributeError(f"module 'mien' has no attribute '{name}'")
