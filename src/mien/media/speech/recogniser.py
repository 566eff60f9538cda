"""What turns speech into words, and which one a name stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from mien.errors import InputError
from mien.events import Notice
from mien.media.speech.weights import base_folder
from mien.media.speech.whisper import Whisper
from mien.types import Float32, Span, Words


class Recogniser(Protocol):
    """Turns speech into words."""

    @property
    def english_only(self) -> bool:
        """Whether it knows English only; it then gives no words for speech in other languages."""

    def words(self, audio: Float32, spans: Sequence[Span]) -> Iterator[Words]:
        """Words said in the spans, piece by piece.

        Args:
            audio: float32 (N,), mono, 16 kHz.
            spans: stretches of speech, in seconds from the start of the sound. The times of the words count from there too.
        """


def recogniser(name: str) -> tuple[Recogniser | None, Notice | None]:
    """The recogniser of this name, and a notice where another one had to take its place.

    Args:
        name: "auto", "off", or see ``Whisper``. "auto" is "base"; where that is not installed, or has no room on this disk,
            it is "tiny.en", with a notice.
    """
    if name == "off":
        return None, None
    if name != "auto":
        return Whisper(name), None
    try:
        base_folder()
    except InputError as error:
        return Whisper("tiny.en"), Notice("words_english_only", {"why": str(error)})
    return Whisper("base"), None
