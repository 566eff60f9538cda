"""Finds which words supported a label, by gradients between empty embeddings and the words."""

from __future__ import annotations

from collections.abc import Sequence

from mien.errors import InputError
from mien.explain.evidence.base import Weighed, explainers
from mien.explain.evidence.occlusion_words import WordOcclusion, phrase_length
from mien.explain.question import Question
from mien.explain.slopes import slopes
from mien.explanation import Piece
from mien.types import Segment


@explainers.register
class WordGradients(WordOcclusion):
    """Integrated gradients (Sundararajan et al. 2017, arXiv 1703.01365) over the embeddings of the tokens.

    The weight of a word is the sum over its tokens. In the baseline every token of a word is the padding token, or zeros when
    the model has none. On validation data, padding was better than zeros and than the mask token. Special tokens, and what
    was said before, stay as they are.
    """

    needs_run = True

    def weigh(self, question: Question, segment: Segment, pieces: Sequence[Piece]) -> Weighed:
        """The weight of each word. Words that the encoder cut off have the weight 0.

        Raises:
            InputError: the bundle's text encoder gives no tokens, or see ``explain.slopes``.
        """
        words = question.bundle.encoders["text"].words(segment)
        if words is None or segment.words is None:
            raise InputError("the text encoder of this bundle reads no single words; take occlusion_words")
        found = slopes(question.bundle).of_tokens(question.moment.tracks, words >= 0, (question.task, question.index))
        at = words[words >= 0] // phrase_length(len(segment.words))
        return Weighed.gathered(found.parts[words >= 0], at, len(pieces), found.total)
