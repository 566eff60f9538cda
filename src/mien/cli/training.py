"""Verbs that train and judge models; they need ``mien[train]``. One short function per verb."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.app import Runs, app
from mien.errors import InputError
from mien.runtime.run_folder import RECORD, run_folder

if TYPE_CHECKING:
    from mien.recipe.recipe import Recipe


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A .toml file, or the name of a shipped recipe.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Override: train.epochs=5, or -encoders.face.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Your own manifest, in place of the recipe's data.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas; the first one's bundle is kept.")] = "0",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run was broken off.")] = False,
    data_root: Annotated[Path | None, typer.Option(help="Folder of the data sets.")] = None,
    runs: Runs = Path("runs"),
    accelerator: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    devices: Annotated[int, typer.Option(help="How many devices, or processes on the CPU.")] = 1,
    strategy: Annotated[str, typer.Option(help="auto, or ddp for several devices.")] = "auto",
    nodes: Annotated[int, typer.Option(help="Machines that run this same command.")] = 1,
) -> None:
    """Train, evaluate and export a bundle from a recipe."""
    from mien.runtime.extras import needs_train

    needs_train()
    from mien.training.devices import Machine, is_first_process
    from mien.workflows.train_bundle import produce

    machine, each = Machine(accelerator, devices, strategy, nodes), _seeds(seeds)
    plan, root = chosen(recipe, set_ or [], data, data_root)
    command = shlex.join(["mien", *sys.argv[1:]])
    bundle = produce(plan, each, root, runs, resume, machine=machine, command=command)
    if is_first_process():
        typer.echo(bundle.card)
        _report([run_folder(runs, plan.name, seed) for seed in each])


def chosen(name: str, changes: Sequence[str], data: Path | None, given: Path | None) -> tuple[Recipe, Path]:
    """A recipe on its own data or on the user's, checked before they are read, and the folder that holds them."""
    from mien.data.manifest import data_root
    from mien.data.own import own_data
    from mien.recipe.recipe import load
    from mien.training.loop import check_names

    recipe = load(name, changes)
    check_names(recipe)
    return (recipe, data_root(given)) if data is None else (own_data(recipe, data, say), data.parent)


def _report(folders: Sequence[Path]) -> None:
    """A page about each seed's training, beside its bundle; without the extra for it, say how to get it."""
    from mien.report.studies.training import write
    from mien.runtime.extras import needs_report

    try:
        needs_report()
    except InputError as error:
        say(f"no report of the training was written: {error}")
        return
    for folder in folders:
        if (folder / RECORD).is_file():
            say(f"report of the training: {write(folder)}")


def say(line: str) -> None:
    """A decision that the user should know of, on the error stream."""
    typer.echo(f"mien: {line}", err=True)


@app.command()
def calibrate(
    bundle: Annotated[str, typer.Argument(help="research, open, or the folder of a bundle.")],
    data: Annotated[Path | None, typer.Option(help="Your own manifest, in place of the bundle's data.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the calibrated bundle; else this one is changed.")] = None,
    coverage: Annotated[float, typer.Option(help="Rate at which label sets shall hold the right label.")] = 0.9,
    risk: Annotated[float, typer.Option(help="Share that may be wrong of the answers not called uncertain.")] = 0.2,
    by_label: Annotated[bool, typer.Option("--by-label", help="The rate shall hold for each label.")] = False,
    more: Annotated[Path | None, typer.Option(help="Answers out of fold, from benchmarks/crossfit.py.")] = None,
    data_root: Annotated[Path | None, typer.Option(help="Folder of the data sets.")] = None,
) -> None:
    """Fit on validation data how far a bundle's answers can be trusted; nothing is trained."""
    from mien.runtime.extras import needs_train

    needs_train()
    from mien.bundle.bundle import Bundle
    from mien.calibration.calibrate import Aims
    from mien.calibration.calibrate import calibrate as fit
    from mien.data.manifest import data_root as find
    from mien.data.own import own_data

    loaded, aims = Bundle.load(bundle), Aims(coverage, risk, by_label)
    if data is None:
        recipe, root = loaded.recipe, find(data_root, loaded.recipe.data)
    else:
        recipe, root = own_data(loaded.recipe, data, say, "calibrate"), data.parent
    typer.echo(fit(loaded, recipe, root, aims, more, out).card)


def _seeds(text: str) -> list[int]:
    try:
        found = [int(s) for s in text.split(",")]
    except ValueError:
        found = [-1]
    if min(found) < 0 or len(set(found)) < len(found):
        raise InputError(f"--seeds takes whole numbers from 0 separated by commas, each once, not '{text}'")
    return found
