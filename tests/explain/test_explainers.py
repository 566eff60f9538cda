"""Every explainer: what is left out is gone, what is kept stays, and weights are what they are said to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.explain.evidence.base import Explainer, Weighed, explainers
from mien.explain.evidence.occlusion_face import FaceOcclusion
from mien.explain.evidence.occlusion_sound import SoundOcclusion
from mien.explain.evidence.occlusion_words import WordOcclusion
from mien.explain.faithfulness import faithfulness_of
from mien.explain.question import Moment, Question
from mien.media.written import sentence_segments
from mien.runtime import devices
from mien.types import Modality, Segment, Span, Track, Word, Words


@pytest.mark.parametrize("name", [n for n in explainers.names() if not explainers.build({"name": n}).needs_run])
def test_parts_cover_the_input_and_are_gone_when_left_out(name: str, question: Question) -> None:
    explainer, segment = explainers.build({"name": name}), question.moment.segment
    pieces = explainer.pieces(segment)
    none, some = np.zeros(len(pieces), bool), np.arange(len(pieces)) == 1
    assert explainer.without(segment, ~none) is None
    assert explainer.pieces(Segment(segment.span)) == ()
    values = question.ask(explainer.modality, [explainer.without(segment, row) for row in (none, some, ~none)])
    others = frozenset(question.moment.tracks) - {explainer.modality}
    at = list(question.bundle.tasks[0].labels).index(question.label)
    assert values[2] == pytest.approx(question.moment.answer.subsets[others]["emotion"][at])
    assert values[0] != values[1]
    again = explainers.build({"name": name}).explain(question)
    assert again == explainer.explain(question), "the same each time"


@pytest.mark.parametrize("name", ["occlusion_words", "occlusion_sound"])
def test_the_whole_is_the_answer(name: str, question: Question) -> None:
    explainer = explainers.build({"name": name})
    segment = question.moment.segment
    none = np.zeros(len(explainer.pieces(segment)), bool)
    (value,) = question.ask(explainer.modality, [explainer.without(segment, none)])
    at = list(question.bundle.tasks[0].labels).index(question.label)
    assert value == pytest.approx(question.bundle.fuse({m: question.bundle.encode(m, [t]) for m, t in question.moment.tracks.items()})[0]["emotion"][0, at], abs=1e-5)  # fmt: skip  # noqa: E501 - one line is clearer


def about(text: str, label: str) -> Question:
    bundle = Bundle.load("research")
    (segment,) = sentence_segments(text)
    track = bundle.encoders["text"].prepare(segment)
    assert track is not None
    moment = Moment(
        segment,
        {"text": track},
        bundle.answer({"text": track}),
        lambda m, s: bundle.encoders[m].prepare(s),
        bundle.tasks[0],
    )
    return Question(bundle, moment, label)


def test_the_word_that_matters_weighs_most() -> None:
    evidence = WordOcclusion().explain(about("I am so happy that you came", "happy"))
    assert evidence is not None
    weights = {p.text: p.weight for p in evidence.pieces}
    assert max(weights, key=lambda w: weights[w]) == "happy"
    assert weights["happy"] > 0.5
    against = WordOcclusion().explain(about("I am so happy that you came", "sad"))
    assert against is not None
    assert min(against.pieces, key=lambda p: p.weight).text == "happy"


def test_weights_come_from_both_ends() -> None:
    question = about("very happy today", "happy")
    explainer, segment = WordOcclusion(), question.moment.segment
    rows = np.asarray([[0, 0, 0], [0, 1, 0], [1, 0, 1], [1, 1, 1]], bool)
    whole, less, more, nothing = question.ask("text", [explainer.without(segment, r) for r in rows])
    weights = explainer.weigh(question, segment, explainer.pieces(segment)).weights
    assert weights[1] == pytest.approx(((whole - less) + (more - nothing)) / 2, abs=0.01), (
        "an int8 graph rounds by what else is in the batch"
    )
    assert nothing == pytest.approx(1 / 7, abs=1e-6)


def test_a_long_text_is_taken_in_phrases() -> None:
    words = tuple(Word(f"w{i}", Span(i, i + 1)) for i in range(90))
    segment = Segment(Span(0, 90), words=Words(words))
    pieces = WordOcclusion().pieces(segment)
    assert len(pieces) == 30
    assert pieces[1].text == "w3 w4 w5"
    kept = WordOcclusion().without(segment, np.arange(30) > 0)
    assert kept is not None
    assert kept.words is not None
    assert kept.words.text == "w0 w1 w2"


def test_a_moment_of_the_voice_becomes_background(question: Question) -> None:
    explainer, segment = SoundOcclusion(), question.moment.segment
    pieces = explainer.pieces(segment)
    assert segment.audio is not None
    assert pieces[0].span is not None
    assert pieces[0].band == (0.0, 500.0)
    first = np.asarray([p.span == pieces[0].span for p in pieces])
    changed = explainer.without(segment, first)
    assert changed is not None
    assert changed.audio is not None
    edge = round(pieces[0].span.duration * 16_000)
    before, after = segment.audio.samples, changed.audio.samples
    assert np.abs(after[edge + 400 :] - before[edge + 400 :]).max() < 1e-5, "the rest is as it was"
    assert after[: edge - 400].std() < 0.3 * before[: edge - 400].std()


def test_a_region_of_the_face_loses_its_features(question: Question) -> None:
    explainer, segment = FaceOcclusion(), question.moment.segment
    gone = np.arange(49) == 24
    changed = explainer.without(segment, gone)
    whole = explainer.without(segment, np.zeros(49, bool))
    assert changed is not None
    assert whole is not None
    assert changed.frames is not None
    assert whole.frames is not None
    assert len(whole.frames) == 3
    different = (changed.frames.pixels != whole.frames.pixels).any(axis=(0, 3))
    assert different[50:62, 50:62].mean() > 0.9
    different[48:64, 48:64] = False
    assert not different.any()


class Liar(WordOcclusion):
    """Says the opposite of what is so."""

    def weigh(self, question: Question, segment: Segment, pieces):  # type: ignore[no-untyped-def]  # as in the base class
        return Weighed(-super().weigh(question, segment, pieces).weights)


def test_faithfulness_tells_an_honest_explainer_from_a_liar() -> None:
    question = about("I went there and was so happy that they had a cake for me", "happy")

    def gains(explainer: Explainer) -> tuple[float, float]:
        found = faithfulness_of(explainer, question, seed=0)
        assert found is not None
        return found.random_deletion - found.deletion, found.insertion - found.random_insertion

    assert min(gains(WordOcclusion())) > 0.1
    assert max(gains(Liar())) < 0.0
    assert faithfulness_of(WordOcclusion(), about("happy day", "happy"), seed=0) is None


def test_quality_stays_as_it_was(question: Question) -> None:
    asked = []
    bundle = question.bundle
    moment = replace(
        question.moment, prepare=lambda m, s: asked.append(m) or bundle.encoders[m].prepare(s)  # type: ignore[func-returns-value]  # a spy
    )  # fmt: skip
    one = Question(bundle, moment, question.label)
    track = one.track("text", replace(moment.segment, words=Words(moment.segment.words.items[:1], "en")))  # type: ignore[union-attr]  # it has words
    assert track is not None
    assert track.quality.tolist() == moment.tracks["text"].quality.tolist()
    assert asked == ["text"]


def test_the_unchanged_input_has_the_probability_that_was_shown_while_a_guard_goes_off() -> None:
    question = about("Lubię czytać przed snem.", "neutral")
    assert question.moment.answer.temperature > 1
    unchanged, gone = question.ask("text", [question.moment.segment, None])
    assert unchanged == pytest.approx(question.moment.answer.scores["emotion"][question.index], abs=1e-5)
    assert gone == pytest.approx(question.moment.answer.subsets[frozenset()]["emotion"][question.index], abs=1e-6)


def test_answers_do_not_depend_on_the_size_of_batches(question: Question, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which depends on the device. The graphs run on the CPU here. Numbers of 8 bits are scaled over the batch: hence 0.001."""
    whole, sizes = question.moment.segment, list[int]()
    assert whole.words is not None
    asked = [replace(whole, words=replace(whole.words, items=whole.words.items[:n])) for n in (1, 2, 3, 2, 1)]
    encode = question.bundle.encode

    def counted(modality: Modality, tracks: Sequence[Track]) -> EncodedTracks:
        sizes.append(len(tracks))
        return encode(modality, tracks)

    monkeypatch.setattr(question.bundle, "encode", counted)
    found = {}
    for size in (1, 2, 32):
        monkeypatch.setitem(devices.BATCHES, "cpu", size)
        sizes.clear()
        found[size] = question.ask("text", asked)
        assert max(sizes) == min(size, len(asked))
    assert found[1] == pytest.approx(found[32], abs=5e-3)
    assert found[2] == pytest.approx(found[32], abs=5e-3)
