"""Reads the cues of subtitle files: when each is shown, and its lines as they stand in the file.

pysubs2 reads .ass and .ssa. This module reads .srt and .vtt itself: it follows the WebVTT standard but is lenient, because
people write these files by hand. pysubs2 1.8 and webvtt-py 0.6 were tried for them too. When times are written oddly, or a
cue has a note, a name or times inside it, both libraries lose words or take other things for words, without a warning.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mien.types import Span

_LONGEST_LINE = 10_000  # characters; a longer line is not a subtitle
_COMMAS = 9  # between the fields of a line in .ass; pysubs2 invents times for a line with fewer
_CLOCK = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,6}))?"
_FULL_CLOCK = r"(\d{1,4}):(\d{1,2}):(\d{1,2})[.,:](\d{1,6})"
_TIMES = (
    re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(?:\s.*)?"),
    # Times with another arrow must have hours and a fraction, because somebody may say "10:00 -> 11:00".
    re.compile(rf"\s*{_FULL_CLOCK}\s*(?:[-–—]>|→)\s*{_FULL_CLOCK}(?:\s.*)?"),
)
_LOOSE = re.compile(r"(?<=\d)\s*([.,:])\s*(?=\d)")
_NUMBER = re.compile(r"\s*\d{1,9}\s*")
_BLOCK = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")


class Cue(NamedTuple):
    """One cue.

    Attributes:
        span: when it is shown.
        lines: its lines as they stand in the file, with markup.
        who: the speaker, if a field of the file names one; otherwise ``None``.
    """

    span: Span
    lines: tuple[str, ...]
    who: str | None = None


class Found(NamedTuple):
    """``cues`` in the order of the file, and ``unread``: how many cues or lines could not be read."""

    cues: list[Cue]
    unread: int


def clock(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    """A time of a cue in seconds. ``fraction`` holds decimals, however many there are; ``None`` counts as 0."""
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")


def marked_cues(text: str) -> Found:
    """Cues of an .srt or .vtt file. The first line of the text tells which of them it is.

    A cue reaches from its line of times to the next line of times; a blank line before that is not needed. The number or
    name of the next cue does not belong to it, and neither do notes and styles of WebVTT.
    """
    web = text.lstrip().startswith("WEBVTT")
    lines = _without_blocks(text.split("\n")) if web else iter(text.split("\n"))
    found, unread = list[Cue](), 0
    span: Span | None = None
    said: list[str] = []
    begun = web  # lines before the first times count as lost words in .srt only
    for line in lines:
        if not _is_times(line):
            said.append(line)
            continue
        if span is not None:
            found.append(Cue(span, _own(said, web)))
        elif not begun:
            unread += any(map(str.strip, _own(said, web)))
        begun, span, said = True, _span(line), []
        unread += span is None
    if span is not None:
        found.append(Cue(span, tuple(said)))
    return Found(found, unread)


def styled_cues(text: str) -> Found:
    """Cues of an .ass or .ssa file. Comments and drawings are left out."""
    from pysubs2 import SSAFile

    format_ = "ssa" if "[V4 Styles]" in text else "ass"
    found, unread = list[Cue](), 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pysubs2 warns about layers and margins
        for line in text.split("\n"):
            if not line.lstrip().startswith("Dialogue:"):
                continue
            if line.count(",") < _COMMAS or len(line) > _LONGEST_LINE:
                unread += 1
                continue
            try:
                # Each line is parsed alone, so that one bad line does not lose the others.
                (event,) = SSAFile.from_string(f"[Events]\n{line}", format_=format_)
            except ValueError:
                unread += 1
                continue
            span = _stretch(event.start / 1000, event.end / 1000)
            if span is None:
                unread += 1
            elif event.is_text:
                found.append(Cue(span, tuple(event.plaintext.split("\n")), event.name.strip() or None))
    return Found(found, unread)


def _without_blocks(lines: Sequence[str]) -> Iterator[str]:
    """Lines of a .vtt file without its notes and styles. A note or style begins after a blank line and ends at the next."""
    inside, blank = False, True
    for line in lines:
        inside = not _is_times(line) and (inside or (blank and _BLOCK.match(line) is not None))
        blank = not line.strip()
        inside = inside and not blank
        if not inside:
            yield line


def _is_times(line: str) -> bool:
    """Whether a line gives the times of a cue, even if they cannot be parsed."""
    if len(line) > _LONGEST_LINE or not any(sign in line for sign in ">＞→"):
        return False
    tidy = _tidy(line)
    broken = "-->" in tidy and any(c.isdecimal() or c == ":" for c in tidy)
    return broken or any(times.fullmatch(tidy) for times in _TIMES)


def _span(line: str) -> Span | None:
    tidy = _tidy(line)
    match = _TIMES[0].fullmatch(tidy) or _TIMES[1].fullmatch(tidy)
    if match is None:
        return None
    times = match.groups()
    return _stretch(clock(*times[:4]), clock(*times[4:]))


def _stretch(start: float, end: float) -> Span | None:
    return Span(start, end) if end > start else None


def _tidy(line: str) -> str:
    """The line without spaces inside times, and without the wide signs of East Asian keyboards."""
    return _LOOSE.sub(r"\1", unicodedata.normalize("NFKC", line))


def _own(lines: list[str], web: bool) -> tuple[str, ...]:
    """The lines of a cue without the number or name of the next cue. In .vtt a name stands alone before its times."""
    *rest, last = lines or [""]
    named = web and any(map(str.strip, rest)) and not rest[-1].strip()
    return tuple(rest) if named or _NUMBER.fullmatch(last) else tuple(lines)
