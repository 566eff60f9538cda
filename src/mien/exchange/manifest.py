"""The manifests of mien: CSV, Parquet, JSON Lines and .npz are read, CSV is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mien.collection.truth import truths
from mien.data.manifest import FILES
from mien.data.rows import read_rows
from mien.exchange.items import Item, LeftOut, relative
from mien.runtime.cache import write_atomic


def read(source: Path, unpack: Path, left_out: LeftOut) -> Iterator[Item]:
    """The rows of a manifest; its paths are relative to its folder."""
    for number, row in enumerate(read_rows(source)):
        paths = {name: (source.parent / str(row[name])).resolve().as_posix() for name in FILES if row.get(name)}
        yield Item({"id": str(number), **{k: v for k, v in row.items() if v not in (None, "")}, **paths})


def write(items: Sequence[Item], out: Path, task: str, left_out: LeftOut) -> None:
    """Writes a CSV. Votes become shares in the columns ``votes_<label>``, and the label with most of them that of the clip."""
    placed = relative(items, out.parent)
    rows = [{**item.row, **_labels(item, task)} for item in placed]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomic(out, text.getvalue())


def _labels(item: Item, task: str) -> dict[str, Any]:
    found: dict[str, Any] = {"draft": max(item.draft, key=lambda k: item.draft[k])} if item.draft else {}
    truth = truths(replace(vote, clip="") for vote in item.votes).get("")
    if truth is None:
        return found
    total = sum(truth.votes.values())
    found |= {f"votes_{label}": f"{amount / total:.4f}" for label, amount in truth.votes.items()}
    numbers = {"valence": truth.valence, "arousal": truth.arousal}
    found |= {name: f"{value:.3f}" for name, value in numbers.items() if value is not None}
    return {**found, task: truth.label, "annotators": truth.annotators}
