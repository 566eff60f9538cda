"""What the encoders of ready-made classifiers share: the table of labels, and the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mien.encoders._front.pretrained import PretrainedEncoder
from mien.recipe.labels import LabelTable
from mien.runtime.extras import needs_hf
from mien.types import Float32

if TYPE_CHECKING:
    from mien.networks.classifiers import Classified


class ClassifierEncoder(PretrainedEncoder):
    """Makes an encoder of a pretrained model one of a classifier. It stands before the encoder among the base classes.

    A state is a row of log-probabilities, one for each label of the task. Labels that no label of the classifier stands for
    have a tiny probability; the pool has to know that they are unknown (``mien bundle make`` tells it).
    """

    def means(self, labels: Mapping[str, str], left_out: Sequence[str], answers: Sequence[str]) -> None:
        """Takes the table of labels, ``{label of the classifier: one of answers}``, and the labels that are left out."""
        self.table, self.answers = LabelTable(dict(labels), tuple(left_out)), tuple(answers)

    def network(self) -> Classified:
        """The classifier with its published weights.

        Raises:
            InputError: the table does not fit the labels of the model, or it cannot be loaded.
        """
        needs_hf("a classifier of transformers")
        from mien.networks.classifiers import classifier

        return classifier(self.modality, self.model, self.table, self.answers, self.front, self.learn)

    def in_torch(self, config: Path, weights: Path) -> Callable[[NDArray[Any], NDArray[np.bool_]], Float32]:
        """See the base class."""
        needs_hf("a part of this bundle, which runs in torch,")
        from mien.networks.classifiers import classifier_of_files

        return classifier_of_files(self.modality, config, weights, self.table, self.answers, self.front)

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder without the model's files."""
        unused = ("layers", "pooling", "lora", "dim")
        rest = {key: value for key, value in super().settings.items() if key not in unused}
        table = {
            "labels": dict(self.table.labels),
            "left_out": list(self.table.left_out),
            "answers": list(self.answers),
        }
        return {**rest, **table}
