"""Optional parts of the installation."""

from __future__ import annotations

from importlib.util import find_spec

from mien.errors import InputError

_REPORT = ("jinja2", "plotly")


def has_report() -> bool:
    """Whether pages can be written."""
    return not _missing(*_REPORT)


def needs_report() -> None:
    """Check that what the HTML report needs is installed.

    Raises:
        InputError: naming the command that installs it.
    """
    missing = _missing(*_REPORT)
    if missing:
        raise InputError(f"the HTML report needs {', '.join(missing)}; run: pip install 'mien[report]'")


def needs_train(purpose: str = "training") -> None:
    """Check that what training needs is installed; ``purpose`` is what the message says needs it.

    Raises:
        InputError: naming the command that installs it.
    """
    missing = _missing("torch", "transformers", "lightning_fabric", "onnx")
    if missing:
        raise InputError(f"{purpose} needs {', '.join(missing)}; run: pip install 'mien[train]'")


def needs_tune() -> None:
    """Check that what tuning needs is installed.

    Raises:
        InputError: naming the command that installs it.
    """
    missing = _missing("optuna", "tomlkit")
    if missing:
        raise InputError(f"tuning needs {', '.join(missing)}; run: pip install 'mien[train,tune]'")


def _missing(*names: str) -> list[str]:
    return [name for name in names if find_spec(name) is None]
