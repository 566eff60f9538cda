"""What was said before: read first, cut first, and told apart from the utterance."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer

from mien.data.load import words_of
from mien.encoders.base import encoders
from mien.encoders.text_e5 import E5Text
from mien.encoders.text_hf import PretrainedText
from mien.types import Segment, Span
from tests.encoders.tiny_models import write_tokenizer

BEFORE = ("A: oh no !", "B: is it true ?")
SAID = Segment(Span(0.0, 1.2), words=words_of("we won !"), context=BEFORE)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tokenizers")
    found = {kind: folder / f"{kind}.json" for kind in ("bert", "roberta", "gpt2")}
    for kind, path in found.items():
        write_tokenizer(kind, path)
    return {kind: str(path) for kind, path in found.items()}


def read(path: str, **options: int) -> tuple[list[str], list[int], list[float]]:
    track = PretrainedText("anything", tokenizer=path, **options).prepare(SAID)  # type: ignore[arg-type]  # all are int
    assert track is not None
    tokenizer = Tokenizer.from_file(path)
    return (
        [str(tokenizer.id_to_token(i)) for i in track.values[:, 0]],
        track.values[:, 1].tolist(),
        track.times.tolist(),
    )


def test_earlier_utterances_come_first_with_the_separator_of_the_model(paths: dict[str, str]) -> None:
    tokens, own, times = read(paths["bert"], context=2)
    assert " ".join(tokens) == "[CLS] a : oh no ! [SEP] b : is it true ? [SEP] we won ! [SEP]"
    assert own == [0] * 14 + [1] * 4
    assert times[:14] == [0.0] * 14, "the start of the utterance"
    assert times[14:] == [pytest.approx(t) for t in (0.2, 0.6, 1.0, 1.0)]
    assert " ".join(read(paths["bert"], context=1)[0]) == "[CLS] b : is it true ? [SEP] we won ! [SEP]"
    assert " ".join(read(paths["bert"])[0]) == "[CLS] we won ! [SEP]"
    assert read(paths["bert"])[1] == [1] * 5


def test_models_without_marks_get_lines(paths: dict[str, str]) -> None:
    tokens = read(paths["gpt2"], context=2)[0]
    assert tokens.count("Ċ") == 2
    assert "".join(tokens).endswith("weĠwonĠ!")
    assert "".join(read(paths["roberta"], context=1)[0]).endswith("</s></s>weĠwonĠ!</s>")


def test_the_oldest_is_cut_first_and_the_utterance_last(paths: dict[str, str]) -> None:
    assert " ".join(read(paths["bert"], context=2, tokens=10)[0]) == "[CLS] is it true ? [SEP] we won ! [SEP]"
    assert " ".join(read(paths["bert"], context=2, tokens=6)[0]) == "[CLS] we won ! [SEP]"
    assert " ".join(read(paths["bert"], context=2, tokens=4)[0]) == "[CLS] we ! [SEP]", "its middle"


def test_minilm_reads_context_too() -> None:
    plain, aware = (encoders.build({"name": "text_minilm", "context": n}).prepare(SAID) for n in (0, 2))
    assert plain is not None
    assert aware is not None
    assert len(aware) > len(plain) + 10
    np.testing.assert_array_equal(aware.values[-len(plain) + 1 :], plain.values[1:])
    assert encoders.build({"name": "text_minilm", "context": 2}).context == 2


def test_words_of_another_language_are_rare() -> None:
    encoder = encoders.build({"name": "text_minilm"})

    def rarity(text: str) -> float:
        track = encoder.prepare(Segment(Span(0.0, 2.0), words=words_of(text)))
        assert track is not None
        return encoder.measures(track)["rarity"]

    assert rarity("I am so glad that you came to see us today.") < -3
    assert rarity("the, the") == pytest.approx(-12 / 2), "rank 1, twice; a comma has none"
    for strange in (
        "Lubię czytać przed snem.",
        "Der Lappen liegt auf dem Eisschrank.",
        "Sono contento che tu sia venuto.",
    ):
        assert rarity(strange) > 5.5
    assert rarity("Ja") < 5.5, "one word tells little"


def test_a_text_of_any_length_is_cut_before_it_is_split_into_tokens() -> None:
    encoder = E5Text()
    long = Segment(Span(0.0, 9.0), words=words_of("first " + "word " * 100_000 + "and then I cried"))
    track, words = encoder.prepare(long), encoder.words(long)
    assert track is not None
    assert words is not None
    assert len(track) == encoder.tokens
    assert words[1] == 0
    assert words[-2] == 100_004, "words keep their numbers"
    assert track.quality[1] == 100_005
