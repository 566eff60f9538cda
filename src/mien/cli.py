"""The command line: one short function per verb."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from mien import __version__
from mien.errors import InputError, MienError, explain

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Reads the emotion people express in words, voice and face, together, offline.",
)

Bundled = Annotated[str, typer.Option("--bundle", help="research, open, or the folder of a bundle.")]
Asr = Annotated[str, typer.Option(help="Speech recognition: tiny.en, base, off, a folder, or a model of the hub.")]
Out = Annotated[Path | None, typer.Option(help="Write to this file (- for standard output), or folder.")]


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"mien {__version__}")
        raise typer.Exit


@app.command()
def analyze(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Video, sound, picture, .txt, .srt, .vtt, or folders.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="The words, instead of a file or of speech recognition.")] = None,
    subtitles: Annotated[Path | None, typer.Option(help=".srt or .vtt instead of speech recognition.")] = None,
    bundle: Bundled = "research",
    asr: Asr = "tiny.en",
    json: Out = None,
    csv: Out = None,
    vtt: Out = None,
    html: Out = None,
    lang: Annotated[str, typer.Option(help="Language of the HTML report: en or zh.")] = "en",
    embed: Annotated[bool, typer.Option("--embed", help="Put the clip itself into the HTML report.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no table.")] = False,
) -> None:
    """Read clips: a table, and files if asked for. With several clips, or a folder, --json and the like name folders."""
    from mien.batch import run
    from mien.outputs import Page

    outputs = {"json": json, "csv": csv, "vtt": vtt, "html": html}
    raise typer.Exit(run(paths or [], text, subtitles, bundle, asr, outputs, quiet, Page(lang, embed)))


@app.command()
def demo(bundle: Bundled = "research") -> None:
    """Read the clip that comes with mien."""
    from mien.batch import run
    from mien.samples import demo_clip

    typer.echo(f"mien analyze {demo_clip()}\n")
    raise typer.Exit(run([demo_clip()], None, None, bundle, "tiny.en", {}, False))


@app.command()
def schema() -> None:
    """Print the JSON Schema of `mien analyze --json`."""
    from json import dumps

    from mien.report.json import schema as timeline_schema

    typer.echo(dumps(timeline_schema(), indent=1))


@app.command()
def card(bundle: Annotated[str, typer.Argument(help="research, open, or a folder.")] = "research") -> None:
    """Print the model card of a bundle: data, licence, results, limits."""
    from mien.bundle import Bundle

    typer.echo(Bundle.load(bundle).card)


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A .toml file, or the name of a shipped recipe.")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override, for example train.epochs=5.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas; the first one's bundle is kept.")] = "0",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run was broken off.")] = False,
    data_root: Annotated[Path | None, typer.Option(help="Folder of the data sets.")] = None,
    runs: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs"),
    accelerator: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    devices: Annotated[int, typer.Option(help="How many devices, or processes on the CPU.")] = 1,
    strategy: Annotated[str, typer.Option(help="auto, or ddp for several devices.")] = "auto",
    nodes: Annotated[int, typer.Option(help="Machines that run this same command.")] = 1,
) -> None:
    """Train, evaluate and export a bundle from a recipe."""
    from mien.extras import needs_train

    needs_train()
    from mien.data.manifest import data_root as find
    from mien.machine import Machine, is_first_process
    from mien.produce import produce
    from mien.recipe import load

    machine = Machine(accelerator, devices, strategy, nodes)
    bundle = produce(load(recipe, set_ or []), _seeds(seeds), find(data_root), runs, resume, machine=machine)
    if is_first_process():
        typer.echo(bundle.card)


def _seeds(text: str) -> list[int]:
    try:
        return [int(s) for s in text.split(",")]
    except ValueError:
        raise InputError(f"--seeds takes whole numbers separated by commas, not '{text}'") from None


def main() -> None:
    """Entry point. The user's mistakes end with 2, ours with 1; nobody sees a traceback unless MIEN_DEBUG is set."""
    _say_anything()
    sys.exit(guarded(app))


def guarded(work: Callable[[], object]) -> int:
    """Run and turn what is raised into one sentence and an exit code."""
    try:
        code = work()
    except SystemExit as done:
        # How Typer ends: usage errors, which it has shown, are 2.
        code = done.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody to tell.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the end
        return 1
    except Exception as error:
        if os.environ.get("MIEN_DEBUG") and not isinstance(error, MienError):
            raise
        typer.echo(f"mien: {explain(error)}", err=True)
        return 2 if isinstance(error, InputError) else 1
    return code if isinstance(code, int) else 0


def _say_anything() -> None:
    """What the terminal's encoding lacks is written as an escape: words come in every script, file names as any bytes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
