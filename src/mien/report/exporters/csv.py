"""CSV: one row per segment."""

from __future__ import annotations

import io
from csv import writer

from mien.report.exporters.base import exporters
from mien.timeline import Timeline
from mien.types import MODALITIES

_COMMANDS = "=+-@\t\r＝＋－＠"  # wide ones too: spreadsheets of some countries take them


@exporters.register
def write_csv(timeline: Timeline) -> str:
    """Columns: start, end, who, text, emotion (or the name of another task), probability, valence, arousal, p_<label>,
    share_<modality>, uncertain (0 or 1), label_set and reasons (joined by "|").

    Shares of absent modalities are empty, and so are valence and arousal where the labels are no emotions. A text cell that a
    spreadsheet would take for a formula gets a leading apostrophe.
    """
    file = io.StringIO()
    rows = writer(file, lineterminator="\n")
    head = ["start", "end", "who", "text", _harmless(timeline.task), "probability", "valence", "arousal"]
    trust = ["uncertain", "label_set", "reasons"]
    rows.writerow([*head, *(f"p_{label}" for label in timeline.labels), *(f"share_{m}" for m in MODALITIES), *trust])
    for p in timeline.predictions:
        numbers = [
            _number(n) for n in (p.scores[p.label], p.valence, p.arousal, *(p.scores[k] for k in timeline.labels))
        ]
        shares = [f"{p.shares[m]:.4f}" if m in p.shares else "" for m in MODALITIES]
        span = [f"{p.span.start:.3f}", f"{p.span.end:.3f}"]
        cells = [*span, p.who or "", _harmless(p.text), _harmless(p.label), *numbers, *shares]
        rows.writerow([*cells, int(p.uncertain), "|".join(p.label_set), "|".join(p.reasons)])
    return file.getvalue()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] and text[:1] in _COMMANDS else text
