"""The verbs of a data set of one's own: collect recordings, choose what to label. Each is one short function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli import llm as llm_options
from mien.cli.app import Lang, Yes, app
from mien.cli.data import data
from mien.cli.language import LANG
from mien.cli.progress import Notices, followed, show

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
    llm: llm_options.Where = None,
    llm_model: llm_options.Named = "",
    llm_samples: llm_options.Samples = 5,
    llm_can: llm_options.Can = "",
    llm_frames: llm_options.FaceCount = 4,
    llm_blind: llm_options.Blind = False,
    llm_calibration: llm_options.Fitted = None,
    yes: Yes = False,
) -> None:
    """Make a data set of recordings: clips with words, people, quality and drafts. Run again, it adds what is new."""
    from mien.runtime.extras import needs_store

    needs_store()
    from rich.console import Console

    from mien.report.terminal.collection import render
    from mien.workflows.sets.collect import collect_set, labels_in

    asked = llm_options.options(
        llm, llm_model, llm_samples, llm_can, llm_frames, llm_blind, llm_calibration, reason=False
    )
    with llm_options.asking(asked, labels_in(out), yes) as asker:
        found, written = followed(collect_set(recordings, out, consent, bundle, asr, copy, asker), Notices())
    Console().print(render(found, written, out, LANG))
    raise typer.Exit(1 if found.unreadable else 0)


@data.command()
def draw(
    folder: Set,
    batch: Annotated[int, typer.Option(help="How many clips.")] = 100,
) -> None:
    """Choose the clips to label next: uncertain, unlike others, in conflict, rare, and a fifth at random."""
    from mien.collection.choice.draw import draw_round
    from mien.collection.dataset import open_set
    from mien.report.language import Language

    with open_set(folder) as dataset:
        found = draw_round(dataset, batch)
    say = Language(LANG)
    why = ", ".join(say(f"drawn.{code}", n=count) for code, count in found.why.items())
    show(say("dataset.drawn", round=found.round, count=len(found.clips), why=why, waiting=found.waiting))


@data.command()
def report(
    folder: Set,
    html: Annotated[Path | None, typer.Option(help="Write a page with charts to this file.")] = None,
    lang: Lang = LANG,
) -> None:
    """Measure a data set: quantity, diversity, quality, splits, rights; say what to do next; write its data card."""
    from mien.runtime.extras import needs_report

    if html is not None:
        needs_report()
    from mien.report.language import Language
    from mien.report.studies.dataset import said
    from mien.workflows.outputs import check_outputs, put
    from mien.workflows.sets.report import report_set

    if html is not None:
        check_outputs({"html": html}, [])
    found, say = report_set(folder, html is not None, lang), Language(lang)
    m = found.measures
    counts = {"clips": m.clips, "labelled": m.labelled, "recordings": m.recordings, "minutes": f"{m.seconds / 60:.1f}"}
    show(say("dataset.counts", people=len(m.counts["person"]), **counts))
    show(say("dataset.advice") if found.advice else say("dataset.nothing"))
    for n, item in enumerate(found.advice, start=1):
        show(say("dataset.line", n=n, advice=said(say, item)))
    show(say("dataset.card", file=found.card))
    if html is not None:
        put(html, found.page)
        show(say("dataset.page", file=html))


@data.command()
def export(
    folder: Set,
    to: Annotated[Path | None, typer.Option(help="The manifest to write, .csv; else manifest.csv in the set.")] = None,
    anyone: Annotated[
        bool, typer.Option("--anyone", help="Also people without consent or licence, on your own responsibility.")
    ] = False,
) -> None:
    """Write the manifest of a data set, for training: clips that passed every gate, of people who agreed to it."""
    from mien.collection.dataset import open_set
    from mien.collection.manifest import export_manifest
    from mien.report.language import Language

    with open_set(folder) as dataset:
        found = export_manifest(dataset, to, anyone)
    say = Language(LANG)
    show(say("collect.manifest", file=found.path, rows=found.rows, labelled=found.labelled))
    for code, count in sorted(found.left_out.items()):
        show(say("dataset.left_out", why=say.name_of("left_out", code), count=count))


@data.command()
def forget(
    folder: Set,
    person: Annotated[str, typer.Option(help="Who; the name that the consent table or the manifest gives.")],
    runs: Annotated[Path, typer.Option(help="Where trained bundles lie that may have learned from the person.")] = Path(
        "runs"
    ),
) -> None:
    """Remove a person: clips, votes, drafts, features, copies; name the bundles that learned from them."""
    from mien.report.language import Language
    from mien.report.terminal.collection import forgotten
    from mien.workflows.sets.report import forget_person

    found = forget_person(folder, person, [runs] if runs.is_dir() else [])
    for line in forgotten(found, Language(LANG)):
        show(line)


@data.command()
def share(
    folder: Set,
    out: Annotated[Path, typer.Option(help="A new folder for the copy.", file_okay=False)],
    anonymise: Annotated[bool, typer.Option("--anonymise", help="Hide faces, and shift voices in pitch.")] = False,
) -> None:
    """Copy the clips of people who agreed to sharing, cut out of their recordings, with a manifest without names."""
    from mien.collection.dataset import open_set
    from mien.collection.rights.share import share as write
    from mien.report.language import Language

    with open_set(folder) as dataset:
        found = followed(write(dataset, out, anonymise), Notices())
    say = Language(LANG)
    show(say("dataset.shared", count=found.clips, folder=out))
    for code, count in sorted(found.left_out.items()):
        show(say("dataset.left_out", why=say.name_of("left_out", code), count=count))
