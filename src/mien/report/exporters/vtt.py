"""WebVTT: words and expressed emotion as subtitles over the video."""

from __future__ import annotations

from html import escape

from mien.report.exporters.base import exporters
from mien.timeline import Prediction, Timeline

_SHORTEST = 0.2  # seconds; players skip cues without duration


@exporters.register
def write_vtt(timeline: Timeline) -> str:
    """One cue per segment. Words are escaped: nothing said can become markup or end a cue."""
    return "\n\n".join(["WEBVTT", *(_cue(p) for p in timeline.predictions)]) + "\n"


def _cue(p: Prediction) -> str:
    end = max(p.span.end, p.span.start + _SHORTEST)
    mood = f"[{'uncertain, perhaps ' if p.uncertain else ''}{p.label} {p.scores[p.label]:.0%}]"
    lines = [f"{p.who} {mood}" if p.who else mood]
    if p.text:
        # Escaping ">" also breaks "-->", which would begin a new cue.
        lines.append(escape(" ".join(p.text.split()), quote=False))
    return f"{_clock(p.span.start)} --> {_clock(end)}\n" + "\n".join(lines)


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    hours, rest = divmod(thousandths, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
