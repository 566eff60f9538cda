"""Exports the network of a ready-made part: as a graph where that is possible, else as files that run in torch."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from torch import nn

from mien.bundle.origin import Origin
from mien.bundle.table import LARGEST_FILE, EncoderEntry
from mien.encoders.base import Encoder
from mien.errors import InputError, MienError, short_of_memory
from mien.export import parity
from mien.export.graphs import encoder_graph, keep, saved
from mien.networks.classifiers import Classified, write_files
from mien.runtime import threads
from mien.types import Modality, Track

Run = Literal["auto", "onnx", "torch"]
"""How a part runs in a bundle: "auto" is a graph where one can be exported, else torch."""


class Ready(NamedTuple):
    """A part that others trained: where it comes from, and how it shall run."""

    origin: Origin
    run: Run


class Exported(NamedTuple):
    """An ONNX model, or why there is none."""

    proto: Any | None
    why: str


def exported(modality: Modality, network: nn.Module, tracks: Sequence[Track], run: Run) -> Exported:
    """The graph of a network, compared with it on real tracks.

    Raises:
        InputError: ``run`` is "onnx", and there can be no graph.
    """
    if run == "torch":
        return Exported(None, "so it was asked for")
    try:
        proto = encoder_graph(network, tracks[0])
        with tempfile.TemporaryDirectory() as scratch:
            graph = saved(proto, Path(scratch), modality)
            parity.check_trunk(modality, threads.open_graph(Path(scratch) / graph.file), network, tracks, shrunk=False)
        return Exported(proto, "")
    except Exception as error:  # the errors of the exporter, of protobuf and of ONNX Runtime have no class in common
        if short_of_memory(error):
            raise
        said = " ".join(str(error).split())[:120] if isinstance(error, MienError) else type(error).__name__
        if run == "onnx":
            raise InputError(
                f"the {modality} part cannot be exported as a graph ({said}); say run = 'torch'"
            ) from error
        return Exported(None, f"it could not be exported as a graph ({said})")


def torch_entry(modality: Modality, name: str, encoder: Encoder, network: nn.Module, folder: Path) -> EncoderEntry:
    """Writes config and weights of a classifier into a bundle. Returns its entry for the bundle's table.

    Raises:
        InputError: it is no classifier, or its weights are too large for a file of a bundle.
    """
    if not isinstance(network, Classified):
        raise InputError(f"only classifiers can run in torch, and '{name}' is none; say run = 'onnx'")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        config, weights = Path(scratch) / "config.json", Path(scratch) / "weights.safetensors"
        write_files(network, config, weights)
        if weights.stat().st_size > LARGEST_FILE:
            raise InputError(
                f"the weights of the {modality} part are larger than 2 GB, too large for a bundle; take a smaller model"
            )
        kept, settings = keep(weights, folder, modality), keep(config, folder, f"{modality}-config")
    return EncoderEntry(
        name=name,
        options=encoder.settings,
        version=encoder.version,
        dim=network.dim,
        assets={k: keep(path, folder, f"{modality}-{k}") for k, path in encoder.assets.items()},
        file=kept.file,
        sha256=kept.sha256,
        bytes=kept.bytes,
        config=settings,
    )
