"""The verbs of labelling: the page on which people label a set, and how far they agree. Each is one short function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.app import Lang, app
from mien.cli.data import data
from mien.cli.language import LANG
from mien.cli.progress import show


@app.command()
def label(
    folder: Annotated[Path, typer.Argument(help="Folder of the set.")],
    what: Annotated[
        list[str] | None,
        typer.Option("--show", help="together, text, voice or face: what is shown of each clip. Repeatable."),
    ] = None,
    drafts: Annotated[bool, typer.Option("--drafts", help="Show what the model proposes before the vote.")] = False,
    control: Annotated[float, typer.Option(help="Share of the drafts that stay hidden with --drafts.")] = 0.2,
    gold: Annotated[
        Path | None,
        typer.Option(help="Table of known labels (id, emotion) to measure attention; else gold.csv of the set."),
    ] = None,
    gold_share: Annotated[float, typer.Option(help="Share of the votes on clips of --gold.")] = 0.05,
    repeat_share: Annotated[float, typer.Option(help="Share of the votes that are asked again.")] = 0.05,
    per_clip: Annotated[int, typer.Option(help="Votes for each clip; 0 for one of every annotator.")] = 0,
    anyone: Annotated[
        bool, typer.Option("--anyone", help="Also clips of people without a consent or licence.")
    ] = False,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's need a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8000,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the secret that clients send; else MIEN_TOKEN.")
    ] = None,
    allow_host: Annotated[list[str] | None, typer.Option(help="A name of this server. Repeatable.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM file of TLS, with --key.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file with the key of the certificate.")] = None,
    lang: Lang = LANG,
) -> None:
    """Open the page on which people label the clips of a set, alone or several at once."""
    from mien.collection.gold import gold_of
    from mien.collection.settings import read_settings
    from mien.report.language import Language
    from mien.runtime.extras import needs_serve, needs_store

    needs_serve()
    needs_store()
    from mien.server.label.app import serve
    from mien.server.label.plan import Plan
    from mien.server.settings import Settings, token_of

    known = read_settings(folder)
    golden = gold_of(folder, known, gold)
    modes = tuple(what or ("together",))
    plan = Plan(modes, drafts, control, golden, gold_share, repeat_share, per_clip, anyone)
    settings = Settings(
        host=host,
        port=port,
        token=token_of(token_file),
        hosts=tuple(allow_host or ()),
        certificate=certificate,
        key=key,
    )
    say = Language(lang)
    serve(folder, plan, settings, lambda address: show(say("terminal.serving", address=address)))


@data.command()
def agree(
    folder: Annotated[Path, typer.Argument(help="Folder of the set.", metavar="SET")],
    model: Annotated[
        str, typer.Option(help="How annotators are modelled: dawid_skene, mace, or shares for no model.")
    ] = "dawid_skene",
    gold: Annotated[
        Path | None, typer.Option(help="Table of known labels (id, emotion); else gold.csv of the set.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the set's manifest with what the model says as soft labels.")
    ] = False,
    anyone: Annotated[
        bool, typer.Option("--anyone", help="With --write, also clips of people without a consent or licence.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page to this file.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write everything to this file.")] = None,
) -> None:
    """How far the annotators of a set agree, how reliable each is, and which clips to look at again."""
    from json import dumps

    from mien.runtime.extras import needs_report, needs_store

    needs_store()
    if html is not None:
        needs_report()
    from rich.console import Console

    from mien.report.studies.agreement import agreement_page, tables
    from mien.report.terminal.tables import of_grid, spaced
    from mien.workflows.outputs import STDOUT, check_outputs, put
    from mien.workflows.sets.agree import agree_on_set

    outputs = {kind: path for kind, path in (("html", html), ("json", json)) if path is not None}
    check_outputs(outputs, [gold] if gold is not None else [])
    found, written = agree_on_set(folder, model, gold, write, anyone)
    if STDOUT not in outputs.values():
        Console().print(spaced(of_grid(grid, title, lead) for title, lead, grid in tables(found)))
    forms = {
        "html": lambda: agreement_page(found),
        "json": lambda: dumps(found.as_table(), indent=1, ensure_ascii=False) + "\n",
    }
    for kind, path in outputs.items():
        put(path, forms[kind]())
    if written is not None:
        show(f"written to {written.path}: {written.rows:,} clips, {written.labelled:,} with a label", err=True)
