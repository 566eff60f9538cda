"""Near-duplicates are found after noise, compression, cutting and scaling; other clips of the same people are not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.collection.reading.fingerprints import fingerprints, picture_bits, sound_bits, text_bits
from mien.collection.reading.near import groups, near_pairs
from mien.media.decoding.picture import read_image
from mien.media.decoding.sound import read_audio
from mien.types import Audio, Float32, Frames, Segment, Span


def prints(sounds: dict[str, Float32]) -> dict[str, dict[str, bytes]]:
    return {name: {"sound": sound_bits(samples).tobytes()} for name, samples in sounds.items()}


@pytest.fixture(scope="module")
def voices(samples: Path) -> dict[str, Float32]:
    paths = [*(samples / "audio").glob("cremad_*.wav"), *(samples / "audio").glob("emodb_*.wav")]
    return {path.stem: read_audio(path).samples for path in sorted(paths)}


def test_one_actor_saying_one_sentence_in_six_ways_is_not_one_clip(voices: dict[str, Float32]) -> None:
    assert len(voices) == 13
    assert list(near_pairs(prints(voices))) == []


def test_noise_loudness_and_cutting_hide_no_duplicate(voices: dict[str, Float32]) -> None:
    random = np.random.default_rng(0)
    changed = {}
    for name, samples in voices.items():
        noise = random.normal(0, np.sqrt(np.mean(samples**2)) / 10, len(samples))
        changed[f"{name} again"] = np.asarray(0.3 * (samples + noise), np.float32)[2500:]
    found = set(near_pairs(prints(voices | changed)))
    assert found == {(name, f"{name} again") for name in voices}


def faces(pixels: object) -> Frames:
    picture = np.asarray(pixels, np.uint8)
    return Frames(picture[None], np.zeros(1))


def test_pictures_are_known_after_scaling_and_compression(samples: Path) -> None:
    paths = sorted((samples / "image").glob("faceapi_*.jpg"))
    pictures = {path.stem: Image.fromarray(read_image(path)) for path in paths}
    found = {name: {"picture": picture_bits(faces(picture)).tobytes()} for name, picture in pictures.items()}
    for name, picture in pictures.items():
        file = io.BytesIO()
        picture.resize((picture.width * 2 // 3, picture.height * 2 // 3)).save(file, "JPEG", quality=40)
        found[f"{name} again"] = {"picture": picture_bits(faces(Image.open(file))).tobytes()}
    assert set(near_pairs(found)) == {(name, f"{name} again") for name in pictures}


def test_texts_are_equal_up_to_case_and_punctuation_and_short_ones_tell_nothing() -> None:
    assert text_bits("You came, after all!") == text_bits("you came after all") != text_bits("you came at last too")
    assert text_bits("Yes, I do.") == b""


def test_silence_and_very_short_sounds_have_no_fingerprint() -> None:
    quiet = Segment(Span(0, 2), audio=Audio(np.zeros(32_000, np.float32)))
    assert fingerprints(quiet) == {}
    assert len(sound_bits(np.ones(4000, np.float32))) == 0


def test_chains_of_pairs_are_one_group() -> None:
    assert groups("abcde", [("b", "c"), ("e", "c")]) == {"a": "a", "b": "b", "c": "b", "d": "d", "e": "b"}
