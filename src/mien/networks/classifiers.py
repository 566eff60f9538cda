"""Ready-made classifiers of transformers: log-probabilities of a task's labels, from those of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.files.ordinary import read_bytes
from mien.networks.pictures import Pixels
from mien.networks.pretrained import loaded, refusals, same_every_time, say_less
from mien.networks.sounds import Samples, front
from mien.networks.words import Tokens
from mien.recipe.labels import LabelTable, labels_of
from mien.runtime.memory import bounded
from mien.types import Float32, Modality

_CLASSES: Mapping[Modality, str] = {
    "text": "AutoModelForSequenceClassification",
    "voice": "AutoModelForAudioClassification",
    "face": "AutoModelForImageClassification",
}
_LEAST = 1e-9  # smallest probability
_LARGEST_CONFIG = 5_000_000  # bytes
_MEMORY = 6_000_000_000  # bytes that a network from a bundle may take


class Classified(nn.Module):
    """A classifier whose labels are those of a task: (values, mask) -> log-probabilities (B, T', L).

    T' is 1 for text and voice, and T for pictures. The probability of a label is the sum of those of the classifier's labels
    that stand for it. A classifier with several labels at once (sigmoids) says with which probability any of them applies,
    1 - prod(1 - p), as if they were independent. What is left out or stands for nothing is not counted; the pool then brings
    the rest to 1.

    Args:
        model: a classifier of transformers.
        inputs: (values, mask) -> its arguments.
        targets: the task's label of each of its labels, -1 for none.
        labels: L, how many labels the task has.
        several: whether several of its labels may apply at once.
    """

    columns: Tensor

    def __init__(self, model: Any, inputs: nn.Module, targets: Sequence[int], labels: int, several: bool) -> None:
        super().__init__()
        self.model, self.inputs, self.dim, self.several = model, inputs, labels, several
        columns = torch.zeros(len(targets), labels)
        for row, column in enumerate(targets):
            if column >= 0:
                columns[row, column] = 1.0
        self.register_buffer("columns", columns, persistent=False)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Log-probabilities, which need not sum to 1."""
        logits = self.model(**self.inputs(values, mask)).logits.float()
        if self.several:
            found = -torch.expm1(functional.logsigmoid(-logits) @ self.columns)
        else:
            found = logits.softmax(dim=-1) @ self.columns
        logs: Tensor = found.clamp(min=_LEAST).log()
        return logs.unsqueeze(1) if values.ndim < 5 else logs.reshape(values.shape[0], values.shape[1], self.dim)


class _Pictures(nn.Module):
    """Pictures and their mask as the argument of a picture model. Each picture is looked at alone."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.pixels = Pixels(mean, std)

    def forward(self, values: Tensor, mask: Tensor) -> dict[str, Tensor]:
        return {"pixel_values": self.pixels(values)}


def classifier(
    modality: Modality,
    model: str,
    table: LabelTable,
    answers: Sequence[str],
    look: Mapping[str, Any],
    learn: bool = False,
) -> Classified:
    """The network of a classifier with its published weights.

    Args:
        modality: decides how it is loaded.
        model: a folder, or the name of a hub model.
        table: what its labels mean.
        answers: the labels of the task.
        look: ``Encoder.front`` of its encoder.
        learn: whether its weights learn.

    Raises:
        InputError: it cannot be loaded, it is no whole classifier, or the table does not fit its labels.
    """
    import transformers

    found, missing = loaded(getattr(transformers, _CLASSES[modality]), model)
    if missing:
        raise InputError(
            f"the files of '{model}' lack the weights '{sorted(missing)[0]}', so what it answers would be random; "
            "name a model that was trained as a classifier"
        )
    return _built(modality, found, table, answers, look, model).requires_grad_(learn)


def _built(
    modality: Modality, model: Any, table: LabelTable, answers: Sequence[str], look: Mapping[str, Any], name: str
) -> Classified:
    config = model.config
    targets = table.targets(labels_of({**vars(config), "id2label": config.id2label}, name), answers, name)
    same_every_time(model)
    inputs: nn.Module
    if modality == "text":
        inputs = Tokens(config)
    elif modality == "voice":
        inputs = Samples(config, whole=False)
        if inputs.hop != look["hop"]:
            raise ValueError(f"a state of '{name}' takes {inputs.hop} samples, and its encoder gives {look['hop']}")
        front(model)
    else:
        inputs = _Pictures(look["mean"], look["std"])
    several = config.problem_type == "multi_label_classification"
    return Classified(model, inputs, targets, len(answers), several)


def classifier_of_files(
    modality: Modality, config: Path, weights: Path, table: LabelTable, answers: Sequence[str], look: Mapping[str, Any]
) -> Callable[[NDArray[Any], NDArray[np.bool_]], Float32]:
    """The network of a classifier from a bundle, as a function of NumPy arrays. The files may come from anybody.

    Raises:
        InputError: the config is of no model that transformers itself has, the weights are not exactly those of this model, or
            there is too little memory.
    """
    name = f"{modality} part of the bundle"
    with _told(f"the {name} cannot be built"):
        network = _of_files(modality, config, weights, table, answers, look, name).eval()

    def run(values: NDArray[Any], mask: NDArray[np.bool_]) -> Float32:
        with _told(f"the {name} cannot be run"), torch.no_grad():
            states = network(torch.from_numpy(values), torch.from_numpy(mask))
        return np.asarray(states.float().numpy(), np.float32)

    return run


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Bounds the memory that a network of a stranger may take, and turns what torch says into a sentence."""
    try:
        with bounded(_MEMORY):
            yield
    except refusals() as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{what} ({said}); make the bundle again") from error


def _of_files(
    modality: Modality,
    config: Path,
    weights: Path,
    table: LabelTable,
    answers: Sequence[str],
    look: Mapping[str, Any],
    name: str,
) -> Classified:
    import transformers
    from safetensors.torch import load_file

    say_less()
    settings = json.loads(read_bytes(config, _LARGEST_CONFIG))
    kind = settings.pop("model_type")
    made = transformers.AutoConfig.for_model(kind, **{k: v for k, v in settings.items() if k != "auto_map"})
    auto = getattr(transformers, _CLASSES[modality])
    state = load_file(weights)
    for key, value in settings.items():
        # Layers are built one by one, even where they take no memory.
        if ("layers" in key or "depths" in key) and any(n > len(state) for n in _numbers(value)):
            raise ValueError(f"its config has {key} = {value}, and its weights are {len(state)} tensors")
    with torch.device("meta"):  # no memory is taken before the sizes are known to be those of the file
        shapes = {
            key: value.shape for key, value in auto.from_config(made, trust_remote_code=False).state_dict().items()
        }
    if shapes != {key: value.shape for key, value in state.items()}:
        raise ValueError("its weights are not those of its config")
    model = auto.from_config(made, trust_remote_code=False)
    model.load_state_dict(state)
    return _built(modality, model.eval(), table, answers, look, name)


def _numbers(value: object) -> list[float]:
    return [n for n in (value if isinstance(value, list) else [value]) if isinstance(n, int | float)]


def write_files(network: Classified, config: Path, weights: Path) -> None:
    """Writes the classifier inside a network as ``classifier_of_files`` reads it."""
    from safetensors.torch import save_file

    table = {
        key: value for key, value in network.model.config.to_dict().items() if key not in ("auto_map", "_name_or_path")
    }
    config.write_text(json.dumps(table, indent=1, sort_keys=True), encoding="utf-8")
    state = {key: value.detach().clone().contiguous() for key, value in network.model.state_dict().items()}
    save_file(state, weights)
