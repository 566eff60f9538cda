"""The loss on the validation sets, by which an epoch is chosen."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from lightning_fabric import Fabric

from mien.data.sets import ExampleSet
from mien.model.model import Model
from mien.training.step import Criterion


@torch.no_grad()
def valid_loss(model: Model, criterion: Criterion, sets: Sequence[ExampleSet], fabric: Fabric, size: int = 64) -> float:
    """Weighted sum of the tasks' mean losses over their labelled examples. Tasks without labelled examples add nothing."""
    model.eval()
    totals, counts = (dict.fromkeys((t.name for t in criterion.tasks), 0.0) for _ in range(2))
    for part in sets:
        for rows in part.order(size, None):
            batch = part.batch(rows).to(fabric.device)
            with fabric.autocast():
                logits = model(batch).logits
            for task in criterion.tasks:
                loss = criterion.of(task, logits[task.name], batch)
                if loss is not None:
                    known = int(batch.labelled[task.name].sum())
                    totals[task.name] += float(loss) * known
                    counts[task.name] += known
    return sum(criterion.how[name].weight * totals[name] / count for name, count in counts.items() if count)
