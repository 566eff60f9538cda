"""Optional parts of the installation: whether they are there, and the sentence that says how to get them."""

from __future__ import annotations

from importlib.util import find_spec

from mien.errors import InputError

_REPORT = ("jinja2", "plotly")
_TRAIN = ("torch", "transformers", "lightning_fabric", "onnx")
_TUNE = ("optuna", "tomlkit")


def has_report() -> bool:
    """Whether pages can be written."""
    return not _missing(_REPORT)


def needs_report() -> None:
    """Check that what the HTML report needs is installed.

    Raises:
        InputError: naming the command that installs it.
    """
    _needs(_REPORT, "the HTML report", "'mien[report]'")


def needs_train(purpose: str = "training") -> None:
    """Check that what training needs is installed.

    Args:
        purpose: what needs it, as the message says.

    Raises:
        InputError: naming the command that installs it.
    """
    _needs(_TRAIN, purpose, "'mien[train]'")


def needs_tune() -> None:
    """Check that what tuning needs is installed.

    Raises:
        InputError: naming the command that installs it.
    """
    _needs(_TUNE, "tuning", "'mien[train,tune]'")


def needs_pandas() -> None:
    """Check that pandas is installed.

    Raises:
        InputError: naming the command that installs it.
    """
    _needs(("pandas",), "a table of pandas", "'mien[notebook]'")


def _needs(modules: tuple[str, ...], purpose: str, package: str) -> None:
    missing = _missing(modules)
    if missing:
        raise InputError(f"{purpose} needs {', '.join(missing)}; run: pip install {package}")


def _missing(modules: tuple[str, ...]) -> list[str]:
    return [name for name in modules if find_spec(name) is None]
