"""The verbs of a data set of one's own: collect recordings, choose what to label. Each is one short function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.app import app
from mien.cli.language import LANG
from mien.cli.progress import Notices, followed

Set = Annotated[Path, typer.Argument(help="Folder of the data set.", metavar="SET", file_okay=False)]


@app.command()
def collect(
    recordings: Annotated[Path, typer.Argument(help="A folder of videos, sounds, pictures and texts, or one file.")],
    out: Annotated[Path, typer.Option(help="Folder of the data set; one that exists is extended.", file_okay=False)],
    consent: Annotated[
        Path | None, typer.Option(help="CSV: who agreed to what; docs/collect.md has its columns.")
    ] = None,
    bundle: Annotated[str | None, typer.Option(help="What drafts the labels; else research.")] = None,
    asr: Annotated[str | None, typer.Option(help="Speech recognition, as in analyze; else auto.")] = None,
    copy: Annotated[
        bool | None, typer.Option("--copy", help="Copy the recordings into the set; else it points to them.")
    ] = None,
) -> None:
    """Make a data set of recordings: clips with words, people, quality and drafts. Run again, it adds what is new."""
    from mien.runtime.extras import needs_store

    needs_store()
    from rich.console import Console

    from mien.report.terminal.collection import render
    from mien.workflows.collect_set import collect_set

    found, written = followed(collect_set(recordings, out, consent, bundle, asr, copy), Notices())
    Console().print(render(found, written, out, LANG))
    raise typer.Exit(1 if found.unreadable else 0)
