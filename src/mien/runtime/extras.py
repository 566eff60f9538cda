"""Checks whether optional parts are installed, and tells the user how to install them."""

from __future__ import annotations

from importlib.util import find_spec

from mien.errors import InputError

_PAGE = ("jinja2",)
_REPORT = (*_PAGE, "plotly")
_TRAIN = ("torch", "transformers", "lightning_fabric", "onnx")
_HF = ("torch", "transformers", "safetensors")
_EXPORT = ("onnx", "onnxscript")
_SERVE = (*_PAGE, "fastapi", "uvicorn", "pydantic", "python_multipart", "websockets")
_TUNE = ("optuna", "tomlkit")


def has_report() -> bool:
    """Whether the packages for reports of trainings and studies are installed."""
    return not _missing(_REPORT)


def needs_page() -> None:
    """Checks that the package for the HTML report of clips is installed.

    Raises:
        InputError: it is missing; the message has the command that installs it.
    """
    _needs(_PAGE, "the HTML report", "'mien[report]'")


def needs_report() -> None:
    """Checks that the packages for reports of trainings and studies are installed.

    Raises:
        InputError: a package is missing; the message has the command that installs it.
    """
    _needs(_REPORT, "the HTML report", "'mien[report]'")


def needs_train(purpose: str = "training") -> None:
    """Checks that the packages for training are installed.

    Args:
        purpose: what needs them, for the message.

    Raises:
        InputError: a package is missing; the message has the command that installs it.
    """
    _needs(_TRAIN, purpose, "'mien[train]'")


def needs_hf(purpose: str, export: bool = False) -> None:
    """Checks that the packages for ready-made models of transformers are installed.

    Args:
        purpose: what needs them, for the message.
        export: whether graphs are exported, too.

    Raises:
        InputError: a package is missing; the message has the command that installs it.
    """
    _needs((*_HF, *(_EXPORT if export else ())), purpose, "'mien[hf]'")


def needs_tune() -> None:
    """Checks that the packages for tuning are installed.

    Raises:
        InputError: a package is missing; the message has the command that installs it.
    """
    _needs(_TUNE, "tuning", "'mien[train,tune]'")


def needs_serve() -> None:
    """Checks that the packages for the server are installed.

    Raises:
        InputError: a package is missing; the message has the command that installs it.
    """
    _needs(_SERVE, "the server", "'mien[serve]'")


def needs_socket() -> None:
    """Checks that the package for live sessions with a server is installed.

    Raises:
        InputError: it is missing; the message has the command that installs it.
    """
    _needs(("websockets",), "a live session with a server", "'mien[serve]'")


def needs_exchange(module: str) -> None:
    """Checks that the package for a format of another tool is installed.

    Raises:
        InputError: it is missing; the message has the command that installs it.
    """
    _needs((module,), "this format", "'mien[exchange]'")


def needs_mcp() -> None:
    """Checks that the packages for agents are installed.

    Raises:
        InputError: a package is missing; the message has the command that installs it.
    """
    _needs(("mcp", "pydantic"), "the server for agents", "'mien[mcp]'")


def needs_llm() -> None:
    """Checks that the package for servers of language models is installed.

    Raises:
        InputError: it is missing; the message has the command that installs it.
    """
    _needs(("httpx2",), "a server of a language model", "'mien[llm]'")


def needs_pandas() -> None:
    """Checks that pandas is installed.

    Raises:
        InputError: it is missing; the message has the command that installs it.
    """
    _needs(("pandas",), "a table of pandas", "'mien[notebook]'")


def needs_store() -> None:
    """Checks that the package for data sets of one's own is installed.

    Raises:
        InputError: it is missing; the message has the command that installs it.
    """
    _needs(("sqlalchemy", "alembic"), "a data set of your own", "'mien[store]'")


def needs_sessions() -> None:
    """Checks that the packages for recordings of people over time are installed.

    Raises:
        InputError: one is missing; the message has the command that installs it.
    """
    _needs(("sqlalchemy", "alembic", "cryptography"), "a store of recordings", "'mien[store]'")


def needs_arrow() -> None:
    """Checks that pyarrow is installed.

    Raises:
        InputError: it is missing; the message has the command that installs it.
    """
    _needs(("pyarrow",), "Parquet", "'mien[parquet]'")


def needs_scale() -> None:
    """Checks that what reads and writes a folder of results is installed.

    Raises:
        InputError: a package is missing; the message has the command that installs it.
    """
    _needs((*_PAGE, "pyarrow", "duckdb"), "a folder of results", "'mien[scale]'")


def needs_ray() -> None:
    """Checks that Ray is installed.

    Raises:
        InputError: it is missing; the message has the command that installs it.
    """
    _needs(("ray", "pyarrow"), "work on many machines", "'mien[ray]'")


def _needs(modules: tuple[str, ...], purpose: str, package: str) -> None:
    missing = _missing(modules)
    if missing:
        raise InputError(f"{purpose} needs {', '.join(missing)}; run: pip install {package}")


def _missing(modules: tuple[str, ...]) -> list[str]:
    return [name for name in modules if find_spec(name) is None]
