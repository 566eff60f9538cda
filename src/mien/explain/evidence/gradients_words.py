"""Which words spoke for a label: by slopes, on the way from empty embeddings to the words."""

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
    """Integrated gradients over the embeddings of the tokens; a word has the sum of its tokens.

    In the baseline every token of a word is padding, or zeros where the model has none; padding was chosen on validation data,
    beside zeros and the mark for a hidden word. Marks, and what was said before, stay as they are.
    """

    needs_run = True

    def weigh(self, question: Question, segment: Segment, pieces: Sequence[Piece]) -> Weighed:
        """What each word brings; words that were cut off bring nothing.

        Raises:
            InputError: the bundle's text encoder gives no tokens.
        """
        words = question.bundle.encoders["text"].words(segment)
        if words is None or segment.words is None:
            raise InputError("the text encoder of this bundle reads no single words; take occlusion_words")
        found = slopes(question.bundle).of_tokens(question.moment.tracks, words >= 0, (question.task, question.index))
        at = words[words >= 0] // phrase_length(len(segment.words))
        return Weighed.gathered(found.parts[words >= 0], at, len(pieces), found.total)
