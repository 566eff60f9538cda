"""Hides who somebody is: faces become a few coarse blocks, and voices are shifted in pitch.

It protects against people who know a face or a voice, and not against everybody: words, a room, clothes and a manner of
speaking stay, and a shifted voice can be shifted back by who guesses how far. ``benchmarks/anonymise.py`` measures both sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from mien.media.faces import Detector, Face
from mien.types import SAMPLE_RATE, Float32, Picture

SEMITONES = 4.0
"""How far voices are shifted. Up for low voices and down for high ones, so that all come to the middle."""

_MIDDLE = 165.0  # Hz, between usual voices of men and women
_BLOCKS = 6  # of a face, in each direction
_MARGIN = 0.35  # around the box of a face, as a part of its sides
_KEPT = 0.5  # seconds for which a face stays hidden at its place when it is not found any more
_FRAME, _HOP = 1024, 256  # samples


class Hider:
    """Hides the faces of pictures that come in order of time.

    A face that is not found for a moment stays hidden at its last place.

    Args:
        detector: finds faces; every picture is searched whole.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._seen: list[tuple[float, Face]] = []

    def hide(self, picture: Picture) -> Picture:
        """The picture with all faces hidden."""
        found = [(picture.time, face) for face in self._detector.detect(picture.pixels)]
        self._seen = found + [(time, face) for time, face in self._seen if picture.time - time <= _KEPT]
        boxes = [[float(v) for v in face.box] for _, face in self._seen]
        return Picture(blocked(picture.pixels, boxes), picture.time)


def blocked(pixels: NDArray[np.uint8], boxes: Sequence[Sequence[float]]) -> NDArray[np.uint8]:
    """A picture, uint8 RGB (H, W, 3), in which boxes (left, top, right, bottom) and some room around are coarse and blurred."""
    picture = Image.fromarray(pixels)
    for left, top, right, bottom in boxes:
        across, down = _MARGIN * (right - left), _MARGIN * (bottom - top)
        place = (
            max(0, int(left - across)),
            max(0, int(top - down)),
            min(picture.width, int(right + across) + 1),
            min(picture.height, int(bottom + down) + 1),
        )
        size = place[2] - place[0], place[3] - place[1]
        if min(size) < 1:
            continue
        coarse = (
            picture.crop(place).resize((_BLOCKS, _BLOCKS), Image.Resampling.BOX).resize(size, Image.Resampling.NEAREST)
        )
        picture.paste(coarse.filter(ImageFilter.GaussianBlur(min(size) / _BLOCKS / 2)), place[:2])
    return np.asarray(picture)


def disguised(samples: Float32, semitones: float = SEMITONES) -> Float32:
    """A voice shifted towards the middle of human voices, with its formants; it lasts as long as before.

    Args:
        samples: float32 (N,), 16 kHz.
        semitones: how far.
    """
    if len(samples) < 2 * _FRAME:
        return np.zeros_like(samples)  # too short to be shifted, so nothing of it is given away
    up = pitch(samples) < _MIDDLE
    ratio = 2.0 ** ((semitones if up else -semitones) / 12)
    longer = _stretched(samples, ratio)
    places = np.arange(len(samples)) * ratio
    return np.asarray(np.interp(places, np.arange(len(longer)), longer, right=0.0), np.float32)


def pitch(samples: Float32) -> float:
    """The median pitch of a voice in Hz, by the autocorrelation of its loud frames; the middle of voices when there is none."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_FRAME]
    power = (frames**2).mean(axis=1)
    loud = frames[power > 0.2 * power.max()] if len(frames) else frames
    if not len(loud):
        return _MIDDLE
    spectrum = np.abs(np.fft.rfft(loud * np.hanning(_FRAME), 2 * _FRAME)) ** 2
    alike = np.fft.irfft(spectrum)[:, SAMPLE_RATE // 400 : SAMPLE_RATE // 70]
    return float(SAMPLE_RATE / (np.median(alike.argmax(axis=1)) + SAMPLE_RATE // 400))


def _stretched(samples: Float32, ratio: float) -> Float32:
    """The sound with the same pitch, ``ratio`` times as long: a phase vocoder (Laroche and Dolson 1999)."""
    window = np.hanning(_FRAME)
    padded = np.pad(samples, (_FRAME, 2 * _FRAME))
    starts = np.arange(0, len(padded) - _FRAME - _HOP, _HOP / ratio).astype(int)
    expected = 2 * np.pi * _HOP * np.arange(_FRAME // 2 + 1) / _FRAME
    found = np.zeros(len(starts) * _HOP + _FRAME)
    phase = np.zeros(_FRAME // 2 + 1)
    for number, start in enumerate(starts):
        now, then = (np.fft.rfft(padded[s : s + _FRAME] * window) for s in (start, start + _HOP))
        if number == 0:
            phase = np.angle(now)
        found[number * _HOP : number * _HOP + _FRAME] += window * np.fft.irfft(np.abs(now) * np.exp(1j * phase))
        turned = np.angle(then) - np.angle(now) - expected
        phase = phase + expected + turned - 2 * np.pi * np.round(turned / (2 * np.pi))
    begin = round(_FRAME * ratio)
    return np.asarray(found[begin : begin + round(len(samples) * ratio)] / 1.5, np.float32)
