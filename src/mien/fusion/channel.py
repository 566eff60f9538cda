"""A late pool that knows that a modality often shows nothing of what the person expresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from mien.errors import RecipeError
from mien.fusion.base import fusions
from mien.fusion.late import LatePool
from mien.types import MODALITIES, Modality, Task

_FAINT = 0.1  # share of a silent modality that shows any label at random
_BEHIND = 1e-3  # how far a label that no modality proposes stays behind the best of those that one does
_LEAST = 1e-12  # smallest likelihood
_UNKNOWN = -20.0  # the log prior of a label that nobody present knows is below this


@fusions.register
class ChannelPool(LatePool):
    """The late pool for modalities that may be silent: neutral words say little about an angry voice.

    Each modality is a noisy channel (Dawid and Skene 1979): with probability ``expressed[m]`` it shows the emotion that the
    person expresses, and else it is silent and looks neutral. Let l_m(y) be the likelihood of the input of modality m, if the
    modality shows label y. Then with several modalities the evidence for y is log L_m(y), where

        L_m(y) = expressed_m * l_m(y) + (1 - expressed_m) * (0.9 * l_m(silent) + 0.1 * mean over k of l_m(k))

    So a neutral modality cannot veto: it favours neutral by a factor of about 1 / (1 - expressed_m) at most. A modality that
    shows an emotion clearly keeps its evidence. In CREMA-D, where a person is seen as happy in voice and face together, 56 %
    of the voices alone are heard as neutral and 30 % as happy.

    The prior is even: without any input, all labels are equally likely, whatever their shares in the training data.

    One modality alone answers what it shows itself. A label that is among the first two of no modality
    never becomes the answer.

    Args:
        dims, quality, tasks, redundancy, peaks: see ``LatePool``.
        expressed: {modality: probability that it is not silent}; 1 for modalities left out.
        temperature: {modality: what its evidence is divided by, except in training}, for confidence that holds on people and
            recordings unlike the training data; 1 for modalities left out.
        silent: the label that a silent modality shows. A task without this label has no silent label: then a silent modality
            shows any label.

    Raises:
        RecipeError: ``expressed`` is not between 0 and 1, a temperature is not above 0, or a name is no modality.
    """

    expressed: Tensor
    cooling: Tensor

    def __init__(
        self,
        dims: Mapping[Modality, int],
        quality: Mapping[Modality, int],
        tasks: Sequence[Task],
        redundancy: float = 0.0,
        peaks: Mapping[str, float] | None = None,
        expressed: Mapping[str, float] | None = None,
        temperature: Mapping[str, float] | None = None,
        silent: str = "neutral",
    ) -> None:
        super().__init__(dims, quality, tasks, redundancy, peaks)
        shares, temperatures = dict(expressed or {}), dict(temperature or {})
        for name in (*shares, *temperatures):
            if name not in MODALITIES:
                raise RecipeError(f"'{name}' is no modality; take {', '.join(MODALITIES)}")
        if not all(0 <= share <= 1 for share in shares.values()):
            raise RecipeError("'expressed' holds probabilities between 0 and 1")
        if not all(value > 0 for value in temperatures.values()):
            raise RecipeError("'temperature' holds numbers above 0")
        # Buffers follow the module to its device; they are not weights of a run, but settings of the recipe.
        for name, values in (("expressed", shares), ("cooling", temperatures)):
            row = torch.tensor([values.get(m, 1.0) for m in self.modalities]).reshape(-1, 1)
            self.register_buffer(name, row, persistent=False)
        self.silent = silent

    def _pool(self, task: Task, evidence: Tensor, here: Tensor) -> tuple[Tensor, Tensor]:
        known = torch.stack([self.opinion(m, task).known for m in self.modalities])  # (M, L)
        # Reliability learns on data like the training data; the temperature is for people unlike them, in use.
        shown = evidence if self.training else evidence / self.cooling
        alone = here.sum(dim=1)[:, None, None] == 1
        answer, counted = super()._pool(task, torch.where(alone, shown, self._expressed(task, shown, known)), here)
        return _backed(answer, shown, known & here.unsqueeze(-1)), counted

    def _log_prior(self, task: Task, here: Tensor) -> Tensor:
        """Even over the labels that a modality present knows, whatever the shares in the training data were."""
        prior = super()._log_prior(task, here)
        return torch.where(prior > _UNKNOWN, torch.zeros_like(prior), prior)

    def _expressed(self, task: Task, shown: Tensor, known: Tensor) -> Tensor:
        """log L_m(y) of every modality, with mean 0 over the labels that it knows; (B, M, L)."""
        likelihood = shown.masked_fill(~known, -torch.inf).softmax(dim=-1)
        usual = known / known.sum(dim=-1, keepdim=True)
        if self.silent in task.labels:
            at = functional.one_hot(torch.tensor(task.labels.index(self.silent)), task.size).to(usual)
            usual = torch.where(known & (at > 0), 1 - _FAINT + _FAINT * usual, _FAINT * usual)
        silence = (likelihood * usual / usual.sum(dim=-1, keepdim=True)).sum(dim=-1, keepdim=True)
        logs = (self.expressed * likelihood + (1 - self.expressed) * silence).clamp(min=_LEAST).log()
        mean = (logs * known).sum(dim=-1, keepdim=True) / known.sum(dim=-1, keepdim=True)
        return torch.where(known, logs - mean, torch.zeros_like(logs))


def _backed(answer: Tensor, shown: Tensor, known: Tensor) -> Tensor:
    """The log posterior (B, L), where labels that are among the first two of no modality stay below one that is."""
    ranked = shown.masked_fill(~known, -torch.inf)
    second = ranked.topk(min(2, ranked.shape[-1]), dim=-1).values[..., -1:]
    backed = ((ranked >= second) & known).any(dim=1)
    best = answer.masked_fill(~backed, -torch.inf).amax(dim=-1, keepdim=True)
    return torch.where(backed | ~backed.any(dim=-1, keepdim=True), answer, torch.minimum(answer, best - _BEHIND))
