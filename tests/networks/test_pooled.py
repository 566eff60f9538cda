"""Pooling of rows of statistics: exact, blind to padding, and the same after export."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.export import Dim

from mien.export.graphs import trace
from mien.networks.pooled import PooledStatistics, utterance_statistics

STATES, OTHERS = 5, 2


def rows(frames: NDArray[np.float32], others: NDArray[np.float32], sizes: list[int]) -> torch.Tensor:
    parts = np.split(frames, np.cumsum(sizes)[:-1])
    made = [
        np.concatenate([p.mean(axis=0), (p**2).mean(axis=0), o, [len(p)]]) for p, o in zip(parts, others, strict=True)
    ]
    return torch.from_numpy(np.stack(made).astype(np.float32)).unsqueeze(0)


def sample(seed: int, sizes: list[int]) -> tuple[torch.Tensor, NDArray[np.float32], NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    frames = rng.normal(1.0, 2.0, (sum(sizes), STATES)).astype(np.float32)
    others = rng.normal(size=(len(sizes), OTHERS)).astype(np.float32)
    return rows(frames, others, sizes), frames, others


def statistics(seed: int) -> torch.Tensor:
    return utterance_statistics(sample(seed, [25, 25, 14])[0], torch.ones(1, 3, dtype=torch.bool), STATES).unsqueeze(1)


def network() -> PooledStatistics:
    torch.manual_seed(0)
    made = PooledStatistics(STATES, OTHERS, dropout=0.5, hidden=6)
    made.body.fit_statistics(statistics(seed)[0].numpy() for seed in range(20))
    return made.eval()


def test_mean_and_deviation_are_those_of_all_frames() -> None:
    sizes = [25, 25, 13]
    values, frames, others = sample(0, sizes)
    found = utterance_statistics(values, torch.ones(1, 3, dtype=torch.bool), STATES)[0].numpy()
    weight = np.asarray(sizes)[:, None] / sum(sizes)
    middle = (others * weight).sum(axis=0)
    spread = np.sqrt(((others - middle) ** 2 * weight).sum(axis=0))
    expected = np.concatenate([frames.mean(axis=0), frames.std(axis=0), middle, spread])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_padding_changes_nothing_whatever_it_holds() -> None:
    net, (values, _, _) = network(), sample(1, [25, 20])
    mask = torch.ones(1, 2, dtype=torch.bool)
    padded = torch.cat([values, torch.full((1, 3, values.shape[2]), float("nan"))], dim=1)
    longer = torch.cat([mask, torch.zeros(1, 3, dtype=torch.bool)], dim=1)
    with torch.no_grad():
        np.testing.assert_allclose(net(padded, longer), net(values, mask), atol=1e-6)


def test_an_example_without_rows_gives_a_finite_vector() -> None:
    values, _, _ = sample(1, [25, 20])
    found = network()(values, torch.zeros(1, 2, dtype=torch.bool))
    assert found.shape == (1, 1, 6)
    assert bool(torch.isfinite(found).all())


def test_fitted_statistics_standardise_the_training_tracks() -> None:
    net = network()
    whole = torch.cat([statistics(seed)[0] for seed in range(20)])
    z = (whole - net.body.centre) / net.body.scale
    np.testing.assert_allclose(z.mean(dim=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(z.std(dim=0), 1.0, atol=1e-4)


def test_training_adds_noise_and_evaluation_does_not() -> None:
    net, (values, _, _) = network(), sample(2, [25])
    mask = torch.ones(1, 1, dtype=torch.bool)
    assert torch.equal(net(values, mask), net(values, mask))
    net.train()
    assert not torch.equal(net(values, mask), net(values, mask))


def test_the_exported_graph_takes_any_batch_and_length() -> None:
    import onnxruntime

    net, (values, _, _) = network(), sample(3, [25, 25, 20])
    inputs = values.repeat(2, 1, 1), torch.ones(2, 3, dtype=torch.bool)
    batch, time = Dim("batch", max=64), Dim("time", max=512)
    proto = trace(net, inputs, ({0: batch, 1: time}, {0: batch, 1: time}), ["values", "mask"], ["vector"])
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    for size, length in ((1, 1), (3, 7)):
        x = torch.rand(size, length, values.shape[2]) + 0.5
        mask = torch.ones(size, length, dtype=torch.bool)
        mask[0, 1:] = False
        (found,) = session.run(None, {"values": x.numpy(), "mask": mask.numpy()})
        with torch.no_grad():
            np.testing.assert_allclose(found, net(x, mask), atol=1e-5)
