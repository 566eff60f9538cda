"""The verb that explains one answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli import llm as llm_options
from mien.cli.app import Asked, Asr, Bundled, Hours, Lang, Out, Prior, SoundTrack, Voices, Yes, app, cutting
from mien.cli.language import LANG
from mien.cli.progress import followed


@app.command()
def explain(
    clip: Annotated[Path | None, typer.Argument(help="Video, sound, picture, .txt, .srt or .vtt.")] = None,
    at: Annotated[float | None, typer.Option(help="Seconds from the start; without it, the clearest moment.")] = None,
    label: Annotated[str | None, typer.Option(help="Explain this label instead of the answer.")] = None,
    who: Annotated[str | None, typer.Option(help="The person, as person-2, where several are in view.")] = None,
    text: Annotated[str | None, typer.Option(help="The words, instead of a file or of speech recognition.")] = None,
    subtitles: Annotated[
        Path | None, typer.Option(help=".srt, .vtt, .ass, or `embedded`, instead of speech recognition.")
    ] = None,
    bundle: Bundled = "research",
    task: Asked = None,
    asr: Asr = "auto",
    voices: Voices = True,
    track: SoundTrack = None,
    hours: Hours = None,
    prior: Prior = "even",
    explainer: Annotated[list[str] | None, typer.Option(help="Take this one instead; may be given again.")] = None,
    llm: llm_options.Where = None,
    llm_model: llm_options.Named = "",
    llm_samples: llm_options.Samples = 5,
    llm_can: llm_options.Can = "",
    llm_frames: llm_options.FaceCount = 4,
    llm_blind: llm_options.Blind = False,
    llm_calibration: llm_options.Fitted = None,
    open_vocabulary: llm_options.OpenWords = False,
    yes: Yes = False,
    json: Out = None,
    lang: Lang = LANG,
) -> None:
    """Say why one moment was answered as it was: contributions, evidence, and the way from input to answer."""
    from rich.console import Console

    from mien.explain.path import build
    from mien.pipeline import Analyzer
    from mien.report.explanation import write_json
    from mien.report.terminal.explanation import render
    from mien.workflows.explain_clip import explain_moment
    from mien.workflows.outputs import check_outputs, put

    if json is not None:
        check_outputs({"json": json}, [p for p in (clip, subtitles) if p is not None])
    parts = build(explainer) if explainer else None
    given = {"text": text, "subtitles": subtitles, "at": at, "who": who, "label": label, "parts": parts}
    analyzer = Analyzer(bundle, asr, cutting(voices, track, hours), task, prior)
    asked = llm_options.options(llm, llm_model, llm_samples, llm_can, llm_frames, llm_blind, llm_calibration)
    with llm_options.asking(asked, analyzer.task.labels, yes, lang, asked is not None, open_vocabulary) as asker:
        found = followed(explain_moment(analyzer, clip, asker=asker, **given))  # type: ignore[arg-type]  # as the options are typed
    if json is None:
        Console().print(render(found, lang))
    else:
        put(json, write_json(found))
