"""The application, and the options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien import __version__
from mien.cli.language import LANG

if TYPE_CHECKING:
    from mien.media.cut import CutSettings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Reads the emotion people express in words, voice and face, together, offline.",
)

Bundled = Annotated[str, typer.Option("--bundle", help="research, open, or the folder of a bundle.")]
Asr = Annotated[
    str,
    typer.Option(
        help="Speech recognition: auto (base, many languages), tiny.en (faster), off, a folder, or a hub model."
    ),
]
Voices = Annotated[
    bool, typer.Option("--voices/--no-voices", help="Tell voices apart by their sound, in memory only; or do not.")
]
Asked = Annotated[
    str | None,
    typer.Option("--task", help="Which task of the bundle; without it, the first that is answered with one label."),
]
Lang = Annotated[
    str, typer.Option("--lang", help="Language of tables and reports: en or zh; else that of the terminal.")
]
Runs = Annotated[Path, typer.Option(help="Folder of the runs.", file_okay=False)]
Code = Annotated[
    bool, typer.Option("--allow-code", help="Run Python files from which the recipe takes parts; else you are asked.")
]
Out = Annotated[Path | None, typer.Option(help="Write to this file (- for standard output), or folder.")]


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    lang: Lang = LANG,
) -> None:
    # ``cli.language`` has already taken the language from the command line, so that it may stand before the verb, too.
    if lang != LANG:
        from mien.report.language import Language

        Language(lang)  # refuses an unknown language; of two known ones, the first counts
    if version:
        typer.echo(f"mien {__version__}")
        raise typer.Exit


def cutting(voices: bool) -> CutSettings | None:
    """How to cut; ``None`` for the defaults, because the modules that read media are slow to import."""
    if voices:
        return None
    from mien.media.cut import CutSettings

    return CutSettings(voices=False)


def asked(allowed: bool, file: Path) -> bool:
    """Whether the code of a file may run: the option says so, or the user does, where there is a terminal to ask at."""
    import sys

    if allowed or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return allowed
    from mien.report.terminal.harmless import harmless

    return typer.confirm(harmless(f"The recipe runs the code of '{file}'. Have you read it, and may it run?"), err=True)
