"""Answers as a table of Arrow: one row for each segment, in the form `mien.segments/1`, which Parquet files have too.

The columns are the same for every clip, task and bundle, so that files of a whole archive are one table. A column may come in a
later minor version; none goes or changes its meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from mien.report.exporters.json import as_table
from mien.runtime.extras import needs_arrow
from mien.timeline import Timeline, best, opposed
from mien.types import MODALITIES

if TYPE_CHECKING:
    import pyarrow

SCHEMA = "mien.segments/1"


@cache
def schema() -> pyarrow.Schema:
    """The columns.

    source (name of the clip), segment (its number in the clip, from 0), start and end (seconds), who, text, language, task,
    label, probability, scores ({label: probability}), valence, arousal, uncertain, label_set, reasons, conflicts (pairs of
    modalities such as "voice+face"), and for each modality m: m_label, m_probability, m_scores (its answer alone), m_share
    (how much it counted) and m_quality; bundle, bundle_sha256. What is absent is null.

    Raises:
        InputError: pyarrow is not installed.
    """
    needs_arrow()
    import pyarrow as pa

    text, number, texts, numbers = pa.string(), pa.float64(), pa.list_(pa.string()), pa.map_(pa.string(), pa.float64())
    columns = {
        **{"source": text, "segment": pa.int32(), "start": number, "end": number, "who": text, "text": text},
        **{"language": text, "task": text, "label": text, "probability": number, "scores": numbers},
        **{"valence": number, "arousal": number, "uncertain": pa.bool_()},
        **{"label_set": texts, "reasons": texts, "conflicts": texts},
    }
    alone = {"label": text, "probability": number, "scores": numbers, "share": number, "quality": numbers}
    columns |= {f"{m}_{name}": kind for m in MODALITIES for name, kind in alone.items()}
    return pa.schema(columns | {"bundle": text, "bundle_sha256": text}, {"schema": SCHEMA})


def table_of(timeline: Timeline) -> pyarrow.Table:
    """See ``Timeline.to_arrow``."""
    return table(rows(timeline.source, as_table(timeline)))


def table(found: Iterable[Mapping[str, Any]]) -> pyarrow.Table:
    """The table of such rows as ``rows`` gives."""
    columns = schema()
    import pyarrow as pa

    return pa.Table.from_pylist(list(found), columns)


def rows(source: str, timeline: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """The rows of a timeline in the form `mien.timeline/1`.

    Args:
        source: the name of the clip in the table.
        timeline: plain values, as ``Timeline.to_dict`` gives or a JSON file holds them.
    """
    every = {"source": source, "task": timeline["task"]}
    every |= {"bundle": timeline["bundle"]["name"], "bundle_sha256": timeline["bundle"]["sha256"]}
    for number, segment in enumerate(timeline["segments"]):
        answer = segment["emotion"]
        opinions = segment["opinions"]
        row = {name: segment[name] for name in ("start", "end", "who", "text", "language", "valence", "arousal")}
        row |= {name: segment[name] for name in ("uncertain", "label_set", "reasons")}
        pairs = [f"{a.modality}+{b.modality}" for a, b in opposed(opinions)]
        row |= {"label": answer["label"], "probability": answer["scores"][answer["label"]], "conflicts": pairs}
        row |= {"segment": number, "scores": _pairs(answer["scores"])}
        for m in MODALITIES:
            row |= {f"{m}_share": segment["modalities"].get(m), f"{m}_quality": _pairs(segment["quality"].get(m))}
            row[f"{m}_scores"] = _pairs(opinions.get(m))
            if opinions.get(m):
                label = best(opinions[m])
                row |= {f"{m}_label": label, f"{m}_probability": opinions[m][label]}
        yield every | row


def _pairs(numbers: Mapping[str, float] | None) -> list[tuple[str, float]] | None:
    """A mapping as Arrow takes it."""
    return None if numbers is None else list(numbers.items())
