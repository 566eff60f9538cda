"""States of a shipped bundle's encoder as features: transfer learning that takes seconds."""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mien import bundles
from mien.encoders.base import Encoder, encoders
from mien.errors import InputError, MienError
from mien.recipe import strict
from mien.runtime import threads
from mien.runtime.cache import file_sha256
from mien.types import Float32, Modality, Segment, Span, Track, Word, Words

if TYPE_CHECKING:
    import onnxruntime
    from torch import nn


@encoders.register
class Bundled(Encoder):
    """The mean over time of the states that a shipped bundle's encoder gives. Its weights are frozen, in ONNX.

    The track holds float32 (1, D). With ``context`` it holds (1 + lines, D + 1): first a row for each known previous line of
    the dialogue, each encoded alone, then a row for the segment. The last column is 1 for the segment and 0 for the others.
    Times are then distances in utterances, 0 for the segment.

    Quality: that of the bundle's encoder.

    Args:
        modality: which of the bundle's encoders.
        bundle: name of a shipped bundle; an exported bundle needs it too.
        context: how many previous lines (``Segment.context``) are used with each segment; text only.
        network: what learns from the states, see ``networks/sequence.py``: "linear", "mlp", "beside", "conv" or "attention".
        hidden: size of the vectors that the network gives.
        dropout: share dropped in training.

    Raises:
        InputError: there is no such bundle, it does not have the modality, or ``context`` is set for another modality than
            text.
    """

    def __init__(
        self,
        modality: Modality,
        bundle: str = "research",
        context: int = 0,
        network: str = "mlp",
        hidden: int = 128,
        dropout: float = 0.3,
    ) -> None:
        path = bundles.folder() / bundle / "bundle.json"
        # Only a shipped bundle: a name with "../" would read the table of any folder.
        known = bundle in bundles.shipped()
        table = json.loads(path.read_text(encoding="utf-8"))["encoders"] if known else {}
        if modality not in table:
            raise InputError(f"there is no shipped bundle '{bundle}' that reads {modality}")
        if context and modality != "text":
            raise InputError("only text has context; leave it out of the other modalities")
        self.modality: Modality = modality
        entry = table[modality]
        self._dim, self._entry = int(entry["dim"]), entry
        self._inner = encoders.build({"name": entry["name"], **entry["options"]})
        self.quality_names = self._inner.quality_names
        self._bundle, self.context = bundle, strict.within("context", context, 0, 10_000)
        self._network, self._hidden, self._dropout = network, hidden, dropout
        # A line is in the context of several later ones.
        self._line = lru_cache(1024)(self._read_line)

    def prepare(self, segment: Segment) -> Track | None:
        """The states; ``None`` where the bundle's encoder gives none.

        Raises:
            MienError: the graph of the bundle is damaged.
        """
        own = self._inner.prepare(segment)
        if own is None:
            return None
        middle = own.times.mean(keepdims=True)
        if not self.context:
            return Track(middle, self._mean(own)[None], own.quality)
        before = (self._line(line) for line in segment.context[-self.context :])
        rows = [*(row for row in before if row is not None), self._mean(own)]
        marked = np.concatenate([np.stack(rows), np.eye(len(rows), dtype=np.float32)[:, -1:]], axis=1)
        return Track(np.arange(1.0 - len(rows), 1.0), marked, own.quality)

    def network(self) -> nn.Module:
        """The chosen network, on standardised states."""
        from mien.networks.sequence import RowNetwork

        return RowNetwork(self._dim, self._hidden, self._network, bool(self.context), self._dropout)

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {
            "modality": self.modality,
            "bundle": self._bundle,
            "context": self.context,
            "network": self._network,
            "hidden": self._hidden,
            "dropout": self._dropout,
        }

    @property
    def identity(self) -> dict[str, object]:
        """What the tracks depend on: the bundle's graph, and how the inner encoder prepares."""
        graphs = [part["sha256"] for part in self._parts]
        return {**self._inner.identity, "graphs": graphs, "context": self.context}

    def _read_line(self, line: str) -> Float32 | None:
        span = Span(0.0, 0.0)
        track = self._inner.prepare(Segment(span, words=Words((Word(line, span),))))
        return None if track is None else self._mean(track)

    def _mean(self, track: Track) -> Float32:
        states = track.values
        for graph in self._graphs:
            states = self._run(graph, states)
        return np.asarray(states.mean(axis=0), np.float32)

    def _run(self, graph: onnxruntime.InferenceSession, values: NDArray[Any]) -> NDArray[Any]:
        """The output of a graph. Of the rows for a person baseline it takes the features: nothing is known of the person."""
        size = graph.get_inputs()[0].shape[-1]
        rows = values[:, :size] if isinstance(size, int) and values.ndim == 2 else values
        feed = {"values": rows[None], "mask": np.ones((1, len(rows)), bool)}
        (states,) = graph.run(None, {i.name: feed[i.name] for i in graph.get_inputs()})
        found: NDArray[Any] = states[0]
        return found

    @cached_property
    def _graphs(self) -> list[onnxruntime.InferenceSession]:
        return [_opened(str(part["file"]), str(part["sha256"])) for part in self._parts]

    @property
    def _parts(self) -> list[dict[str, Any]]:
        """The entries of the graph of the encoder, and of those before it: of word vectors, or of a person baseline."""
        return [*(self._entry[name] for name in ("vectors", "trunk") if self._entry.get(name)), self._entry]


def _opened(file: str, sha256: str) -> onnxruntime.InferenceSession:
    path = bundles.shared_file(file)
    if file_sha256(path) != sha256:
        raise MienError(f"'{path}' is damaged; install mien again")
    return threads.open_graph(path)
