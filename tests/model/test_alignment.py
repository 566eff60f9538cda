"""Alignment: known events land where they happened, absence and padding change nothing, and graphs align as models do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from mien.bundle.encoded import EncodedTracks
from mien.errors import RecipeError
from mien.events import finish
from mien.model.alignment import Encoded, align, clock
from mien.model.build import build
from mien.model.heads import score
from mien.recipe.sections import Alignment, EncoderTable
from mien.types import Modality
from mien.workflows.train_bundle import exported
from tests import tiny
from tests.tiny import trained

WAYS = ("resample", "nearest", "window", "utterance", "words")
PAIR: tuple[Modality, ...] = ("text", "voice")


def rows(*pairs: tuple[float, float]) -> tuple[Tensor, Tensor, Tensor]:
    """(time, value) pairs as states (1, T, 1), mask and times."""
    times = torch.tensor([[t for t, _ in pairs]])
    return torch.tensor([[[v] for _, v in pairs]]), torch.ones_like(times, dtype=torch.bool), times


def encoded(*modalities: tuple[Tensor, Tensor, Tensor]) -> Encoded:
    states, masks, times = (list(part) for part in zip(*modalities, strict=True))
    return Encoded(states, masks, [torch.zeros(len(m), 1) for m in masks], times)


def aligned(how: Alignment, given: Encoded) -> Encoded:
    return align(how, PAIR, given, clock(how, given))


def values(found: Encoded, index: int) -> list[float | None]:
    """What a modality holds at each step of the first example; ``None`` where it is masked."""
    kept = zip(found.states[index][0, :, 0].tolist(), found.masks[index][0].tolist(), strict=True)
    return [round(v, 4) if there else None for v, there in kept]


def random_pair() -> Encoded:
    """Three examples: both, voice alone, text alone; irregular times, padding at the end."""
    torch.manual_seed(0)
    masks = [
        torch.tensor([[1, 1, 1], [0, 0, 0], [1, 1, 0]]).bool(),
        torch.tensor([[1] * 5, [1] * 4 + [0], [0] * 5]).bool(),
    ]
    times = [torch.rand(3, m.shape[1]).sort(dim=1).values * 3 + 20 for m in masks]
    return Encoded([torch.randn(*m.shape, 2) for m in masks], masks, [torch.zeros(3, 1)] * 2, times)


@pytest.mark.parametrize("way", ["none", *WAYS])
def test_it_aligns_on_the_device_the_states_are_on(way: str) -> None:
    """The device "meta" computes no values, and refuses what lies elsewhere as a GPU does."""
    how = Alignment(how=way)
    there = Encoded(*([tensor.to("meta") for tensor in part] for part in random_pair()))
    steps = torch.arange(9.0, device="meta") if how.has_rate else None
    assert all(tensor.is_meta for part in align(how, PAIR, there, steps) for tensor in part)


SPEECH = rows((0.0, 0.0), (1.3, 1.0), (2.0, 0.0))
SPIKE = rows((0.0, 0.0), (0.5, 0.0), (1.1, 0.0), (1.3, 8.0), (1.5, 0.0), (2.0, 0.0))


def test_a_spike_lands_in_the_step_that_covers_it() -> None:
    """At 5 steps a second, 1.30 s lies in the middle of step 6, [1.2, 1.4)."""
    for how in ("resample", "nearest"):
        found = values(aligned(Alignment(how), encoded(SPEECH, SPIKE)), 1)
        assert found[6] == 8.0
        assert sum(v == 8.0 for v in found) == 1
        assert len(found) == 11, "steps 0 to 10 cover 0 to 2 s"
    window = values(aligned(Alignment("window", 5.0, 0.2), encoded(SPEECH, SPIKE)), 1)
    assert window == [0.0, None, 0.0, None, None, 0.0, 8.0, 0.0, None, None, 0.0]


def test_between_two_rows_it_is_interpolated() -> None:
    found = aligned(
        Alignment("resample", 2.0), encoded(rows((10.0, 0.0), (12.0, 0.0)), rows((10.25, 0.0), (11.25, 4.0)))
    )
    assert values(found, 1) == [0.0, 2.0, 4.0, None, None], "centres at 0.25, 0.75, 1.25 s; then the voice is over"
    assert found.times[1][0].tolist() == [0.25, 0.75, 1.25, 1.75, 2.25]


def test_rows_at_the_same_time_count_alike() -> None:
    voice = rows((0.25, 1.0), (0.25, 3.0), (0.75, 5.0))
    found = aligned(Alignment("resample", 2.0), encoded(rows((0.0, 0.0), (1.0, 0.0)), voice))
    assert values(found, 1)[:2] == [2.0, 5.0]


def test_a_window_takes_the_mean_of_what_is_in_it() -> None:
    found = aligned(Alignment("window", 1.0, 2.0), encoded(rows((0.0, 1.0), (2.0, 5.0)), rows((0.4, 2.0), (1.4, 4.0))))
    assert values(found, 1) == [3.0, 4.0, None], "centres at 0.5, 1.5 and 2.5 s reach one second to both sides"


def test_an_utterance_is_one_step() -> None:
    found = aligned(Alignment("utterance"), encoded(SPEECH, SPIKE))
    assert values(found, 0) == [round(1 / 3, 4)]
    assert values(found, 1) == [round(8 / 6, 4)]
    assert found.times[0].tolist() == [[1.0]], "the middle"


def test_rows_go_to_the_word_they_are_nearest_to() -> None:
    """Two pieces of the word at 1.3 s get the same rows; the word at 9 s gets none; the text stays as it was."""
    text = rows((0.0, 5.0), (1.3, 6.0), (1.3, 7.0), (2.0, 8.0), (9.0, 9.0))
    found = aligned(Alignment("words"), encoded(text, SPIKE))
    assert values(found, 0) == [5.0, 6.0, 7.0, 8.0, 9.0]
    assert values(found, 1) == [0.0, round(8 / 3, 4), round(8 / 3, 4), 0.0, None]


def test_without_words_all_is_one_step() -> None:
    text = torch.zeros(1, 3, 1), torch.zeros(1, 3, dtype=torch.bool), torch.zeros(1, 3)
    found = aligned(Alignment("words"), encoded(text, SPIKE))
    assert values(found, 0) == [None] * 3
    assert values(found, 1) == [round(8 / 6, 4), None, None]


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("rate", [0.5, 5.0, 30.0])
def test_what_is_present_stays_present_and_what_is_absent_absent(how: str, rate: float) -> None:
    given = random_pair()
    found = aligned(Alignment(how, rate, 2.0), given)
    assert [m.any(dim=1).tolist() for m in found.masks] == [m.any(dim=1).tolist() for m in given.masks]
    assert {m.shape for m in found.masks} == {found.times[0].shape} == {s.shape[:2] for s in found.states}


@pytest.mark.parametrize("how", WAYS)
def test_padding_company_and_the_place_in_the_clip_change_nothing(how: str) -> None:
    given = random_pair()
    together = aligned(Alignment(how), given)
    for row in range(3):
        rest = [m[row : row + 1, : max(1, int(m[row].sum()))] for m in given.masks]
        states = [s[row : row + 1, : m.shape[1]] for s, m in zip(given.states, rest, strict=True)]
        times = [t[row : row + 1, : m.shape[1]] - 17.5 for t, m in zip(given.times, rest, strict=True)]
        alone = aligned(Alignment(how), Encoded(states, rest, given.quality, times))
        for index in range(2):
            steps = alone.masks[index].shape[1]
            assert torch.equal(together.masks[index][row, :steps], alone.masks[index][0])
            assert not together.masks[index][row, steps:].any()
            kept = alone.masks[index][0]
            torch.testing.assert_close(together.states[index][row, :steps][kept], alone.states[index][0][kept])


@pytest.mark.parametrize("how", WAYS)
def test_gradients_reach_the_rows_and_only_those(how: str) -> None:
    given = random_pair()
    leaves = [s.clone().requires_grad_() for s in given.states]
    found = aligned(Alignment(how), given._replace(states=leaves))
    sum(s.sum() for s in found.states).backward()  # type: ignore[union-attr]
    for leaf, mask in zip(leaves, given.masks, strict=True):
        assert leaf.grad is not None
        assert bool((leaf.grad[~mask] == 0).all())
        assert bool((leaf.grad[mask] != 0).any())


def test_mistakes_are_named() -> None:
    with pytest.raises(RecipeError, match=r"cannot be 'dtw'; known: nearest, none, resample, utterance"):
        Alignment("dtw")
    with pytest.raises(RecipeError, match="at least one step"):
        Alignment("window", 5.0, 0.1)
    plan = tiny.clips_recipe()
    voices: dict[Modality, EncoderTable] = {"voice": plan.encoders["voice"]}
    with pytest.raises(RecipeError, match=r"no \[encoders.text\]"):
        build(replace(plan, encoders=voices, align=Alignment("words")))


@pytest.mark.slow
@pytest.mark.parametrize("how", ["none", *WAYS])
def test_the_bundle_aligns_as_the_model_does(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    tiny.write_clips(tmp_path)
    plan = replace(tiny.clips_recipe(epochs=1), align=Alignment(how, 2.0))
    run = trained(plan, tmp_path, tmp_path / "runs")
    bundle = finish(exported(run, tmp_path / "bundle"))
    torch.manual_seed(0)
    for lengths in ((1, 1, 1), (7, 13, 2)):
        times = [torch.rand(3, n).sort(dim=1).values * 9 + 40 for n in lengths]
        masks = [torch.ones(3, n, dtype=torch.bool) for n in lengths]
        masks[0][0], masks[1][1, 6:], masks[2][2] = False, False, False
        given = Encoded([torch.randn(3, n, 8) for n in lengths], masks, [torch.ones(3, 1)] * 3, times)
        with torch.no_grad():
            want = score(plan.tasks[0], run.model.answer(given).logits["emotion"])
        rows = {m: [p[k].numpy() for p in given] for k, m in enumerate(run.model.modalities)}
        parts = {m: EncodedTracks(states, mask, quality, at) for m, (states, mask, quality, at) in rows.items()}
        scores, _ = bundle.fuse(parts)
        np.testing.assert_allclose(scores["emotion"], want, atol=1e-5)
