"""Builds the encoders of a bundle, with the files and graphs that they need from it."""

from __future__ import annotations

from functools import partial

import numpy as np

from mien.bundle.files import Files
from mien.bundle.graphs import Graphs
from mien.bundle.table import BundleTable
from mien.encoders.base import Encoder, Through, encoders
from mien.person import Population
from mien.types import Modality


def encoders_of(table: BundleTable, files: Files, graphs: Graphs) -> dict[Modality, Encoder]:
    """The encoders that the bundle was trained with, by modality.

    An encoder with a person baseline gives the tracks that the baseline takes: standardised features of its trunk.

    Raises:
        UnknownNameError: an encoder comes from a package that is not installed.
        MienError: a file that an encoder reads is missing or damaged.
    """
    found: dict[Modality, Encoder] = {}
    for m in table.modalities:
        entry = table.encoders[m]
        assets = {argument: str(files.path(asset)) for argument, asset in entry.assets.items()}
        encoder = encoders.build({"name": entry.name, **entry.options, **assets})
        if entry.trunk is not None:
            encoder = Through(encoder, entry.trunk.sha256, partial(graphs.before_baseline, m))
        found[m] = encoder
    return found


def populations_of(table: BundleTable) -> dict[Modality, Population]:
    """The population of each modality with a person baseline. Its tracks are standardised, so centre is 0 and scale 1."""
    trunks = {m: entry.trunk for m, entry in table.encoders.items() if entry.trunk is not None}
    zero, one = np.zeros(1, np.float32), np.ones(1, np.float32)
    return {m: Population(zero, one, np.asarray(t.strength, np.float32)) for m, t in trunks.items()}
