"""The few exceptions a user meets. Each message is one sentence that says what to do."""

from __future__ import annotations


class MienError(Exception):
    """Base of all errors that mien raises for the user to read."""


class InputError(MienError):
    """The user's input cannot be used: exit code 2."""


class MediaError(InputError):
    """A media file cannot be opened or decoded."""


class RecipeError(InputError):
    """A recipe, an override or a data manifest has a mistake."""


class UnknownNameError(InputError):
    """A name that is not registered was asked for."""


class ParityError(MienError):
    """An exported graph does not compute what the trained model computes: exit code 1."""


def explain(error: Exception) -> str:
    """One sentence about anything that was raised."""
    if isinstance(error, MienError):
        return str(error)
    return f"{type(error).__name__}: {error} (this is a fault of mien; MIEN_DEBUG=1 shows where)"
