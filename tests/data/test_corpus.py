"""Data sets that share material."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mien.data.corpus import Corpus
from mien.errors import RecipeError
from mien.recipe.recipe import Source, load
from mien.types import EMOTION


@pytest.fixture
def root(tmp_path: Path) -> Path:
    def write(name: str, *rows: str) -> None:
        (tmp_path / name).write_text("\n".join(["text,emotion,split", *rows]), encoding="utf-8")

    write(
        "one.csv",
        "Oh my God!,happy,train",
        "I do.,happy,train",
        "So long,sad,train",
        "Really?,sad,valid",
        "Hm,sad,test",
    )
    write(
        "two.csv", "oh my god,happy,test", "I do,sad,train", "SO LONG...,sad,valid", "really,happy,train", "Hi,sad,test"
    )
    return tmp_path


def test_what_another_set_is_tested_on_is_not_taught(root: Path) -> None:
    one, two = (Source(name, f"{name}.csv", {"text": "text"}) for name in ("one", "two"))

    def taught(*sources: Source) -> list[list[str | None]]:
        return [[e.clip.text for e in rows] for _, rows in Corpus(sources, (EMOTION,), root).split("train")]

    everything = [["Oh my God!", "I do.", "So long"], ["I do", "really"]]
    assert taught(one, two) == everything
    assert taught(replace(one, apart_from=("two",)), two) == [["I do."], ["I do", "really"]]
    both = [replace(one, apart_from=("two",)), replace(two, apart_from=("one",))]
    assert taught(*both) == [["I do."], ["I do"]], "lines that both teach stay"
    (_, valid), (_, other) = Corpus(both, (EMOTION,), root).split("valid")
    assert [e.clip.text for e in (*valid, *other)] == ["Really?", "SO LONG..."], "only training is kept apart"
    assert Corpus(both, (EMOTION,), root).split("test")[1][1][0].clip.text == "oh my god"


def test_a_set_can_only_stand_apart_from_one_of_the_recipe() -> None:
    recipe = load("text-research")
    other = replace(recipe.data[-1], name="other", apart_from=("mald",))
    with pytest.raises(RecipeError, match="apart_from names no data set 'mald' of the recipe; did you mean 'meld'"):
        replace(recipe, data=(*recipe.data, other))


@pytest.mark.slow
def test_the_lines_of_one_series_are_not_in_training_and_test(data: Path) -> None:
    """MELD and EmoryNLP hold lines of the same series, 31 % of them in both."""
    corpus = Corpus.of(load("text-research"), data)

    def lines(split: str, name: str) -> set[str]:
        rows = next(rows for source, rows in corpus.split(split) if source.name == name)
        return {"".join(c for c in (e.clip.text or "").casefold() if c.isalnum()) for e in rows}

    for one, other in (("meld", "emorynlp"), ("emorynlp", "meld")):
        taught = lines("train", one)
        assert len(taught) > 3000
        assert not taught & lines("test", other)
        assert not taught & lines("valid", other)
