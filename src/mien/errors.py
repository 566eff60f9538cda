"""The few exceptions a user meets. Each message is one sentence that says what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MienError(Exception):
    """Base of all errors that mien raises for the user to read."""


class InputError(MienError):
    """The user's input cannot be used: exit code 2."""


class MediaError(InputError):
    """A media file cannot be opened or decoded."""


class RecipeError(InputError):
    """A recipe, an override or a data manifest has a mistake."""


class DivergedError(InputError):
    """The loss of a training is no finite number any more: the recipe's steps are too large, or its data hold such values."""


class UnknownNameError(InputError):
    """A name that is not registered was asked for."""


class ParityError(MienError):
    """An exported graph does not compute what the trained model computes: exit code 1."""


def is_mistake(error: Exception) -> bool:
    """Whether the user can put it right: a file of theirs that cannot be read or written is no fault of ours."""
    return isinstance(error, InputError) or (isinstance(error, OSError) and error.filename is not None)


def of_the_clip(error: Exception) -> bool:
    """Whether the clip that was read may be to blame, and the next one can be read all the same."""
    return isinstance(error, InputError) or not isinstance(error, MienError)


def explain(error: Exception) -> str:
    """One sentence about anything that was raised."""
    if isinstance(error, MienError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"'{error.filename}' cannot be used ({error.strerror}); check the path and your rights there"
    return f"{type(error).__name__}: {error} (this is a fault of mien; MIEN_DEBUG=1 shows where)"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one is likely meant to be; ``None`` where none is near."""
    # A slip of the pen leaves a name about as long as it was: 'gender' is no misspelt 'end'.
    alike = [k for k in known if 0.5 < len(k) / max(len(name), 1) < 2]
    return next(iter(difflib.get_close_matches(name, alike, n=1)), None)


def closest(name: str, known: Iterable[str]) -> str:
    """A "; did you mean ...?" for a misspelt name, or the list of what exists."""
    near = nearest(name, known)
    return f"known: {', '.join(sorted(known))}" if near is None else f"did you mean '{near}'?"
