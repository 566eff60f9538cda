"""The verbs that train and calibrate models; they need ``mien[train]``. Each is one short function."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import llm as llm_options
from mien.cli.app import Code, Runs, Yes, app, asked
from mien.cli.language import LANG
from mien.cli.progress import Notices, followed, show
from mien.errors import InputError
from mien.events import Notice, finish
from mien.runtime.run_folder import RECORD

if TYPE_CHECKING:
    from mien.bundle.bundle import Bundle
    from mien.llms.opinion.asker import Asker

More = Annotated[
    list[Path] | None, typer.Option(help="Answers out of corpus, from benchmarks/transfer.py; may be repeated.")
]


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A .toml file, or the name of a shipped recipe.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Override: train.epochs=5, or -encoders.face.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Your own manifest, in place of the recipe's data.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas; the first one's bundle is kept.")] = "0",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run was broken off.")] = False,
    more: More = None,
    data_root: Annotated[Path | None, typer.Option(help="Folder of the data sets.")] = None,
    runs: Runs = Path("runs"),
    accelerator: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    devices: Annotated[int, typer.Option(help="How many devices, or processes on the CPU.")] = 1,
    strategy: Annotated[str, typer.Option(help="auto, or ddp for several devices.")] = "auto",
    nodes: Annotated[int, typer.Option(help="Machines that run this same command.")] = 1,
    allow_code: Code = False,
) -> None:
    """Train, evaluate and export a bundle from a recipe."""
    from mien.runtime.extras import needs_train

    needs_train()
    from mien.training.devices import Devices, is_first_process
    from mien.workflows.train_bundle import planned, train_bundle

    where, each = Devices(accelerator, devices, strategy, nodes), _seeds(seeds)
    # With several processes, only the first one prints.
    follow = partial(followed, tell=Notices()) if is_first_process() else finish
    plan, corpus = follow(planned(recipe, set_ or (), data, data_root, asked=partial(asked, allow_code)))
    command = shlex.join(["mien", *sys.argv[1:]])
    found = follow(train_bundle(plan, corpus, each, runs, resume, where, command, more or ()))
    if is_first_process():
        from mien.report.sentences import sentence
        from mien.report.terminal.harmless import harmless
        from mien.report.terminal.training import summary

        for notice in summary(plan, found.results, found.folders[0], _report(found.folders)):
            show(harmless(sentence(notice, LANG)))


def _report(folders: Sequence[Path]) -> Path | None:
    """Writes a page about the training of each seed, and returns the first of them that was written.

    Without the extra ``report``, it prints how to install it.
    """
    from mien.report.studies.training import write
    from mien.runtime.extras import needs_report

    try:
        needs_report()
    except InputError as error:
        Notices()(Notice("no_training_report", {"why": str(error)}))
        return None
    return next(iter([write(folder) for folder in folders if (folder / RECORD).is_file()]), None)


@app.command()
def calibrate(
    bundle: Annotated[str, typer.Argument(help="research, open, or the folder of a bundle.")],
    data: Annotated[Path | None, typer.Option(help="Your own manifest, in place of the bundle's data.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the calibrated bundle; else this one is changed. With --llm, the file to write."),
    ] = None,
    coverage: Annotated[float, typer.Option(help="Rate at which label sets shall hold the right label.")] = 0.9,
    risk: Annotated[float, typer.Option(help="Share that may be wrong of the answers not called uncertain.")] = 0.2,
    by_label: Annotated[bool, typer.Option("--by-label", help="The rate shall hold for each label.")] = False,
    more: More = None,
    llm: llm_options.Where = None,
    llm_model: llm_options.Named = "",
    llm_samples: llm_options.Samples = 5,
    llm_can: llm_options.Can = "",
    llm_frames: llm_options.FaceCount = 4,
    llm_blind: llm_options.Blind = False,
    llm_reason: llm_options.Reason = True,
    llm_limit: llm_options.Most = None,
    open_vocabulary: llm_options.OpenWords = False,
    yes: Yes = False,
    data_root: Annotated[Path | None, typer.Option(help="Folder of the data sets.")] = None,
) -> None:
    """Fit on validation data how far a bundle's answers can be trusted; nothing is trained."""
    from mien.runtime.extras import needs_train

    needs_train()
    from mien.bundle.answer import single
    from mien.bundle.bundle import Bundle
    from mien.calibration.calibrate import calibrate as fit
    from mien.calibration.entries import Aims
    from mien.data.corpus import Corpus
    from mien.data.own import own_data
    from mien.data.shards.paths import data_root as find

    loaded, aims, tell = Bundle.load(bundle), Aims(coverage, risk, by_label), Notices()
    asked = llm_options.options(llm, llm_model, llm_samples, llm_can, llm_frames, llm_blind, reason=llm_reason)
    if asked is not None:
        with llm_options.asking(asked, single(loaded.tasks).labels, yes, words=open_vocabulary) as asker:
            _calibrate_llm(asker, loaded, data, llm_limit, out, tell)
        return
    if data is None:
        recipe = loaded.recipe
        corpus = Corpus.of(recipe, find(data_root, recipe.data))
    else:
        recipe, corpus = followed(own_data(loaded.recipe, data, "calibrate"), tell)
    show(followed(fit(loaded, recipe, corpus, aims, more or (), out), tell).card)


def _calibrate_llm(
    asker: Asker | None, bundle: Bundle, data: Path | None, most: int | None, out: Path | None, tell: Notices
) -> None:
    """Fits how far the probabilities of a language model hold, and writes the file."""
    from mien.workflows.llms.on_data import calibrate_llm

    if asker is None or data is None or out is None:
        raise InputError(
            "mien calibrate --llm needs labelled clips (--data my.csv) and a file to write (--out llm.json)"
        )
    found = followed(calibrate_llm(asker, bundle, data, most, out), tell)
    joint = "" if found.nll_joint is None else f"; with the bundle {found.nll_small:.3f} -> {found.nll_joint:.3f}"
    show(
        f"{found.examples:,} clips: temperature {found.temperature:.2f}, weight {found.weight:.2f}; mean negative "
        f"log-likelihood {found.nll_before:.3f} -> {found.nll_after:.3f}{joint}\nwritten to {out}"
    )


def _seeds(text: str) -> list[int]:
    try:
        found = [int(s) for s in text.split(",")]
    except ValueError:
        found = [-1]
    if min(found) < 0 or len(set(found)) < len(found):
        raise InputError(f"--seeds takes whole numbers from 0 separated by commas, each once, not '{text}'")
    return found
