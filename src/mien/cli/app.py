"""The application, and the options that several verbs share."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from mien import __version__
from mien.cli.language import LANG

if TYPE_CHECKING:
    from mien.media.cut import CutSettings

ORDER = [
    "analyze",
    "demo",
    "explain",
    "find",
    "live",
    "serve",
    "mcp",
    "session",
    "lecture",
    "class",
    "rules",
    "notice",
    "card",
    "bundle",
    "collect",
    "data",
    "label",
    "train",
    "evaluate",
    "compare",
    "tune",
    "calibrate",
    "bench",
    "schema",
]
"""The verbs in the order in which people come to use them."""


class Verbs(TyperGroup):
    """The verbs. A command that begins with a file or an option of ``analyze`` means ``analyze``."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs in the order of ``ORDER``; those of others come last."""
        known = [name for name in ORDER if name in self.commands]
        return known + [name for name in self.commands if name not in known]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the verb in where it is missing."""
        return super().parse_args(ctx, self._with_verb(ctx, args))

    def _with_verb(self, ctx: Any, args: list[str]) -> list[str]:
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        at = 0
        while at < len(args) and args[at].partition("=")[0] in own:
            at += 2 if args[at] == "--lang" else 1
        if at == len(args) or args[at] in self.commands:
            return args
        word = args[at]
        # A misspelt verb is no file, so the message about it names the verbs.
        if word.startswith("-") or "." in word or os.sep in word or Path(word).exists():
            return [*args[:at], "analyze", *args[at:]]
        return args


app = typer.Typer(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Reads the emotion people express in words, voice and face, together, offline.",
)

Bundled = Annotated[str, typer.Option("--bundle", help="research, open, large, or the folder of a bundle.")]
Hub = Annotated[
    Path | None, typer.Option("--hub", help="Folder with downloaded models, in place of the Hugging Face hub.")
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        help="Agree beforehand: to licences of what is downloaded, and to sending to the server that you name.",
    ),
]
Asr = Annotated[
    str,
    typer.Option(
        help="Speech recognition: auto (base, many languages), tiny.en (faster), off, a folder, or a hub model."
    ),
]
Voices = Annotated[
    bool, typer.Option("--voices/--no-voices", help="Tell voices apart by their sound, in memory only; or do not.")
]
SoundTrack = Annotated[
    int | None,
    typer.Option("--track", help="Which sound track of a file, counted from 1; without it, the one with most speech."),
]
Hours = Annotated[float | None, typer.Option(help="Longest sound or video that is read, hours; without it, 12.")]
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


Prior = Annotated[
    str,
    typer.Option(help="How often labels are expected: even, talk (much is neutral), or shares such as neutral=0.6."),
]


def cutting(voices: bool, track: int | None = None, hours: float | None = None) -> CutSettings | None:
    """How to cut; ``None`` for the defaults, because the modules that read media are slow to import."""
    if voices and track is None and hours is None:
        return None
    from mien.media.cut import CutSettings

    settings = CutSettings(voices=voices, track=track)
    return settings if hours is None else replace(settings, hours=hours)


def asked(allowed: bool, file: Path) -> bool:
    """Whether the code of a file may run: the option says so, or the user does, where there is a terminal to ask at."""
    import sys

    if allowed or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return allowed
    from mien.report.terminal.harmless import harmless

    return typer.confirm(harmless(f"The recipe runs the code of '{file}'. Have you read it, and may it run?"), err=True)
