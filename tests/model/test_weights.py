"""Weights of one modality of a run: matched by the structure of the model, whatever tasks are called."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mien.errors import InputError
from mien.model.build import build
from mien.model.weights import load_weights, save_weights
from mien.recipe.recipe import Recipe
from mien.types import MODALITIES, Modality, Task
from tests.tiny import clips_recipe

TASKS = tuple(Task(name, "single", ("a", "b")) for name in (*MODALITIES, "text_mood", "voice_face"))


def plan(fusion: str, *modalities: Modality, seed: int) -> Recipe:
    """Tasks that are called like modalities, and begin like them."""
    whole = clips_recipe("toy", fusion)
    return replace(whole, encoders={m: whole.encoders[m] for m in modalities}, tasks=TASKS, seed=seed)


@pytest.mark.parametrize("fusion", ["late", "concat"])
@pytest.mark.parametrize("modality", MODALITIES)
def test_only_the_parts_of_the_modality_are_taken(tmp_path: Path, fusion: str, modality: Modality) -> None:
    source, _ = build(plan(fusion, modality, seed=1))
    for values in source.state_dict().values():
        values.fill_(3)  # a value that nothing has of itself
    save_weights(source, tmp_path)
    model, _ = build(plan(fusion, *MODALITIES, seed=2))
    before = {name: values.clone() for name, values in model.state_dict().items()}
    load_weights(model, tmp_path, modality)
    changed = {name for name, values in model.state_dict().items() if not torch.equal(values, before[name])}
    own = {
        "concat": (f"fusion.maps.{modality}.", f"fusion.absent.{modality}"),
        "late": (f"fusion.reliability.{modality}.",),
    }
    opinions = [f"fusion.opinions.{modality}_{task.name}." for task in TASKS] if fusion == "late" else []
    prefixes = (f"networks.{modality}.", *own[fusion], *opinions)
    assert {name for name in before if name.startswith(prefixes)} >= changed
    assert all(any(name.startswith(prefix) for name in changed) for prefix in prefixes), "each part is taken"


def test_what_has_no_place_in_the_model_is_told(tmp_path: Path) -> None:
    source, _ = build(plan("late", "text", seed=1))
    source.networks["text"].more = torch.nn.Linear(2, 2)
    save_weights(source, tmp_path)
    model, _ = build(plan("late", "text", "face", seed=2))
    with pytest.raises(InputError, match=r"does not fit this recipe: networks\.text\.more\.\w+ has no place"):
        load_weights(model, tmp_path, "text")
