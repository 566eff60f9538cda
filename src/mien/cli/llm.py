"""The options about language models, and the question before anything leaves this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.language import LANG
from mien.errors import InputError

if TYPE_CHECKING:
    from mien.llms.base import Llm
    from mien.llms.opinion.asker import Asker
    from mien.workflows.llms.ask import LlmOptions

Where = Annotated[
    str | None,
    typer.Option(
        "--llm", help="Also ask a language model: an OpenAI-compatible address ending in /v1, or transformers."
    ),
]
Named = Annotated[str, typer.Option("--llm-model", help="Its name on the server, or its folder or .gguf file.")]
Samples = Annotated[
    int, typer.Option("--llm-samples", help="Answers to each question; 0 for the token probabilities of one answer.")
]
Can = Annotated[
    str,
    typer.Option("--llm-can", help="What it can do: image,audio,json_schema,logprobs or none; else it is found out."),
]
FaceCount = Annotated[int, typer.Option("--llm-frames", help="Most pictures of a face that are sent for each moment.")]
Deletions = Annotated[
    bool, typer.Option("--llm-deletions", help="Ask again without words, voice and face: what does it really use?")
]
Alone = Annotated[bool, typer.Option("--llm-alone", help="Its answer stands alone; else it joins the small models.")]
Blind = Annotated[bool, typer.Option("--llm-blind", help="Do not tell it what the small models measured.")]
Reason = Annotated[
    bool, typer.Option("--llm-reason/--no-llm-reason", help="Ask for its reason; or do not, which is cheaper.")
]
Fitted = Annotated[Path | None, typer.Option("--llm-calibration", help="A file of mien calibrate --llm.")]
OpenWords = Annotated[bool, typer.Option("--open-vocabulary", help="Also ask it for free words for the emotions.")]
Again = Annotated[
    bool,
    typer.Option("--llm-agreement", help="Also ask with other seeds and in other words: how far do its answers agree?"),
]
Most = Annotated[int | None, typer.Option("--llm-limit", help="Most clips of each set that it is asked about.")]


def options(
    where: str | None,
    model: str,
    samples: int,
    can: str,
    frames: int,
    blind: bool,
    calibration: Path | None = None,
    reason: bool = True,
) -> LlmOptions | None:
    """What the options say; ``None`` where no language model is to be asked.

    Raises:
        InputError: a number is below 0, or there are options without ``--llm``.
    """
    from mien.llms.opinion.asker import HowToAsk
    from mien.workflows.llms.ask import LlmOptions

    if where is None:
        if model or can or calibration or blind:
            raise InputError("options about a language model go with --llm, which says where it is")
        return None
    if samples < 0 or frames < 0:
        raise InputError("--llm-samples and --llm-frames are 0 or more")
    how = HowToAsk(samples=samples, frames=frames, blind=blind, reason=reason)
    return LlmOptions(where, model, how, can, calibration=calibration)


@contextmanager
def asking(
    given: LlmOptions | None,
    labels: tuple[str, ...],
    yes: bool,
    lang: str = LANG,
    deletions: bool = False,
    words: bool = False,
    alone: bool = False,
    again: bool = False,
) -> Iterator[Asker | None]:
    """What asks the language model, open as long as the block; ``None`` without one.

    A server elsewhere is contacted only after the user agreed.

    Raises:
        InputError: the user did not agree, or the server, the model or an option cannot be used.
    """
    if given is None:
        if deletions or words or alone or again:
            raise InputError("options about a language model go with --llm, which says where it is")
        yield None
        return
    from mien.llms.opinion.asker import Asker
    from mien.workflows.llms.ask import llm_of

    how = replace(given.how, deletions=deletions, words=words, alone=alone)
    llm = llm_of(given)
    try:
        if llm.remote and not yes:
            _agreed(llm, given, lang)
        yield Asker(llm, labels, how, given.calibration)
    finally:
        llm.close()


def agreed(
    given: LlmOptions | None, bundle: str, task: str | None, yes: bool, lang: str = LANG, **how: bool
) -> LlmOptions | None:
    """The options of a language model that a server may ask from now on; ``None`` without one.

    It was reached once, and the user agreed where it is elsewhere.

    Raises:
        InputError: see ``asking``.
    """
    from mien.bundle.answer import single
    from mien.bundle.load import load

    labels = () if given is None else single(load(bundle).table.tasks, task).labels
    with asking(given, labels, yes, lang, **how):
        return None if given is None else replace(given, how=replace(given.how, **how))


def _agreed(llm: Llm, options: LlmOptions, lang: str) -> None:
    from mien.report.language import Language
    from mien.report.terminal.harmless import harmless

    kinds = ["transcript"] + (["measured"] if not options.how.blind else []) + (["faces"] if options.how.frames else [])
    say = Language(lang)
    parts = say("numbers.comma").join(say(f"llm.{kind}") for kind in [*kinds, "sound"])
    line = harmless(say("llm.leaves", place=llm.place, model=llm.model, parts=parts))
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(f"{line}; --yes agrees to that")
    if not typer.confirm(f"{line}. {say('llm.agree')}", err=True):
        raise InputError("nothing was sent; name a server on this machine with --llm")
