"""The verbs of `mien bundle`: make one of ready-made classifiers, and propose what labels mean. Each is one short function."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.app import Hub, Lang, Yes, app
from mien.cli.language import LANG
from mien.cli.progress import Notices, followed, show

if TYPE_CHECKING:
    from mien.workflows.make_bundle import Plan

bundle = typer.Typer(
    no_args_is_help=True, help="Make bundles of ready-made classifiers of the Hugging Face hub.", rich_markup_mode=None
)
app.add_typer(bundle, name="bundle")


@bundle.command()
def make(
    spec: Annotated[str, typer.Argument(help="A .toml file (docs/large.md), or large.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the bundle; large needs none.")] = None,
    hub: Hub = None,
    yes: Yes = False,
    lang: Lang = LANG,
) -> None:
    """Download the models of a specification, and write them as one bundle with its card."""
    from mien.errors import InputError
    from mien.events import Notice
    from mien.report.sentences import sentence
    from mien.report.terminal.harmless import harmless
    from mien.workflows.make_bundle import planned

    plan = planned(spec, out, hub)
    if out is not None and plan.made:
        raise InputError(f"'{out}' is there already; name a folder that is not")
    folder = _made(plan, yes, lang)
    written = Notice("bundle_written", {"folder": str(folder)})
    then = Notice("analyze_next", {"folder": spec if out is None else str(folder)})
    for notice in (written, then):
        show(harmless(sentence(notice, lang)))


@bundle.command()
def labels(
    model: Annotated[str, typer.Argument(help="A model of the hub, or a folder.")],
    hub: Hub = None,
) -> None:
    """Propose, by names alone, what the labels of a classifier mean. Read and correct it, then put it into your .toml file."""
    from mien.workflows.make_bundle import proposal

    show(proposal(model, hub))


def obtained(which: str, hub: Path | None, yes: bool, lang: str = LANG) -> str:
    """The bundle that ``--bundle`` means. A preset that is not made yet is made, after its licences were shown."""
    from mien import bundles

    if which not in bundles.presets() or Path(which).is_dir():
        return which
    from mien.workflows.make_bundle import planned

    plan = planned(which, mirror=hub)
    return str(plan.folder if plan.made else _made(plan, yes, lang))


def _made(plan: Plan, yes: bool, lang: str) -> Path:
    from mien.errors import InputError
    from mien.report.language import Language
    from mien.report.terminal.harmless import harmless
    from mien.workflows.make_bundle import make_bundle

    say = Language(lang)
    if not plan.own:
        show(say("terminal.licences", name=plan.specification.name), err=True)
        for modality, part in plan.specification.parts.items():
            words = say(
                "terminal.licence", modality=modality, model=part.model, licence=part.licence, source=part.source
            )
            show(harmless(words), err=True)
        if not yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise InputError("models of others are taken only when you agree; read the licences above, and say --yes")
        if not yes and not typer.confirm(say("terminal.agree"), err=True):
            raise InputError("nothing was downloaded; take another bundle, or agree to the licences")
    return followed(make_bundle(plan), Notices()).folder
