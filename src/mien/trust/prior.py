"""How often each label is expected before anything is seen or heard. Answers expect every label as often as another.

Where the shares are known to be others, a calibrated answer follows from Bayes' rule: p'(label) ~ p(label) * share(label)
(Saerens, Latinne and Decaestecker 2002).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mien.errors import InputError, closest
from mien.types import Float32, Task

EVEN = "even"
TALK = "talk"

_TALK = {
    "neutral": 0.446,
    "happy": 0.154,
    "sad": 0.114,
    "angry": 0.130,
    "fearful": 0.035,
    "disgusted": 0.024,
    "surprised": 0.097,
}
"""Shares in television talk: the mean of the training splits of MELD (9,989 English lines) and CPED (Chinese)."""


def prior_of(text: str, task: Task) -> Float32:
    """The share of each label of a task, float32 (L,); they sum to 1.

    Args:
        text: "even"; "talk", for the shares in television talk; or shares such as "neutral=0.6,happy=0.2". Labels that are not
            named share the rest evenly.
        task: whose labels are named.

    Raises:
        InputError: ``text`` has another form, names another label, or its shares do not fit.
    """
    if text == EVEN:
        return np.full(task.size, 1 / task.size, np.float32)
    shares = _TALK if text == TALK else _shares(text, task)
    if not set(shares) <= set(task.labels):
        raise InputError(
            f"the prior '{text}' is for the seven emotions; the bundle answers with: {', '.join(task.labels)}"
        )
    rest = 1.0 - sum(shares.values())
    others = task.size - len(shares)
    if min(shares.values()) <= 0 or rest < -1e-6 or (others and rest <= 1e-6):
        raise InputError(
            f"the shares of the prior '{text}' must be above 0, and leave something for the other labels; such as neutral=0.6"
        )
    found = np.asarray([shares.get(label, rest / max(1, others)) for label in task.labels], np.float32)
    return np.asarray(found / found.sum(), np.float32)


def expecting(scores: Float32, prior: Float32) -> Float32:
    """Probabilities (N, L) under an even prior, as they are under another (L,)."""
    odds = scores * prior
    return np.asarray(odds / np.maximum(odds.sum(axis=-1, keepdims=True), 1e-12), np.float32)


def _shares(text: str, task: Task) -> Mapping[str, float]:
    found = {}
    for part in text.split(","):
        label, separator, share = (piece.strip() for piece in part.partition("="))
        if not separator:
            raise InputError(f"there is no prior '{text}'; give even, talk, or shares such as neutral=0.6,happy=0.2")
        if label not in task.labels:
            raise InputError(
                f"the prior names '{label}', which is no label of the bundle; {closest(label, task.labels)}"
            )
        try:
            found[label] = float(share)
        except ValueError:
            raise InputError(f"the share of '{label}' must be a number between 0 and 1, not '{share}'") from None
    return found
