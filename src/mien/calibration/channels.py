"""What the pool ``channel`` of a bundle says of its modalities, for the samples that its trust is fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.bundle.answer import Subset
from mien.bundle.bundle import Bundle
from mien.trust.calibration import softened
from mien.trust.sample import Sample
from mien.types import Modality, Task


@dataclass(frozen=True)
class Channels:
    """Options of the pool, see ``mien.fusion.channel.ChannelPool``. It favours no label.

    Attributes:
        expressed: {modality: probability that it shows what the person expresses}.
        temperature: {modality: what its log probabilities are divided by}.
        silent: the label that a modality shows else.
    """

    expressed: Mapping[Modality, float]
    temperature: Mapping[Modality, float]
    silent: str

    @classmethod
    def of(cls, bundle: Bundle) -> Channels | None:
        """The channels of a bundle; ``None`` for another pool."""
        fusion = bundle.table.fusion
        if fusion.name != "channel":
            return None
        options: Mapping[str, Any] = fusion.options
        return cls(options.get("expressed", {}), options.get("temperature", {}), options.get("silent", "neutral"))

    def cooled(self, sample: Sample, subset: Subset) -> Sample:
        """Answers of a part alone, as the pool gives them; answers of several modalities stay as they are."""
        if len(subset) > 1:
            return sample
        (modality,) = subset
        return replace(sample, scores=softened(sample.scores, self.temperature.get(modality, 1.0)))

    def shown(
        self, labels: NDArray[np.int64], modality: Modality, task: Task, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """The label that a modality shows of each expressed one, (N,): the same, or at random the silent one."""
        if self.silent not in task.labels:
            return labels
        there = rng.random(len(labels)) < self.expressed.get(modality, 1.0)
        return np.asarray(np.where(there, labels, task.labels.index(self.silent)), np.int64)
