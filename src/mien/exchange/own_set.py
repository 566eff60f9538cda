"""The folder of a set of one's own (``mien.collection``): its clips with drafts and votes; votes of other tools go into it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mien.collection.rows import Vote
from mien.exchange import manifest
from mien.exchange.items import Item, LeftOut, text_of
from mien.runtime.extras import needs_store


def read(source: Path, unpack: Path, left_out: LeftOut) -> Iterator[Item]:
    """The clips of a set that may be used, with their drafts and all votes that count."""
    needs_store()
    from mien.collection.dataset import open_set
    from mien.collection.manifest import export_manifest

    with open_set(source) as dataset, tempfile.TemporaryDirectory() as folder:
        found = export_manifest(dataset, Path(folder) / "manifest.csv")
        for why, times in found.left_out.items():
            left_out[why] += times
        drafts, votes = dataset.drafts(), dataset.votes()
        for item in manifest.read(found.path, unpack, left_out) if found.rows else ():
            draft = drafts.get(item.id)
            row = {name: value for name, value in item.row.items() if not name.startswith("votes_")}
            mine = tuple(vote for vote in votes if vote.clip == item.id)
            yield Item(row, draft.scores if draft else {}, mine)


def write(items: Sequence[Item], out: Path, task: str, left_out: LeftOut) -> None:
    """Adds the votes to a set that exists. Clips are found by their id; votes that it has already are not added again."""
    needs_store()
    from mien.collection.dataset import open_set

    with open_set(out) as dataset:
        known = {clip.id for clip in dataset.clips()}
        had = {_same(vote) for vote in dataset.votes(undone=True)}
        for item in items:
            if item.id not in known:
                left_out["a clip that the set does not have"] += 1
                continue
            for vote in item.votes:
                if _same(vote) not in had:
                    dataset.vote(replace(vote, clip=item.id))


def _same(vote: Vote) -> str:
    """What makes two votes the same."""
    return text_of((vote.clip, vote.annotator, sorted(vote.labels.items()), vote.cannot_tell, vote.purpose))
