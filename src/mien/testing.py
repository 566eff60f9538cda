"""Public conformance checks for parts: our own tests and those of plugins run the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mien.types import Segment

if TYPE_CHECKING:
    from torch import Tensor

    from mien.encoders.base import Encoder
    from mien.fusion.base import Fusion


def check_encoder(encoder: Encoder, segment: Segment) -> None:
    """Check an encoder's ``prepare`` on a segment that has its modality.

    Raises:
        AssertionError: naming what does not hold.
    """
    first, second = encoder.prepare(segment), encoder.prepare(segment)
    _require(first is not None and second is not None, "prepare gives a track where its modality is present")
    if first is None or second is None:
        return
    _require(first.values.tobytes() == second.values.tobytes(), "prepare is deterministic, byte for byte")
    _require(bool(np.all(np.diff(first.times) >= 0)), "times do not go back")
    _require(first.quality.shape == (len(encoder.quality_names),), "one quality value per quality name")
    _require(bool(np.isfinite(first.quality).all()), "quality is finite")
    _require(bool(np.isfinite(np.asarray(first.values, np.float64)).all()), "values are finite")
    _require(encoder.prepare(Segment(segment.span)) is None, "prepare gives None where its modality is absent")


def check_fusion(fusion: Fusion) -> None:
    """Check that absence and padding change nothing, that weights are shares, and that every input matters.

    Raises:
        AssertionError: naming what does not hold.
    """
    import torch

    fusion.eval()
    torch.manual_seed(0)
    states, masks, quality, times = _inputs(fusion)
    with torch.no_grad():
        whole = fusion(states, masks, quality, times)
        ones = torch.ones(len(masks[0]))
        _require(torch.allclose(whole.weights.sum(dim=1), ones, atol=1e-5), "weights sum to 1 over what is present")
        padded = [torch.cat([s, torch.full_like(s, 9.0)], dim=1) for s in states]
        longer = [torch.cat([m, torch.zeros_like(m)], dim=1) for m in masks]
        later = [torch.cat([t, t[:, -1:].expand_as(t)], dim=1) for t in times]
        _same(fusion(padded, longer, quality, later).vector, whole.vector, "padding changes nothing")
        for index in range(len(states)):
            absent = [m.clone() for m in masks]
            absent[index][:] = False
            noise = [s.clone() for s in states]
            noise[index] = torch.randn_like(noise[index]) * 7
            moved = [t.clone() for t in times]
            moved[index] += 5
            without = fusion(states, absent, quality, times)
            _same(fusion(noise, absent, quality, moved).vector, without.vector, "an absent modality changes nothing")
            _require(bool((without.weights[:, index] == 0).all()), "an absent modality weighs nothing")
            _require(not torch.allclose(without.vector, whole.vector), "a present modality changes something")


def _inputs(
    fusion: Fusion, size: int = 4, time: int = 3
) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
    import torch

    states = [torch.randn(size, time, dim) for dim in fusion.dims]
    masks = [torch.ones(size, time, dtype=torch.bool) for _ in states]
    for mask in masks:
        mask[0, 2:] = False
    times = [torch.rand(size, time).sort(dim=1).values * 4 for _ in states]
    return states, masks, [torch.rand(size, count) * 10 for count in fusion.quality_sizes], times


def _same(one: Tensor, other: Tensor, claim: str) -> None:
    import torch

    _require(torch.allclose(one, other, atol=1e-5), claim)


def _require(holds: bool, claim: str) -> None:
    if not holds:
        raise AssertionError(f"does not hold: {claim}")
