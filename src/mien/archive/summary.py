"""Sums a folder of results up for its page. DuckDB counts, so that memory does not grow with the archive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mien.archive.find import parts, rows
from mien.archive.folder import Results
from mien.report import files
from mien.report.moments import Moment
from mien.report.page.archive import Archive, Group, write_archive

_CLEAREST = 12  # moments that the page shows
_GROUPS = 200  # folders and reasons that the page shows
_TOTALS = """SELECT count(*), coalesce(sum(duration), 0), coalesce(sum(uncertain), 0), coalesce(sum(conflicts), 0)
    FROM read_parquet(?)"""
_LABELS = """SELECT label, count(*), sum("end" - start), avg(uncertain::INT) FROM read_parquet(?)
    GROUP BY label ORDER BY 3 DESC, label"""
_PLACES = """SELECT coalesce(nullif(regexp_extract(s.source, '^(.*)/', 1), ''), '.') AS place, count(*), sum(s."end" - s.start),
    avg(s.uncertain::INT), count(DISTINCT s.source), count(DISTINCT (s.source, s.who)) FILTER (s.who IS NOT NULL),
    mode(s.label ORDER BY s.label) FILTER (s.label <> 'neutral' AND NOT s.uncertain)
    FROM read_parquet(?) s GROUP BY place ORDER BY place LIMIT ?"""
_TENTHS = """SELECT tenth::INT, s.label,
    sum(least(s."end", (tenth + 1) * c.duration / 10) - greatest(s.start, tenth * c.duration / 10))
    FROM read_parquet(?) s JOIN read_parquet(?) c USING (source), range(10) t(tenth)
    WHERE s.start < (tenth + 1) * c.duration / 10 AND s."end" > tenth * c.duration / 10
    GROUP BY tenth, s.label ORDER BY tenth, s.label"""
_MOMENTS = """SELECT source, start, "end", who, text, label, probability, uncertain FROM read_parquet(?)
    WHERE NOT uncertain AND label <> 'neutral' ORDER BY probability DESC, source, segment LIMIT ?"""


def write_summary(results: Results, lang: str = "en") -> Path:
    """Writes the page of the archive, and gives its path.

    Raises:
        InputError: no clip was read, or the page cannot be written.
    """
    page = results.root / "index.html"
    files.put(page, write_archive(summed(results), lang))
    return page


def summed(results: Results) -> Archive:
    """What the page says: who, when, which emotions, how much is uncertain, and what could not be read.

    Raises:
        InputError: no clip was read, or a table is damaged.
    """
    segments, clips = str(parts(results, "segments")), str(parts(results, "read"))
    ((count, seconds, uncertain, conflicts),) = rows(_TOTALS, [clips])
    when: dict[str, list[float]] = {}
    for tenth, label, share in rows(_TENTHS, [segments, clips]):
        when.setdefault(label, [0.0] * 10)[tenth] += share
    return Archive(
        name=results.root.resolve().name,
        clips=int(count),
        seconds=float(seconds),
        uncertain=int(uncertain),
        conflicts=int(conflicts),
        labels=[Group(name, n, s, u) for name, n, s, u in rows(_LABELS, [segments])],
        places=[Group(*row) for row in rows(_PLACES, [segments, _GROUPS])],
        when=when,
        clearest=[Moment(*row) for row in rows(_MOMENTS, [segments, _CLEAREST])],
        skipped=_reasons(results),
    )


def _reasons(results: Results) -> list[tuple[str, list[str]]]:
    """Why clips could not be read, the most frequent reason first, each with the names of the clips."""
    file = results.root / "skipped.json"
    told: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    found: dict[str, list[str]] = {}
    for one in told:
        found.setdefault(one["why"], []).append(one["source"])
    return sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:_GROUPS]
