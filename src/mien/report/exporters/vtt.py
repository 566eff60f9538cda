"""Writes WebVTT: words and expressed emotion as subtitles over the video."""

from __future__ import annotations

from html import escape

from mien.errors import printable
from mien.report.exporters.base import Export, Exporter, exporters
from mien.timeline import Prediction

_SHORTEST = 0.2  # seconds; players skip cues without duration


@exporters.register
class Vtt(Exporter):
    """One cue for each segment. Words and names are escaped, so that they cannot become markup or end a cue."""

    endings = ("vtt",)

    def write(self, export: Export) -> str:
        """See the class."""
        return "\n\n".join(["WEBVTT", *(_cue(p) for p in export.timeline.predictions)]) + "\n"


def _cue(p: Prediction) -> str:
    end = max(p.span.end, p.span.start + _SHORTEST)
    who, label, text = (_escaped(said) for said in (p.who or "", p.label, p.text))
    mood = f"[{'uncertain, perhaps ' if p.uncertain else ''}{label} {p.scores[p.label]:.0%}]"
    lines = [f"{who} {mood}" if who else mood, *([text] if text else [])]
    return f"{_clock(p.span.start)} --> {_clock(end)}\n" + "\n".join(lines)


def _escaped(text: str) -> str:
    """The text on one line, as plain words. Escaping ">" also changes "-->", which would begin a new cue."""
    return escape(" ".join(printable(text).split()), quote=False)


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    hours, rest = divmod(thousandths, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
