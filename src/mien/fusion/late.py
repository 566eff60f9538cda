"""A calibrated log-linear pool of the answers of the single modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import RecipeError
from mien.fusion.base import Fused, Fusion, fusions, present
from mien.networks.pooled import pooled
from mien.types import Modality, Task

_IMPOSSIBLE = -30.0


class Opinion(nn.Module):
    """One modality's answer to one single-label task: evidence relative to the prior of its training data.

    Args:
        dim: size of a state.
        labels: how many labels the task has.
        peak: at 0 it answers to the mean of the states. Above it, a state counts more, the more it says: its weight is e to
            the power of ``peak`` times the Kullback-Leibler divergence of its own answer from the prior, in nats. A frame of
            a face that is neutral, blurred or covered then hardly weakens one that shows fear. One state alone gives the
            same answer with every ``peak``.
    """

    known: Tensor
    log_prior: Tensor

    def __init__(self, dim: int, labels: int, peak: float = 0.0) -> None:
        super().__init__()
        self.peak = peak
        self.linear = nn.Linear(dim, labels)
        self.register_buffer("known", torch.ones(labels, dtype=torch.bool))
        self.register_buffer("log_prior", torch.full((labels,), 1.0 / labels).log())

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Evidence for each label, (B, T, D) and bool (B, T) -> (B, L)."""
        if not self.peak:
            return self._evidence(pooled(states, mask))[0]
        evidence, logs = self._evidence(states)
        says = (logs.exp() * evidence).sum(dim=-1)  # (B, T), the divergence
        weights = (self.peak * says).masked_fill(~mask, _IMPOSSIBLE).softmax(dim=1).masked_fill(~mask, 0.0)
        joined = (weights.unsqueeze(-1) * states.masked_fill(~mask.unsqueeze(-1), 0.0)).sum(dim=1)
        return self._evidence(joined)[0]

    def _evidence(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Evidence and log posteriors, (..., D) -> two of (..., L)."""
        logits = self.linear(vectors).masked_fill(~self.known, _IMPOSSIBLE)
        logs = functional.log_softmax(logits.float(), dim=-1)
        return (logs - self.log_prior).masked_fill(~self.known, 0.0), logs

    def set_prior(self, shares: Tensor) -> None:
        """Take the share of each label in the training data, (L,). A label with share 0 is unknown."""
        self.known.copy_(shares > 0)
        self.log_prior.copy_((shares / shares.sum()).clamp(min=1e-8).log())


@fusions.register
class LatePool(Fusion):
    """Log-linear opinion pool (Genest and Zidek 1986; logarithmic pools as in Heskes 1998), weighted by reliability.

    Let e_m(y) = log p_m(y) - log prior_m(y) be the evidence of modality m for label y. Then

        log p(y) = log prior(y) + c(n) * sum_m w_m(q_m) * e_m(y) + constant

    - prior(y) is the geometric mean of prior_m(y) over the modalities present that know label y.
    - w_m(q) = softplus(b_m + a_m . z) with a_m >= 0, where z is the standardised quality of the input. It is fitted by
      likelihood on data that are degraded at known levels, so that each modality's posterior is calibrated at each quality.
    - c(n) = 1 / (1 + redundancy * (n - 1)) for n modalities. Voice and face of one person partly say the same, and a
      product of their posteriors would count that twice. With a redundancy of 0 modalities are independent; with 1 their
      evidence is averaged.
    - A modality gives no evidence for or against a label that its training data lack.

    One modality alone gives its own calibrated posterior. ``Fused.weights`` are shares of the evidence: the mean absolute
    deviation of each modality's weighted evidence over the labels, normalised.

    Args:
        dims, quality, tasks: see ``Fusion``; single-label tasks only.
        redundancy: see c(n).
        peaks: {modality: see ``Opinion``}; 0 for modalities that are not there.

    Raises:
        RecipeError: a task is of another kind, or a peak is below 0 or of a modality that the model lacks.
    """

    def __init__(
        self,
        dims: Mapping[Modality, int],
        quality: Mapping[Modality, int],
        tasks: Sequence[Task],
        redundancy: float = 0.0,
        peaks: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(dims, quality, tasks)
        peaks = peaks or {}
        if any(m not in dims or peak < 0 for m, peak in peaks.items()):
            raise RecipeError(
                f"peaks of the late pool are numbers of at least 0 for {', '.join(dims)}, not {dict(peaks)}"
            )
        if any(task.kind != "single" for task in tasks):
            raise RecipeError("the late pool answers single-label tasks only; choose another fusion for scores")
        self.redundancy = redundancy
        self.dim = sum(task.size for task in tasks)
        self.opinions = nn.ModuleDict(
            {
                f"{m}_{task.name}": Opinion(dim, task.size, peaks.get(m, 0.0))
                for m, dim in dims.items()
                for task in tasks
            }
        )
        self.reliability = nn.ModuleDict({m: Reliability(quality[m]) for m in dims})

    def opinion(self, modality: Modality, task: Task) -> Opinion:
        """The part that answers a task from one modality."""
        part: Opinion = self.opinions[f"{modality}_{task.name}"]  # type: ignore[assignment]  # ModuleDict forgets the type
        return part

    def parts_of(self, modality: Modality) -> tuple[str, ...]:
        """Its reliability, and its opinion on each task."""
        return f"reliability.{modality}", *(f"opinions.{modality}_{task.name}" for task in self.tasks)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Pool the evidence. ``vector`` holds the log posteriors of all tasks side by side, up to a constant for each task."""
        here = present(masks)
        trust = torch.stack([self.reliability[m](q) for m, q in zip(self.modalities, quality, strict=True)], dim=1)
        trust = here * trust * discount(here.sum(dim=1, keepdim=True), self.redundancy)
        answers, spreads = [], []
        for task in self.tasks:
            opinions = [self.opinion(m, task) for m in self.modalities]
            evidence = torch.stack([o(s, k) for o, s, k in zip(opinions, states, masks, strict=True)], dim=1)
            weighted = trust.unsqueeze(-1) * evidence
            answers.append(self._log_prior(task, here) + weighted.sum(dim=1))
            spreads.append((weighted - weighted.mean(dim=-1, keepdim=True)).abs().mean(dim=-1))
        spread = torch.stack(spreads).sum(dim=0) + 1e-6 * here
        return Fused(torch.cat(answers, dim=-1), spread / spread.sum(dim=1, keepdim=True).clamp(min=1e-12))

    def head(self, task: Task) -> nn.Module:
        """The task's own part of the vector."""
        at = sum(t.size for t in self.tasks[: self.tasks.index(task)])
        return _Slice(at, at + task.size)

    def observe(self, modality: Modality, shares: Mapping[str, Tensor], quality: Tensor) -> None:
        """Set the priors of opinions that learn, and the quality scale of a reliability that learns."""
        reliability: Reliability = self.reliability[modality]  # type: ignore[assignment]  # ModuleDict forgets the type
        if reliability.bias.requires_grad and len(quality):
            reliability.fit_scale(quality)
        for task in self.tasks:
            opinion = self.opinion(modality, task)
            if opinion.linear.weight.requires_grad:
                opinion.set_prior(shares[task.name])

    def _log_prior(self, task: Task, here: Tensor) -> Tensor:
        parts = [self.opinion(m, task) for m in self.modalities]
        logs = torch.stack([p.log_prior for p in parts])  # (M, L)
        knows = here.unsqueeze(-1) & torch.stack([p.known for p in parts])  # (B, M, L)
        mean = (knows * logs).sum(dim=1) / knows.sum(dim=1).clamp(min=1)
        return torch.where(knows.any(dim=1), mean, torch.full_like(mean, _IMPOSSIBLE))


def discount(count: Tensor, redundancy: float | Tensor) -> Tensor:
    """c(n) of the late pool for n modalities present; 1 for one modality."""
    return 1 / (1 + redundancy * (count.clamp(min=1) - 1))


class Reliability(nn.Module):
    """How much to trust an input of given quality: (B, Q) -> (B,) > 0.

    The trust never falls when quality rises. It is about 1 before training.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))
        self.slope = nn.Parameter(torch.full((size,), -6.0))
        self.bias = nn.Parameter(torch.tensor(0.5413))  # softplus(0.5413) = 1

    def forward(self, quality: Tensor) -> Tensor:
        """Trust in each input."""
        # asinh brings decibels, seconds and pixels into similar ranges, and keeps their order.
        z = ((torch.asinh(quality.float()) - self.centre) / self.scale).clamp(-3.0, 3.0)
        trust: Tensor = functional.softplus(self.bias + (z * functional.softplus(self.slope)).sum(dim=-1))
        return trust

    def fit_scale(self, quality: Tensor) -> None:
        """Take centre and scale from the quality values of the training data, (N, Q)."""
        bent = torch.asinh(quality.float())
        self.centre.copy_(bent.mean(dim=0))
        self.scale.copy_(bent.std(dim=0).clamp(min=1e-3))


class _Slice(nn.Module):
    def __init__(self, start: int, end: int) -> None:
        super().__init__()
        self.start, self.end = start, end

    def forward(self, vector: Tensor) -> Tensor:
        return vector[:, self.start : self.end]
