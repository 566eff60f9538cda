"""The verbs of `mien data`: check a manifest, convert a public set, and unpickle arrays. Each is one short function."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.app import app
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
    reader: Annotated[
        str, typer.Argument(help="meld, iemocap, mosi, ...; docs/data.md lists them. With --to chat: a manifest.")
    ],
    folder: Annotated[
        Path, typer.Argument(help="The set, as its authors distribute it. With --to chat: what to write.")
    ],
    out: Annotated[Path | None, typer.Argument(help="The manifest to write, .csv.")] = None,
    to: Annotated[
        str, typer.Option(help="manifest, or chat: JSON lines that teach a language model, with media.")
    ] = "manifest",
    frames: Annotated[int, typer.Option(help="With --to chat: most pictures of a face in a clip.")] = 4,
) -> None:
    """Write a public set as a manifest, its paths relative to that file; or a manifest as conversations (--to chat)."""
    from mien.data.convert import write_manifest
    from mien.errors import InputError, closest
    from mien.workflows.llms.conversations import write_chat

    left_out: Counter[str] = Counter()
    if to == "chat" and out is None:
        counts = followed(write_chat(Path(reader), folder, left_out, frames), Notices())
        for split, count in counts.items():
            show(f"{count:,} conversations in {folder / f'{split}.jsonl'}")
    elif to == "manifest" and out is not None:
        show(f"{followed(write_manifest(reader, folder, out, left_out)):,} rows in {out}")
    elif to in ("chat", "manifest"):
        raise InputError(
            "it is: mien data convert READER FOLDER OUT.csv, or mien data convert MANIFEST FOLDER --to chat"
        )
    else:
        raise InputError(f"nothing is converted to '{to}'; {closest(to, ['manifest', 'chat'])}")
    for reason, times in left_out.most_common():
        show(f"not used: {reason} ({times:,} times)")


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
