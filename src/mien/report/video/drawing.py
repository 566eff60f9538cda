"""Draws answers over a picture: a numbered box around each face, bars, and words below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.report.language import Language
from mien.report.page.palette import looks
from mien.report.terminal.timeline import percent
from mien.timeline import Prediction

_BARS = 3  # labels with a bar
_INK, _PAPER = (255, 255, 255), (16, 18, 22)
_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "msyh.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "simhei.ttf",
    "DroidSansFallbackFull.ttf",
    "Arial Unicode.ttf",
    "DejaVuSans.ttf",
)
"""Fonts of the reader's system, the ones with the most scripts first."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Shown:
    """One answer over a picture. ``box`` is where the face is, as parts of the picture; ``None`` when it is not in view."""

    prediction: Prediction
    box: Box | None


class Drawing:
    """Draws with the fonts of this computer.

    Args:
        labels: of the timeline, in order.
        say: the language of labels and names.
        size: width and height of the pictures, pixels.
        words: whether the words are drawn.
    """

    def __init__(self, labels: Sequence[str], say: Language, size: tuple[int, int], words: bool = True) -> None:
        self._say, self._width, self._height, self._said = say, *size, words
        self._colours = {k: _rgb(look.colour) for k, look in zip(labels, looks(labels), strict=True)}
        self._point = max(11, round(min(size) / 28))

    @cached_property
    def font(self) -> Any:
        """The font: the first one of the system that is known, else that of Pillow, which has Latin letters only."""
        from PIL import ImageFont

        for name in _FONTS:
            try:
                return ImageFont.truetype(name, self._point)
            except OSError:
                continue
        return ImageFont.load_default(self._point)

    @cached_property
    def _unknown(self) -> bytes:
        return bytes(self.font.getmask("\U0010ffff"))

    def writes(self, text: str) -> bool:
        """Whether the font has every letter of the text."""
        return all(c.isspace() or not c.isalpha() or bytes(self.font.getmask(c)) != self._unknown for c in text)

    def draw(self, pixels: NDArray[np.uint8], shown: Sequence[Shown]) -> NDArray[np.uint8]:
        """The picture with all answers, uint8 RGB (H, W, 3)."""
        from PIL import Image, ImageDraw

        picture = Image.fromarray(pixels)
        canvas = ImageDraw.Draw(picture)
        line, away = self._point + 8, 0
        for one in shown:
            if one.box is None:
                self._panel(canvas, one.prediction, 6, 6 + away, number=False)
                away += (_BARS + 1) * line + 6
            else:
                self._face(canvas, one.prediction, one.box)
        words = [p.text for p in (s.prediction for s in shown) if self._said and p.text and self.writes(p.text)]
        for k, text in enumerate(reversed(words)):
            self._words(canvas, text, self._height - 8 - k * 2 * line)
        return np.asarray(picture)

    def _face(self, canvas: Any, p: Prediction, box: Box) -> None:
        left, right = (round(v * (self._width - 1)) for v in box[::2])
        top, bottom = (round(v * (self._height - 1)) for v in box[1::2])
        thick = max(2, self._point // 7)
        canvas.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=_PAPER, width=thick + 2)
        canvas.rectangle((left, top, right, bottom), outline=self._colours[p.label], width=thick)
        wide, line = self._size(p)
        # Beside the face where there is room, else over its lower part.
        x = right + 8 if right + 8 + wide < self._width else left - 8 - wide if left - 8 - wide > 0 else max(0, left)
        y = top if x in (right + 8, left - 8 - wide) else bottom - (_BARS + 1) * line
        self._panel(canvas, p, x, min(max(0, y), self._height - (_BARS + 1) * line))

    def _panel(self, canvas: Any, p: Prediction, x: int, y: int, number: bool = True) -> None:
        """Number or name, label, and a bar for each of the most probable labels."""
        wide, line = self._size(p)
        canvas.rectangle((x, y, x + wide, y + (_BARS + 1) * line), fill=_PAPER)
        canvas.rectangle((x, y, x + wide, y + line - 2), fill=self._colours[p.label])
        canvas.text((x + 5, y + 1), self._head(p, number), font=self.font, fill=_dark_or_light(self._colours[p.label]))
        for k, label in enumerate(self._best(p), start=1):
            at, long = y + k * line, round(p.scores[label] * (wide - 10))
            canvas.rectangle((x + 5, at + line - 5, x + 5 + max(1, long), at + line - 3), fill=self._colours[label])
            canvas.text((x + 5, at), f"{self._named(label)} {percent(p.scores[label])}", font=self.font, fill=_INK)

    def _head(self, p: Prediction, number: bool = True) -> str:
        who = self._name(p.who)
        short = who.rpartition(" ")[2] if number and who.rpartition(" ")[2].isdecimal() else who
        return f"{short}  {self._named(p.label)}{'?' if p.uncertain else ''}"

    def _name(self, who: str | None) -> str:
        name = self._say.person(who)
        return name if self.writes(name) else who or ""

    def _named(self, label: str) -> str:
        name = self._say.label(label)
        return name if self.writes(name) else label

    def _best(self, p: Prediction) -> list[str]:
        return sorted(p.scores, key=lambda k: -p.scores[k])[:_BARS]

    def _size(self, p: Prediction) -> tuple[int, int]:
        """Width of a panel and height of one of its lines, pixels."""
        lines = [self._head(p, number=False), *(f"{self._named(k)} >99%" for k in self._best(p))]
        return round(max(self.font.getlength(t) for t in lines)) + 12, self._point + 8

    def _words(self, canvas: Any, text: str, below: int) -> None:
        """The words, centred, their last line ending at the height ``below``."""
        lines = self._wrapped(text)
        high = self._point + 4
        for k, line in enumerate(lines):
            long, y = self.font.getlength(line), below - (len(lines) - k) * high
            x = (self._width - long) / 2
            canvas.rectangle((x - 5, y - 1, x + long + 5, y + high - 1), fill=_PAPER)
            canvas.text((x, y), line, font=self.font, fill=_INK)

    def _wrapped(self, text: str) -> list[str]:
        """At most two lines that fit; the end of longer words is left out."""
        lines, most = [""], self._width - 40
        parts = text.split() if " " in text else list(text)
        for part in parts:
            joined = f"{lines[-1]} {part}".strip() if " " in text else lines[-1] + part
            if self.font.getlength(joined) <= most or not lines[-1]:
                lines[-1] = joined
            elif len(lines) == 2:
                lines[-1] += " …"
                break
            else:
                lines.append(part)
        return lines


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _dark_or_light(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """The colour of letters that can be read on a colour."""
    red, green, blue = colour
    return _PAPER if 0.3 * red + 0.59 * green + 0.11 * blue > 110 else _INK
