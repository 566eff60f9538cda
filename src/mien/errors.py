"""The exceptions that a user may get. Each message is one sentence that says what to do."""

from __future__ import annotations

import difflib
import errno
import unicodedata
from collections.abc import Iterable

_CONTROLS = ("Cc", "Cs", "Zl", "Zp")
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONGEST = 2000  # characters
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_WRITTEN = (" requested and ", "database or disk is full", "disk I/O error")  # of NumPy and SQLite
_NO_MEMORY = ("bad_alloc", "cannot allocate memory", "failed to map segment", "failed to allocate memory")


class MienError(Exception):
    """Base of all errors whose message is meant for the user.

    A message may repeat what a file of somebody else says, so it is shown without control characters, and never as a page.
    """

    def __str__(self) -> str:
        return harmless(super().__str__())


class InputError(MienError):
    """The user's input cannot be used; exit code 2."""


class MediaError(InputError):
    """A media file cannot be opened or decoded."""


class RecipeError(InputError):
    """A recipe, an override or a data manifest has a mistake."""


class DivergedError(InputError):
    """The loss of a training is not finite: its learning rate is too high, or its data hold huge or non-finite values."""


class UnknownNameError(InputError):
    """A name is not registered."""


class ParityError(MienError):
    """An exported graph does not compute what the trained model computes; exit code 1."""


def is_mistake(error: Exception) -> bool:
    """Whether the error is a mistake in the user's input. A file that cannot be read or written counts as one."""
    return isinstance(error, InputError) or (isinstance(error, OSError) and error.filename is not None)


def of_the_clip(error: Exception) -> bool:
    """Whether the error may come from the clip alone, so that the next clip can still be read."""
    return isinstance(error, InputError) or not isinstance(error, MienError)


def explain(error: Exception) -> str:
    """One sentence about any exception, for the user."""
    if isinstance(error, MienError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return harmless(f"'{error.filename}' cannot be used ({error.strerror}); check the path and your rights there")
    if short_of_memory(error):
        return "there is not enough memory; close other programs, or allow this one more (ulimit -v)"
    if isinstance(error, OSError) and error.errno in _FULL:
        return f"nothing more can be written ({error.strerror}); make room and try again"
    if _tells(error, _NOT_WRITTEN):
        return "nothing more can be written; make room and try again"
    said = harmless(f"{type(error).__name__}: {error}")
    return f"{said} (this is a fault of mien; MIEN_DEBUG=1 shows where)"


def short_of_memory(error: BaseException) -> bool:
    """Whether memory was refused. Libraries of C++ tell it only in the text of their errors."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return _tells(error, _NO_MEMORY)


def _tells(error: BaseException, parts: Iterable[str]) -> bool:
    """Whether an error of a library says one of these. C++, NumPy and SQLite give it no type or code of its own."""
    told = str(error).casefold()
    return any(part.casefold() in told for part in parts)


def harmless(text: str) -> str:
    """The text on one line, without control characters, so that words and file names cannot move the cursor or set colours.

    Marks that turn the direction of writing round are left out too. A very long text loses its middle.
    """
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
    return printable(text, keep="")


def printable(text: str, keep: str = "\n\t") -> str:
    """The text without control characters and marks that turn writing round. Those in ``keep`` stay, as line breaks."""
    return "".join(c if c in keep or not _steers(c) else " " for c in text)


def _steers(c: str) -> bool:
    return unicodedata.category(c) in _CONTROLS or c in _TURNS


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt name most likely means; ``None`` where no known name is near."""
    # A misspelling hardly changes the length of a name: 'gender' is not a misspelt 'end'.
    alike = [k for k in known if 0.5 < len(k) / max(len(name), 1) < 2]
    return next(iter(difflib.get_close_matches(name, alike, n=1)), None)


def closest(name: str, known: Iterable[str]) -> str:
    """A hint for a message: "did you mean ...?" for a misspelt name, else the list of known names."""
    near = nearest(name, known)
    return f"known: {', '.join(sorted(known))}" if near is None else f"did you mean '{near}'?"
