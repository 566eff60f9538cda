"""Turns speech into words, one utterance at a time, with Whisper in CTranslate2, through faster-whisper."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.errors import InputError, short_of_memory
from mien.media.speech.languages import settle
from mien.media.speech.weights import model_source
from mien.runtime import devices, threads
from mien.runtime.memory import loading
from mien.types import SAMPLE_RATE, Float32, Span, Word, Words

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

_FRAMES = 100  # of the spectrogram, in a second
_WHOLE = 30.0  # seconds; the window that Whisper was trained on
_LONGEST = 28.0  # seconds; a longer utterance is read in parts
_AROUND = 0.2  # seconds of sound that are read before and after an utterance, up to half of the pause
# Whisper fills every sound up to 30 s, so a short utterance costs as much as a long one. Here a few seconds of nothing follow.
# With less it repeats itself; with more it gets no better (docs/benchmarks.md has the figures).
_AFTER = 5.0
_AFTER_ENGLISH = 8.0  # for tiny.en
_TOGETHER = 60.0  # seconds; utterances inside such a stretch tell one another's language

# Tokens: nobody says more. The longest are languages whose letters are three tokens each.
_FEWEST, _A_SECOND = 20, 25
_LOOPING = 2.4  # text with a higher compression ratio repeats itself (Radford et al. 2022)
# An utterance is noise when "no speech" is at least so probable. Whisper gave it at most 0.36 for 90 training clips of RAVDESS,
# EmoDB and nEMO, and at least 0.52 for nearly all synthesised noise, hum, chords, beats, breath and silence.
_NO_SPEECH = 0.5
_DOUBTFUL = 0.25  # an utterance with a lower mean word probability counts as noise
# A model for English turns any speech into English words, but with low probability. The mean log probability of tiny.en for
# nine of ten clips was above -0.64 in RAVDESS (English), below -1.09 in nEMO (Polish) and below -0.97 in EmoDB (German).
_FOREIGN = -0.8
# Some of its sentences for German are likelier than that. Then the mean probability of their words is below 0.62, and that of
# one of them below 0.2. These limits were set on 46 English and 84 foreign utterances. Of 117 other German and Polish ones,
# 4 get English words (5 without the limits), and of 71 others of RAVDESS, none loses its words.
_FOREIGN_WORDS, _FOREIGN_WORD = 0.62, 0.2

# Whisper writes Mandarin in the characters of Taiwan or of the mainland, as it happens, and often without signs. A sentence
# that went before decides: "The following are sentences in Mandarin."
_BEFORE = {"zh": " 以下是普通话的句子。"}


@dataclass(frozen=True)
class _Utterance:
    """What is read of one utterance: its span, and the spectrogram (mels, T) of the sound from ``start`` (seconds) on."""

    span: Span
    start: float
    mel: Float32

    def window(self, seconds: float) -> Float32:
        """The spectrogram with nothing after it, up to a length in seconds, at most ``_WHOLE``: float32 (1, mels, T)."""
        frames = round(min(_WHOLE, seconds) * _FRAMES) // 2 * 2
        mel = self.mel[:, :frames]
        return np.pad(mel, ((0, 0), (0, frames - mel.shape[1])))[None]

    @property
    def seconds(self) -> float:
        """How much sound there is."""
        frames: int = self.mel.shape[1]
        return frames / _FRAMES


@dataclass(frozen=True)
class _Said:
    """What Whisper says was said: tokens of text, and signs of whether that is so."""

    tokens: list[int]
    log_probability: float  # mean over the tokens
    no_speech: float
    looping: bool  # it repeats itself, or does not end


class Whisper:
    """Whisper (Radford et al. 2022, arXiv 2212.04356).

    Every utterance is read by itself, so it has a language of its own, and its words do not depend on how the sound around
    it was cut. There is no sampling: the same sound always gives the same words.

    Args:
        model: "tiny.en" or "base" (in the installation), a folder in CTranslate2 format, or the name of a model on the hub
            ("small", "large-v3"). A model from the hub is downloaded.

    Attributes:
        english_only: see ``Recogniser``.
    """

    def __init__(self, model: str) -> None:
        self._name = model
        self._tokenizers: dict[str, Tokenizer] = {}
        self.english_only = model.endswith(".en")

    def words(self, audio: Float32, spans: Sequence[Span]) -> Iterator[Words]:
        """See ``Recogniser``. The words of an utterance lie in its span.

        Raises:
            InputError: the model cannot be loaded or reached.
        """
        after = _AFTER_ENGLISH if self.english_only else _AFTER
        for group in _groups(self._utterances(audio, spans)):
            windows = [self._encode(u.window(u.seconds + after)) for u in group]
            for utterance, window, language in zip(group, windows, self._languages(group, windows), strict=True):
                words = self._read(utterance, window, language)
                if words is not None:
                    yield words

    def _utterances(self, audio: Float32, spans: Sequence[Span]) -> Iterator[_Utterance]:
        parts = [part for span in spans for part in _parts(span)]
        for span, wider in zip(parts, _wider(parts, Span(0.0, len(audio) / SAMPLE_RATE)), strict=True):
            sound = audio[round(wider.start * SAMPLE_RATE) : round(wider.end * SAMPLE_RATE)]
            if len(sound) > SAMPLE_RATE // 20:
                yield _Utterance(span, wider.start, self._model.feature_extractor(sound)[:, :-1])

    def _encode(self, window: Float32) -> Any:
        return self._model.encode(np.ascontiguousarray(window, np.float32))

    def _languages(self, group: Sequence[_Utterance], windows: Sequence[Any]) -> list[str]:
        if not self._model.model.is_multilingual:
            return ["en"] * len(group)
        heard: list[Mapping[str, float]] = []
        for window in windows:
            (found,) = self._model.model.detect_language(window)
            heard.append({token[2:-2]: probability for token, probability in found})
        return settle(heard, [u.span.duration for u in group])

    def _read(self, utterance: _Utterance, window: Any, language: str) -> Words | None:
        said = self._say(utterance, window, language)
        if said.looping and said.no_speech < _NO_SPEECH:
            # This is rare, because the window that Whisper was trained on is slow.
            window = self._encode(utterance.window(_WHOLE))
            said = self._say(utterance, window, language)
        if not said.tokens or said.looping or said.no_speech >= _NO_SPEECH:
            return None
        several = self._model.model.is_multilingual
        if not several and said.log_probability < _FOREIGN:
            return None
        words = self._timed(utterance, window, language, said)
        sure = [w.confidence for w in words]
        if not words or float(np.mean(sure)) < _DOUBTFUL:
            return None
        foreign = not several and float(np.mean(sure)) < _FOREIGN_WORDS and min(sure) < _FOREIGN_WORD
        return None if foreign else Words(tuple(words), language)

    def _say(self, utterance: _Utterance, window: Any, language: str) -> _Said:
        """What was said. Whisper writes the times of sentences too; without them it finds no end in a short window."""
        from faster_whisper.transcribe import get_suppressed_tokens

        tokenizer = self._tokenizer(language)
        prompt = self._prompt(language)
        most = min(220, round(_FEWEST + _A_SECOND * utterance.seconds))
        (found,) = self._model.model.generate(
            window,
            [prompt],
            beam_size=1,
            max_length=len(prompt) + most,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
        )
        written = found.sequences_ids[0]
        tokens = [token for token in written if token < tokenizer.eot]
        text = tokenizer.decode(tokens).encode()
        looping = len(written) >= most or len(text) > _LOOPING * len(zlib.compress(text)) or _thrice(tokens)
        # CTranslate2 has divided the score by the number of tokens without the end.
        return _Said(tokens, found.scores[0] * len(written) / (len(written) + 1), found.no_speech_prob, looping)

    def _prompt(self, language: str) -> list[int]:
        """The tokens that Whisper continues."""
        tokenizer = self._tokenizer(language)
        if (before := _BEFORE.get(language)) is None:
            return [*tokenizer.sot_sequence]
        return [tokenizer.sot_prev, *tokenizer.encode(before), *tokenizer.sot_sequence]

    def _timed(self, utterance: _Utterance, window: Any, language: str, said: _Said) -> list[Word]:
        """The words with their times and probabilities."""
        from faster_whisper.transcribe import merge_punctuations

        frames = round(utterance.seconds * _FRAMES)
        (found,) = self._model.find_alignment(self._tokenizer(language), [said.tokens], window, frames)
        merge_punctuations(found, "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、")
        span = utterance.span
        words = []
        for word in found:
            if word["word"].strip():
                start = min(max(span.start, utterance.start + float(word["start"])), span.end)
                end = min(max(start, utterance.start + float(word["end"])), span.end)
                words.append(Word(word["word"], Span(start, end), float(word["probability"])))
        return words

    def _tokenizer(self, language: str) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        if language not in self._tokenizers:
            several = self._model.model.is_multilingual
            self._tokenizers[language] = Tokenizer(self._model.hf_tokenizer, several, "transcribe", language)
        return self._tokenizers[language]

    @cached_property
    def _model(self) -> WhisperModel:
        from faster_whisper import WhisperModel

        source = model_source(self._name)
        device, numbers = devices.for_whisper()
        try:
            with loading():
                return WhisperModel(
                    source, device=device, compute_type=numbers, cpu_threads=threads.count(), num_workers=1
                )
        except (OSError, RuntimeError, ValueError, MemoryError) as error:
            if short_of_memory(error):
                raise InputError(
                    f"there is not enough memory for the speech model '{self._name}'; close other programs, or take --asr off"
                ) from error
            raise InputError(
                f"the speech model '{self._name}' cannot be loaded or reached; take --asr tiny.en (offline), off, or a folder"
            ) from error


def _thrice(tokens: Sequence[int]) -> bool:
    """Whether a phrase of at least four different tokens follows itself twice. "No, no, no" is no such phrase."""
    for long in range(4, len(tokens) // 3 + 1):
        for at in range(len(tokens) - 3 * long + 1):
            phrase = tokens[at : at + long]
            if (
                phrase == tokens[at + long : at + 2 * long] == tokens[at + 2 * long : at + 3 * long]
                and len(set(phrase)) >= 4
            ):
                return True
    return False


def _parts(span: Span) -> list[Span]:
    """Parts of equal length, at most ``_LONGEST``."""
    edges = np.linspace(span.start, span.end, int(np.ceil(span.duration / _LONGEST)) + 1)
    return [Span(float(a), float(b)) for a, b in itertools.pairwise(edges)]


def _wider(parts: Sequence[Span], whole: Span) -> Iterator[Span]:
    """The spans with a little sound before and after them, but not with the sound of their neighbours."""
    if not parts:
        return
    middles = [(a.end + b.start) / 2 for a, b in itertools.pairwise(parts)]
    for part, before, after in zip(parts, [whole.start, *middles], [*middles, whole.end], strict=True):
        yield Span(max(part.start - _AROUND, min(before, part.start)), min(part.end + _AROUND, max(after, part.end)))


def _groups(utterances: Iterator[_Utterance]) -> Iterator[list[_Utterance]]:
    """Neighbours that lie in one stretch of ``_TOGETHER`` seconds."""
    group: list[_Utterance] = []
    for utterance in utterances:
        if group and utterance.span.end - group[0].span.start > _TOGETHER:
            yield group
            group = []
        group.append(utterance)
    if group:
        yield group
