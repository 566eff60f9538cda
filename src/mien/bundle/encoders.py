"""Builds the encoders of a bundle, with the files and graphs that they need from it."""

from __future__ import annotations

from functools import partial

import numpy as np

from mien.bundle.files import Files
from mien.bundle.graphs import Graphs
from mien.bundle.table import BundleTable, EncoderEntry
from mien.encoders.base import Encoder, Through, encoders
from mien.errors import InputError
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
        encoder = _alone(m, entry, files)
        if entry.trunk is not None:
            encoder = Through(encoder, entry.trunk.sha256, partial(graphs.before_baseline, m))
        found[m] = encoder
    return found


def _alone(modality: Modality, entry: EncoderEntry, files: Files) -> Encoder:
    """An encoder that reads only files of its bundle, and no network.

    Raises:
        InputError: its options name a file, or a model that is not in the bundle, or it is of another modality.
    """
    place = f"the encoder '{entry.name}' of the bundle"
    named = set(getattr(encoders.get(entry.name), "asset_arguments", ()))
    for argument in (*(named & entry.options.keys()), *(entry.assets.keys() - named), *(named - entry.assets.keys())):
        raise InputError(f"{place} has '{argument}' in the wrong place: files stand under 'assets'; export it again")
    assets = {argument: str(files.path(asset)) for argument, asset in entry.assets.items()}
    encoder = encoders.build({"name": entry.name, **entry.options, **assets})
    try:
        encoder.check_alone()
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
    if encoder.modality != modality:
        raise InputError(f"{place} reads {encoder.modality}, and its bundle.json says {modality}; export it again")
    return encoder


def populations_of(table: BundleTable) -> dict[Modality, Standardised]:
    """The population of each modality with a person baseline."""
    trunks = {m: e.trunk for m, e in table.encoders.items() if e.trunk is not None}
    return {m: Standardised(np.asarray(trunk.strength, np.float32)) for m, trunk in trunks.items()}
