"""Measures whether the mouth of a face moves as in speech."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.media.cropping import CROP
from mien.media.faces import Sighting
from mien.types import Float32

_SIDE = CROP // 2  # a crop is halved, because a mouth that speaks is large
_FACE = (slice(8, 52), slice(8, 48))  # rows and columns of the halved crop
_UPPER = (slice(10, 32), slice(10, 46))  # brows, eyes and nose
_MOUTH = (slice(35, 53), slice(15, 41))
_ROUNDS = 2  # of the fit of one picture to the next
# How much more the mouth of somebody who speaks moves than the upper face, in deviations of the grey of the face. In windows of
# 1.6 s of two people who speak, 96 % (of 48) lie above it; docs/architecture.md says which clips these are.
_TALKS = 0.09
_SURE = 0.05  # this far from it the measure counts in full
_FROZEN = 0.05  # a face that moves less than this is a still picture, which does not tell who speaks
_SMALL = 24.0  # pixels; in a smaller face the mouth is a few pixels
_LEAST = 3  # moments that can be compared
_PAUSE = 0.18  # seconds; of pictures that are closer, some are left out, because lips hardly move from one to the next

_DOWN, _RIGHT = (g.astype(np.float32) for g in np.mgrid[:_SIDE, :_SIDE])
_DOWN_FROM, _RIGHT_FROM = _DOWN - 24.0, _RIGHT - 28.0  # from the middle of the eyes


@dataclass(frozen=True)
class Mouth:
    """What the mouth of a person says about who speaks in a span.

    Attributes:
        evidence: from -1 (keeps still) to 1 (moves as in speech); 0 when it cannot be told.
        moments: how many pictures were compared; 0 when it cannot be told.
    """

    evidence: float
    moments: int


def mouth(sightings: Sequence[Sighting]) -> Mouth:
    """How the mouth of a person moves in some sightings, which are in order of time.

    At five pictures a second a mouth that speaks is elsewhere in every picture, while a smile that appears and a head that
    turns move on steadily. So the measure is how far each picture lies from the mean of its neighbours, at the mouth, less the
    same at the brows, eyes and nose. All is relative to the contrast of the face.
    """
    sightings = _thinned(sightings)
    if len(sightings) < _LEAST + 2 or float(np.median([s.box[2] - s.box[0] for s in sightings])) < _SMALL:
        return Mouth(0.0, 0)
    lower, upper = movements(sightings).mean(axis=0)
    if lower + upper < _FROZEN:
        return Mouth(0.0, 0)
    return Mouth(float(np.clip((lower - upper - _TALKS) / _SURE, -1.0, 1.0)), len(sightings) - 2)


def _thinned(sightings: Sequence[Sighting]) -> list[Sighting]:
    kept: list[Sighting] = []
    for sighting in sightings:
        if not kept or sighting.time - kept[-1].time >= _PAUSE:
            kept.append(sighting)
    return kept


def movements(sightings: Sequence[Sighting]) -> Float32:
    """How far each picture lies from its neighbours at the mouth and at the upper face, float32 (N - 2, 2)."""
    grey = [_grey(s) for s in sightings]
    fits = [_fit(a, b) for a, b in itertools.pairwise(grey)]
    rows = []
    for (before, now, after), (came, goes) in zip(
        zip(grey, grey[1:], grey[2:], strict=False), itertools.pairwise(fits), strict=True
    ):
        change = np.abs(_lit(_moved(before, -came), now) + _lit(_moved(after, goes), now)) / 2
        contrast = float(now[_FACE].std()) + 4.0
        rows.append([change[_MOUTH].mean() / contrast, change[_UPPER].mean() / contrast])
    return np.asarray(rows, np.float32)


def _grey(sighting: Sighting) -> Float32:
    """The crop in grey, halved and smoothed, float32 (56, 56)."""
    grey = sighting.pixels.astype(np.float32).mean(axis=2).reshape(_SIDE, 2, _SIDE, 2).mean(axis=(1, 3))
    for axis in (0, 1):
        grey = (grey + np.roll(grey, 1, axis) + np.roll(grey, -1, axis)) / 3
    return np.asarray(grey, np.float32)


def _fit(now: Float32, after: Float32) -> Float32:
    """How the upper face moved to the next picture: scale, turn, right, down; float32 (4,).

    The frames of two crops differ by a few pixels although the face keeps still. Gradient descent on the difference (Lucas and
    Kanade 1981), with a change of light that is fitted too.
    """
    down, right = (np.asarray(g, np.float32)[_UPPER].ravel() for g in np.gradient(now))
    y, x = _DOWN_FROM[_UPPER].ravel(), _RIGHT_FROM[_UPPER].ravel()
    terms = np.stack([right * x + down * y, down * x - right * y, right, down, np.ones_like(x)])
    inverse = np.asarray(np.linalg.inv(terms @ terms.T + 1e-2 * np.eye(5, dtype=np.float32)), np.float32)
    found: Float32 = np.zeros(4, np.float32)
    for _ in range(_ROUNDS):
        missing = (now[_UPPER] - _moved(after, found, _UPPER)).ravel()
        step: Float32 = np.asarray(inverse @ (terms @ missing), np.float32)
        found = np.asarray(found + step[:4], np.float32)
    return found


def _moved(picture: Float32, by: Float32, part: tuple[slice, slice] = (slice(None), slice(None))) -> Float32:
    """A part of the picture, sampled where the fit ``by`` says that it went."""
    y, x = _DOWN_FROM[part], _RIGHT_FROM[part]
    right = np.clip(_RIGHT[part] + by[0] * x - by[1] * y + by[2], 0, _SIDE - 1.001)
    down = np.clip(_DOWN[part] + by[0] * y + by[1] * x + by[3], 0, _SIDE - 1.001)
    column, row = right.astype(np.intp), down.astype(np.intp)
    across, along = right - column, down - row
    at = row * _SIDE + column
    flat = picture.ravel()
    above = flat[at] * (1 - across) + flat[at + 1] * across
    below = flat[at + _SIDE] * (1 - across) + flat[at + _SIDE + 1] * across
    return np.asarray(above * (1 - along) + below * along, np.float32)


def _lit(other: Float32, now: Float32) -> Float32:
    """What differs between two pictures beyond a change of light of the upper face."""
    change = other - now
    return np.asarray(change - change[_UPPER].mean(), np.float32)
