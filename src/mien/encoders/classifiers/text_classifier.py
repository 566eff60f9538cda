"""Any text classifier of transformers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mien.emotions import EMOTIONS
from mien.encoders._front.classifier import ClassifierEncoder
from mien.encoders.base import encoders
from mien.encoders.text_hf import PretrainedText


@encoders.register
class TextClassifier(ClassifierEncoder, PretrainedText):
    """A model that ``AutoModelForSequenceClassification`` loads: BERT, RoBERTa, DeBERTa, XLM-R, ...

    The tokens are those of ``text_hf``, the state is one row for the utterance.

    Args:
        model: a folder as transformers saves it, or the name of a hub model.
        labels: {label of the classifier: label of the task}; several may stand for one.
        left_out: the labels of the classifier that stand for none.
        answers: the labels of the task, in its order.
        learn: whether its weights learn.
        tokens, context, tokenizer: see ``text_hf``; classifiers mostly learned from single sentences, without context.
        front: see ``PretrainedEncoder``.
    """

    def __init__(
        self,
        model: str,
        labels: Mapping[str, str],
        left_out: Sequence[str] = (),
        answers: Sequence[str] = EMOTIONS,
        learn: bool = False,
        tokens: int = 128,
        context: int = 0,
        tokenizer: str = "",
        front: Mapping[str, Any] | None = None,
    ) -> None:
        PretrainedText.__init__(
            self, model, learn=learn, tokens=tokens, context=context, tokenizer=tokenizer, front=front
        )
        self.means(labels, left_out, answers)
