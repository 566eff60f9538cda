"""The verbs of `mien data`: check a manifest, convert a public set, and unpickle arrays. Each is one short function."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.app import app
from mien.cli.language import LANG
from mien.cli.progress import Notices, followed, show

data = typer.Typer(no_args_is_help=True, help="Check, convert and unpack data sets.", rich_markup_mode=None)
app.add_typer(data, name="data")


@data.command()
def check(
    manifest: Annotated[Path, typer.Argument(help="CSV, Parquet, JSONL or .npz with the standard columns.")],
    recipe: Annotated[
        str | None, typer.Option(help="Recipe whose tasks the columns hold, and that reads the texts.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write all findings to this file.")] = None,
) -> None:
    """Every clip: usable, or why not; labels, speakers, leaks between splits. Ends with 1 when something is wrong."""
    from json import dumps

    from rich.console import Console

    from mien.data.checks.check import check as check_manifest
    from mien.recipe.recipe import load
    from mien.report.terminal.checks import render
    from mien.workflows.outputs import STDOUT, check_outputs, put

    if json is not None:
        check_outputs({"json": json}, [manifest])
    findings = followed(check_manifest(manifest, load(recipe) if recipe else None))
    if json != STDOUT:
        Console().print(render(findings))
    if json is not None:
        put(json, dumps(findings.as_table(), indent=1, ensure_ascii=False) + "\n")
    raise typer.Exit(0 if findings.good else 1)


@data.command()
def convert(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FROM",
            help="A public set: meld, iemocap, ...; or manifest, set, label_studio, elan, audformat, datasets, webdataset.",
        ),
    ],
    path: Annotated[Path, typer.Argument(help="The file or folder to read, as its authors or the tool wrote it.")],
    out: Annotated[Path, typer.Argument(help="The file or folder to write; a manifest is a .csv.")],
    to: Annotated[
        str, typer.Option(help="The format to write, of the same names, or chat: conversations for a language model.")
    ] = "manifest",
    task: Annotated[str, typer.Option(help="The column of the labels.")] = "emotion",
    frames: Annotated[int, typer.Option(help="With --to chat: most pictures of a face in a clip.")] = 4,
) -> None:
    """Convert a public set, or the files of another tool, to a manifest or to the format of another tool."""
    from mien.errors import InputError
    from mien.exchange.formats import convert as work
    from mien.report.language import Language
    from mien.workflows.llms.conversations import write_chat

    left_out: Counter[str] = Counter()
    if to == "chat":
        if source != "manifest":
            raise InputError("conversations are made of a manifest: convert it to a manifest first")
        for split, count in followed(write_chat(path, out, left_out, frames), Notices()).items():
            show(f"{count:,} conversations in {out / f'{split}.jsonl'}")
    else:
        show(f"{followed(work(source, path, out, to, task, left_out)):,} rows in {out}")
    say = Language(LANG)
    for reason, times in (+left_out).most_common():
        show(f"not used: {say.name_of('left_out', reason)} ({times:,} times)")


@data.command()
def unpickle(
    pickle: Annotated[Path, typer.Argument(help="A published .pkl of arrays.")],
    out: Annotated[Path, typer.Argument(help="The .npz to write; {split} in its name makes a file of each split.")],
) -> None:
    """Take the arrays out of a pickle without running it; whatever is no array, text or number is refused."""
    from mien.data.unpickling.flat import unpickle as take

    left_out: Counter[str] = Counter()
    for file, arrays in take(pickle, out, left_out).items():
        show(f"{file}:")
        for name, array in arrays.items():
            show(f"  {name} {array.dtype} {array.shape}")
    for place, times in left_out.items():
        show(f"not used: {place} holds nothing ({times} times)")
