"""A trained model as a system that can be evaluated. It has its own module because it needs torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from mien.data.sets import ExampleSet
from mien.evaluation.evaluate import Keep
from mien.model import heads
from mien.model.model import Model
from mien.types import Float32, Task


class ModelSystem:
    """A trained model as a system, in evaluation mode. It must be on the CPU, where a training leaves it."""

    def __init__(self, model: Model) -> None:
        self._model = model.eval()
        self.tasks: Sequence[Task] = model.tasks

    @torch.no_grad()
    def answers(self, part: ExampleSet, rows: NDArray[np.int64], keeps: Sequence[Keep]) -> list[Mapping[str, Float32]]:
        """See ``System``."""
        batch = part.batch(rows)
        found: list[Mapping[str, Float32]] = []
        for keep in keeps:
            mask = {m: k & torch.from_numpy(keep[m])[:, None] if m in keep else k for m, k in batch.mask.items()}
            logits = self._model(batch._replace(mask=mask)).logits
            found.append({t.name: heads.score(t, logits[t.name]).cpu().numpy() for t in self.tasks})
        return found
