"""mien reads the emotion a person expresses in words, voice and face, together, from raw media, on a laptop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mien.runtime import threads

if TYPE_CHECKING:
    from mien.pipeline import Analyzer, analyze
    from mien.workflows.compare_recipes import compare

__version__ = "0.1.0"
__all__ = ["Analyzer", "__version__", "analyze", "compare"]

# Before anything of ours imports NumPy or ONNX Runtime: they read the environment once.
threads.own()


def __getattr__(name: str) -> Any:
    # Analysis brings media and ONNX libraries; ``import mien`` alone must stay light.
    if name in ("Analyzer", "analyze"):
        from mien import pipeline

        return getattr(pipeline, name)
    if name == "compare":
        from mien.workflows import compare_recipes

        return compare_recipes.compare
    raise AttributeError(f"module 'mien' has no attribute '{name}'")
