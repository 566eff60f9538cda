"""Verbs that read clips with a bundle. One short function per verb."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.app import Asked, Asr, Bundled, Out, app


@app.command()
def analyze(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Video, sound, picture, .txt, .srt, .vtt, or folders.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="The words, instead of a file or of speech recognition.")] = None,
    subtitles: Annotated[Path | None, typer.Option(help=".srt or .vtt instead of speech recognition.")] = None,
    bundle: Bundled = "research",
    task: Asked = None,
    asr: Asr = "tiny.en",
    json: Out = None,
    csv: Out = None,
    vtt: Out = None,
    html: Out = None,
    lang: Annotated[str, typer.Option(help="Language of the HTML report: en or zh.")] = "en",
    embed: Annotated[bool, typer.Option("--embed", help="Put the clip itself into the HTML report.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Put explanations into the HTML report.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no table.")] = False,
) -> None:
    """Read clips: a table, and files if asked for. With several clips, or a folder, --json and the like name folders."""
    from mien.workflows.analyze_files import run
    from mien.workflows.outputs import Page

    outputs = {"json": json, "csv": csv, "vtt": vtt, "html": html}
    page = Page(lang, embed, explain)
    raise typer.Exit(run(paths or [], text, subtitles, bundle, asr, outputs, quiet, page, task))


@app.command()
def demo(bundle: Bundled = "research") -> None:
    """Read the clip that comes with mien."""
    from mien.samples import demo_clip
    from mien.workflows.analyze_files import run

    typer.echo(f"mien analyze {demo_clip()}\n")
    raise typer.Exit(run([demo_clip()], None, None, bundle, "tiny.en", {}, False))


@app.command()
def schema() -> None:
    """Print the JSON Schema of `mien analyze --json`."""
    from json import dumps

    from mien.report.exporters.json import schema as timeline_schema

    typer.echo(dumps(timeline_schema(), indent=1))


@app.command()
def card(bundle: Annotated[str, typer.Argument(help="research, open, or a folder.")] = "research") -> None:
    """Print the model card of a bundle: data, licence, results, limits."""
    from mien.bundle.bundle import Bundle

    typer.echo(Bundle.load(bundle).card)
