"""Builds the encoders of a bundle, with the files and graphs that they need from it."""

from __future__ import annotations

from functools import partial

import numpy as np

from mien.bundle.files import Files
from mien.bundle.graphs import Graphs
from mien.bundle.table import BundleTable
from mien.encoders.base import Encoder, Through, encoders
from mien.person import Standardised
from mien.types import Modality


def encoders_of(table: BundleTable, files: Files, graphs: Graphs) -> dict[Modality, Encoder]:
    """The encoders that the bundle was trained with, by modality.

    An encoder with a person baseline gives the rows that the baseline takes, see ``mien.person.Usual``.

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


def populations_of(table: BundleTable) -> dict[Modality, Standardised]:
    """The population of each modality with a person baseline."""
    trunks = {m: e.trunk for m, e in table.encoders.items() if e.trunk is not None}
    return {m: Standardised(np.asarray(trunk.strength, np.float32)) for m, trunk in trunks.items()}
