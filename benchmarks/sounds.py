"""Measures how much of sounds without speech voice activity detection takes for speech.

    python benchmarks/sounds.py BUNDLE [FILE ...]

The sounds are synthesised here, 20 s each: chords with drums at three tempi, a melody of plucked strings, a vowel that is sung
up and down, a siren, pink noise, white noise. They are not music as people play it; name sound files to add recordings. For
each sound, the table gives the share that is taken for speech, and how many answers of the bundle name each reason.
"""

from __future__ import annotations

import argparse
import tempfile
import wave
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mien.media.decoding.sound import read_audio
from mien.media.speech.activity import speech_spans
from mien.pipeline import Analyzer
from mien.types import SAMPLE_RATE, Float32

_SECONDS = 20.0
_TIME = np.arange(round(_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
_TONIC = 220.0  # Hz


def _tone(pitch: float, length: int, decay: float, partials: int = 8) -> Float32:
    """A struck or plucked tone: partials that die away, the high ones first."""
    t = np.arange(length) / SAMPLE_RATE
    tones = [np.sin(2 * np.pi * k * pitch * t) / k * np.exp(-decay * k * t) for k in range(1, partials + 1)]
    return np.asarray(np.sum(tones, axis=0), np.float32)


def _add(sound: Float32, at: float, piece: Float32) -> None:
    start = round(at * SAMPLE_RATE)
    kept = piece[: max(0, len(sound) - start)]
    sound[start : start + len(kept)] += kept


def _pitch(half_tones: float) -> float:
    return float(_TONIC * 2 ** (half_tones / 12))


def band(beats: float) -> Float32:
    """Four chords in turn, a bar each, with a drum on each beat and a cymbal between, at so many beats a minute."""
    sound, beat, rng = np.zeros(len(_TIME), np.float32), 60 / beats, np.random.default_rng(0)
    hiss = rng.standard_normal(SAMPLE_RATE // 10) * np.exp(-np.arange(SAMPLE_RATE // 10) / 300)
    t = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    drum = np.sin(2 * np.pi * (50 + 70 * np.exp(-t * 30)) * t) * np.exp(-t * 15)
    for number in range(int(_SECONDS / beat)):
        root = (0, 9, 5, 7)[number // 4 % 4]
        if number % 2 == 0:
            for interval in (0, 4 if root != 9 else 3, 7):
                _add(sound, number * beat, 0.3 * _tone(_pitch(root + interval), round(4 * beat * SAMPLE_RATE), 1.5))
        _add(sound, number * beat, drum.astype(np.float32))
        _add(sound, (number + 0.5) * beat, 0.2 * hiss.astype(np.float32))
    return sound


def melody() -> Float32:
    """Plucked strings, one tone after the other, at an uneven pace, in the range of a voice."""
    sound, at, rng = np.zeros(len(_TIME), np.float32), 0.0, np.random.default_rng(1)
    while at < _SECONDS:
        _add(sound, at, _tone(_pitch(float(rng.choice([-5, -3, 0, 2, 4, 7, 9]))), SAMPLE_RATE, 2.0))
        at += float(rng.choice([0.2, 0.4, 0.6]))
    return sound


def vowel() -> Float32:
    """A sung "ah": pulses at a pitch that glides over an octave with vibrato, through three formants."""
    pitch = _TONIC * 2 ** (0.5 * np.sin(2 * np.pi * _TIME / 5) + 0.02 * np.sin(2 * np.pi * 5.5 * _TIME))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    sound = np.zeros(len(_TIME))
    for k in range(1, 25):
        gain = sum(np.exp(-(((k * pitch - f) / w) ** 2)) for f, w in ((700, 130), (1200, 150), (2600, 250)))
        sound += np.sin(k * phase) * (gain + 0.02) / k**0.5
    return np.asarray(sound, np.float32)


def siren() -> Float32:
    """A tone that rises and falls every four seconds."""
    pitch = 700 + 300 * np.sin(2 * np.pi * _TIME / 4)
    return np.asarray(np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE), np.float32)


def white() -> Float32:
    """The same power at every frequency."""
    return np.asarray(np.random.default_rng(2).standard_normal(len(_TIME)), np.float32)


def pink() -> Float32:
    """The same power in every octave, as wind and rain."""
    spectrum = np.fft.rfft(np.random.default_rng(3).standard_normal(len(_TIME)))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(len(_TIME), 1 / SAMPLE_RATE), 20.0))
    return np.asarray(np.fft.irfft(spectrum, len(_TIME)), np.float32)


KINDS: dict[str, Callable[[], Float32]] = {
    "chords and drums, 70 beats a minute": lambda: band(70),
    "chords and drums, 110 beats a minute": lambda: band(110),
    "chords and drums, 150 beats a minute": lambda: band(150),
    "plucked melody": melody,
    "sung vowel": vowel,
    "siren": siren,
    "white noise": white,
    "pink noise": pink,
}


def write(path: Path, sound: Float32) -> Path:
    """A 16 bit .wav file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((0.3 * 32767 * sound / np.abs(sound).max()).astype("<i2").tobytes())
    return path


def show(name: str, path: Path, analyzer: Analyzer) -> tuple[float, float]:
    """Print a line; return seconds, and seconds taken for speech."""
    audio = read_audio(path)
    taken = sum(s.duration for s in speech_spans(audio.samples, 10.0))
    answers = analyzer.analyze(path).predictions
    reasons = ", ".join(f"{r} {n}" for r, n in Counter(r for p in answers for r in p.reasons).items())
    unexplained = sum(not p.reasons for p in answers)
    print(
        f"| {name} | {audio.span.duration:.1f} | {taken:.1f} | {len(answers)} | {unexplained} | {reasons} |", flush=True
    )
    return audio.span.duration, taken


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="research, open, or a folder")
    parser.add_argument("files", nargs="*", type=Path, help="recordings")
    args = parser.parse_args()
    analyzer = Analyzer(args.bundle)
    print("| sound | seconds | taken for speech | answers | without a reason | reasons |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        made = [show(n, write(Path(scratch) / "sound.wav", make()), analyzer) for n, make in KINDS.items()]
    found = [show(path.name, path, analyzer) for path in args.files]
    for name, rows in (("synthesised", made), ("recordings", found)):
        whole, taken = (sum(column) for column in zip(*rows, strict=True)) if rows else (0.0, 0.0)
        print(f"{name}: {taken:.1f} of {whole:.1f} s taken for speech")


if __name__ == "__main__":
    main()
