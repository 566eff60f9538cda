"""Features of the user's own: as they are, one row at a time or among their neighbours, and through export."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.export import Dim

from mien.encoders.features import GivenFeatures
from mien.errors import InputError
from mien.export.graphs import trace
from mien.testing import check_encoder
from mien.types import Segment, Span, Track

ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)
KINDS = ("linear", "mlp", "beside", "conv", "attention")


def segment(times: list[float]) -> Segment:
    return Segment(Span(0.0, 0.0), features={"voice": Track(np.asarray(times), ROWS[: len(times)])})


def test_the_contract() -> None:
    check_encoder(GivenFeatures("voice", 3), segment([0.0]))


def test_rows_come_as_they_are() -> None:
    track = GivenFeatures("voice", 3).prepare(segment([0.0, 1.0]))
    assert track is not None
    np.testing.assert_array_equal(track.values, ROWS[:2])
    np.testing.assert_array_equal(track.quality, [2.0])


def test_a_window_marks_the_row_that_is_asked_about() -> None:
    track = GivenFeatures("voice", 3, window=True).prepare(segment([-2.0, -1.0, 0.0, 1.0]))
    assert track is not None
    np.testing.assert_array_equal(track.values[:, -1], [0, 0, 1, 0])


def test_mistakes_are_named() -> None:
    with pytest.raises(InputError, match="3 columns, the recipe says 5"):
        GivenFeatures("voice", 5).prepare(segment([0.0]))
    with pytest.raises(InputError, match="not of 'smell'"):
        GivenFeatures("smell", 5)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("window", [False, True])
def test_padding_and_the_rest_of_the_batch_change_nothing(kind: str, window: bool) -> None:
    torch.manual_seed(0)
    network = GivenFeatures("voice", 3, network=kind, hidden=8, window=window).network().eval()
    values = torch.randn(2, 4, 3 + window)
    mask = torch.tensor([[True, True, True, False], [True, True, True, True]])
    if window:
        values[:, :, -1] = 0
        values[:, 1, -1] = 1
    values[0, 3] = torch.nan
    with torch.no_grad():
        both, alone = network(values, mask), network(values[:1, :3], mask[:1, :3])
    assert both.shape == ((2, 1, 8) if window else (2, 4, 8))
    torch.testing.assert_close(both[:1, :3], alone)


@pytest.mark.parametrize("kind", ["beside", "conv", "attention"])
def test_neighbours_are_heard(kind: str) -> None:
    torch.manual_seed(0)
    network = GivenFeatures("voice", 3, network=kind, hidden=8, window=True).network().eval()
    values, mask = torch.randn(1, 3, 4), torch.ones(1, 3, dtype=torch.bool)
    values[..., -1] = torch.tensor([0.0, 1.0, 0.0])
    other = values.clone()
    other[0, 2, :3] += 3.0
    with torch.no_grad():
        assert not torch.allclose(network(values, mask), network(other, mask), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_exported_graph_takes_any_batch_and_length(kind: str) -> None:
    import onnxruntime

    torch.manual_seed(0)
    network = GivenFeatures("voice", 3, network=kind, hidden=8, window=True).network().eval()
    batch, time = Dim("batch", max=64), Dim("time", max=512)
    inputs = torch.randn(2, 3, 4), torch.ones(2, 3, dtype=torch.bool)
    proto = trace(network, inputs, ({0: batch, 1: time}, {0: batch, 1: time}), ["values", "mask"], ["states"])
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    for size, length in ((1, 1), (3, 7)):
        values, mask = torch.randn(size, length, 4), torch.ones(size, length, dtype=torch.bool)
        (found,) = session.run(None, {"values": values.numpy(), "mask": mask.numpy()})
        with torch.no_grad():
            np.testing.assert_allclose(found, network(values, mask), atol=1e-5)
