from __future__ import annotations

import numpy as np
import pytest
import torch

from mien.errors import RecipeError
from mien.fusion.channel import ChannelPool
from mien.types import Float32, Modality, Task

_TASK = Task("toy", "single", ("neutral", "happy", "angry", "afraid"))
_SIX = Task("six", "single", ("neutral", "happy", "angry", "afraid", "sad", "disgusted"))
_NEUTRAL, _HAPPY, _ANGRY, _ = range(4)


def pool(expressed: float = 0.4, temperature: float = 1.0, labels: Task = _TASK) -> ChannelPool:
    """A pool whose opinions are the softmax of the states themselves."""
    names: tuple[Modality, ...] = ("text", "voice")
    found = ChannelPool(
        dict.fromkeys(names, labels.size),
        dict.fromkeys(names, 1),
        (labels,),
        expressed={str(m): expressed for m in names},
        temperature={str(m): temperature for m in names},
    )
    for m in names:
        opinion = found.opinion(m, labels)
        with torch.no_grad():
            opinion.linear.weight.copy_(torch.eye(labels.size))
            opinion.linear.bias.zero_()
        opinion.set_prior(torch.full((labels.size,), 1 / labels.size))
    return found.eval()


def ask(fusion: ChannelPool, *posteriors: list[float] | None) -> Float32:
    size = fusion.tasks[0].size
    logs = [torch.tensor([[p or [1 / size] * size]], dtype=torch.float32).log() for p in posteriors]
    masks = [torch.tensor([[p is not None]]) for p in posteriors]
    fused = fusion(logs, masks, [torch.zeros(1, 1) for _ in posteriors], [torch.zeros(1, 1) for _ in posteriors])
    return np.asarray(fused.vector.softmax(dim=-1)[0].detach().numpy())


def test_neutral_words_do_not_veto_an_angry_voice() -> None:
    words, voice = [0.9, 0.04, 0.03, 0.03], [0.15, 0.05, 0.7, 0.1]
    assert ask(pool(1.0), words, voice).argmax() == _NEUTRAL, "a pool without silence lets them"
    assert ask(pool(0.4), words, voice).argmax() == _ANGRY


def test_clear_words_outweigh_a_neutral_voice() -> None:
    assert ask(pool(), [0.05, 0.9, 0.03, 0.02], [0.6, 0.2, 0.1, 0.1]).argmax() == _HAPPY


def test_one_modality_alone_answers_what_it_shows() -> None:
    words = [0.9, 0.04, 0.03, 0.03]
    np.testing.assert_allclose(ask(pool(), words, None), words, atol=1e-4)


def test_a_temperature_makes_it_less_sure() -> None:
    hot = np.sqrt([0.9, 0.04, 0.03, 0.03])
    np.testing.assert_allclose(ask(pool(temperature=2.0), [0.9, 0.04, 0.03, 0.03], None), hot / hot.sum(), atol=1e-4)


def test_no_label_wins_that_no_modality_ranked_among_its_first_two() -> None:
    words, voice = [0.44, 0.24, 0.02, 0.02, 0.2, 0.08], [0.02, 0.02, 0.44, 0.24, 0.2, 0.08]
    assert (np.array(words) * voice).argmax() == 4, "the third choice of both has the largest product"
    assert ask(pool(1.0, labels=_SIX), words, voice).argmax() != 4
    backed = [0.44, 0.2, 0.02, 0.02, 0.24, 0.08]
    assert ask(pool(1.0, labels=_SIX), backed, voice).argmax() == 4


@pytest.mark.parametrize(
    "options", [{"expressed": {"words": 0.5}}, {"expressed": {"text": 1.5}}, {"temperature": {"text": 0.0}}]
)
def test_settings_that_make_no_sense_are_refused(options: dict[str, dict[str, float]]) -> None:
    with pytest.raises(RecipeError):
        ChannelPool({"text": 4}, {"text": 1}, (_TASK,), **options)  # type: ignore[arg-type]  # kinds of options
