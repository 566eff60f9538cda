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
