"""Finds clips and people that a bundle was trained on, because results on them would be too good."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path

from mien.data.corpus import Corpus
from mien.data.manifest import read
from mien.errors import RecipeError
from mien.events import Notice, Work
from mien.recipe.recipe import Recipe, Source
from mien.runtime.cache import content_of
from mien.types import Clip, Example


def same_source(recipe: Recipe, manifest: Path) -> Source | None:
    """The source of the recipe with this manifest, or with one of the same content; ``None`` when there is none."""
    for source in recipe.data:
        theirs = Path(source.manifest)
        if theirs.is_absolute() and theirs.is_file() and _same(theirs, manifest):
            return source if theirs.samefile(manifest) else replace(source, manifest=str(manifest.absolute()))
    return None


def _same(one: Path, other: Path) -> bool:
    if not other.is_file():
        return False  # the error comes when the manifest is read
    return one.samefile(other) or content_of(one) == content_of(other)


def trained_on(recipe: Recipe, own: Corpus) -> Work[None]:
    """Notices how many clips of a corpus the recipe trains on, or whose speaker it trains on, and manifests it cannot read.

    Sources below a data root are skipped, because the bundle does not know where that root was.
    """
    clips: set[Hashable] = set()
    people: set[str] = set()
    for source in (s for s in recipe.data if Path(s.manifest).is_absolute()):
        try:
            trained = [e for e in read(source, recipe.tasks, Path()) if e.split == source.train]
        except RecipeError:
            yield Notice("trained_on_unreadable", {"manifest": source.manifest})
            continue
        clips.update(_content(e.clip) for e in trained)
        people.update(e.group for e in trained if e.group)
    if not clips:
        return
    mine = [e for s, examples in zip(own.sources, own.examples, strict=True) for e in examples if e.split != s.train]
    known = sum(_known(e, clips, people) for e in mine)
    if known:
        yield Notice("trained_on", {"known": known, "of": len(mine)})


def _known(example: Example, clips: set[Hashable], people: set[str]) -> bool:
    content = _content(example.clip)
    return example.group in people or (any(content) and content in clips)


def _content(clip: Clip) -> tuple[Hashable, ...]:
    """What a clip points to, without its id."""
    return clip.video, clip.audio, clip.image, clip.row, clip.span, clip.text
