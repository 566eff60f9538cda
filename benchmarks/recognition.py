"""Measures how well speech is recognised, in the words and in the language. One command gives all figures.

    python -m benchmarks.recognition [--models base tiny.en] [--data ../shared/data] [--clips 100]

Each clip goes the way of an analysis: Silero finds the speech, Whisper reads each utterance. The word error rate is the number
of wrong, missing and added words, by the number of words said; all clips of a set count together. Case and signs do not
count. A set without transcripts shows only the language. The clips are drawn from the test (and validation) split, because
the settings of the recogniser were chosen on training clips. ``jiwer`` comes with the extra ``bench``.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jiwer import wer

from mien.media.decoding.sound import read_audio
from mien.media.speech.activity import speech_spans
from mien.media.speech.whisper import Whisper
from mien.types import SAMPLE_RATE, Float32


@dataclass(frozen=True)
class Spoken:
    """A set of clips in one language (ISO 639-1): the splits that are read, and the text of clips that have none in the set."""

    name: str
    folder: str
    language: str
    splits: tuple[str, ...]
    prefix: str = ""
    text: str | None = None


SETS = (
    Spoken("RAVDESS (English, acted)", "ravdess_speech", "en", ("test",)),
    Spoken("CREMA-D (English, acted)", "samples", "en", ("sample",), "audio/cremad_1002_DFA", "Don't forget a jacket."),
    Spoken("EmoDB (German, acted)", "emodb4_full", "de", ("test", "valid")),
    Spoken("nEMO (Polish, acted)", "nemo_pl", "pl", ("test",)),
    Spoken("Taiwan Mandarin (television)", "zh_tw_3class", "zh", ("test",)),
)


def normal(text: str) -> str:
    """The words in small letters, without signs."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("'", "").replace("’", "")
    return " ".join(re.findall(r"\w+", plain))


def clips(of: Spoken, data: Path, most: int) -> Iterator[tuple[Float32, str]]:
    """Sound float32 (N,) at 16 kHz and what is said in it ("" when nobody wrote it down) of up to ``most`` clips."""
    with (data / of.folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] in of.splits and r["path"].startswith(of.prefix)]
    random.Random(0).shuffle(rows)  # noqa: S311  # which clips is no secret
    for row in rows[:most]:
        yield read_audio(data / of.folder / row["path"]).samples, of.text or row.get("text", "")


def row(of: Spoken, model: str, given: Sequence[tuple[Float32, str]]) -> str:
    """One line of the table."""
    whisper = Whisper(model)
    said: list[str] = []
    languages: list[str] = []
    spent = 0.0
    for audio, _ in given:
        spans = speech_spans(audio, 10.0)
        start = time.process_time()
        found = list(whisper.words(audio, spans))
        spent += time.process_time() - start
        said.append(normal(" ".join(w.text for w in found)))
        languages.append(found[0].language or "" if found else "")
    silent = languages.count("") / len(given)
    known = [language for language in languages if language]
    right = f"{known.count(of.language) / len(known):.3f}" if known and model != "tiny.en" else ""
    told = [normal(text) for _, text in given]
    error = f"{wer(told, said):.3f}" if all(told) else ""
    seconds = sum(len(audio) for audio, _ in given) / SAMPLE_RATE
    return f"| {of.name} | {len(given)} | {model} | {error} | {right} | {silent:.3f} | {spent / seconds:.3f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["base", "tiny.en"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--clips", type=int, default=100, help="of each set, at most")
    args = parser.parse_args()
    print("| set | clips | model | word error rate | language right | without words | processor time by duration |")
    print("|---|---|---|---|---|---|---|")
    for of in SETS:
        given = list(clips(of, args.data, args.clips))
        for model in args.models:
            print(row(of, model, given), flush=True)


if __name__ == "__main__":
    main()
