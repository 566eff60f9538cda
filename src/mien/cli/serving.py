"""The verb that serves: a REST interface and a page, on this machine unless told otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import llm as llm_options
from mien.cli.app import Asked, Asr, Bundled, Lang, Prior, Yes, app
from mien.cli.language import LANG
from mien.cli.progress import show

if TYPE_CHECKING:
    from mien.report.language import Language
    from mien.server.settings import Settings


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's need a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8000,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the secret that clients send; else MIEN_TOKEN.")
    ] = None,
    bundle: Bundled = "research",
    task: Asked = None,
    asr: Asr = "auto",
    prior: Prior = "even",
    workers: Annotated[int | None, typer.Option(help="Processes that read clips; else one for two cores.")] = None,
    live: Annotated[int, typer.Option(help="Live sessions at once, each with a process of its own.")] = 1,
    queue: Annotated[int, typer.Option(help="Jobs that may wait; more are refused.")] = 16,
    each: Annotated[
        int | None, typer.Option(help="Jobs and live sessions of one address at once; else half the queue if exposed.")
    ] = None,
    per_minute: Annotated[
        int | None, typer.Option(help="Requests of one address in a minute; else 600 if exposed.")
    ] = None,
    max_mb: Annotated[float, typer.Option(help="The largest upload, MB.")] = 500,
    max_minutes: Annotated[float, typer.Option(help="The longest clip, minutes.")] = 120,
    keep_minutes: Annotated[float, typer.Option(help="How long results are kept, minutes.")] = 60,
    keep_uploads: Annotated[
        bool, typer.Option("--keep-uploads", help="Keep clips as long as results; else they go when they are read.")
    ] = False,
    allow_origin: Annotated[list[str] | None, typer.Option(help="A site whose pages may call. Repeatable.")] = None,
    allow_host: Annotated[list[str] | None, typer.Option(help="A name of this server. Repeatable.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM file of TLS, with --key.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file with the key of the certificate.")] = None,
    llm: llm_options.Where = None,
    llm_model: llm_options.Named = "",
    llm_samples: llm_options.Samples = 5,
    llm_can: llm_options.Can = "",
    llm_frames: llm_options.FaceCount = 4,
    llm_deletions: llm_options.Deletions = False,
    llm_alone: llm_options.Alone = False,
    llm_blind: llm_options.Blind = False,
    llm_reason: llm_options.Reason = True,
    llm_calibration: llm_options.Fitted = None,
    open_vocabulary: llm_options.OpenWords = False,
    yes: Yes = False,
    lang: Lang = LANG,
) -> None:
    """Serve a page and a REST interface that read clips, on this machine and offline."""
    from mien.report.language import Language
    from mien.runtime.extras import needs_serve

    needs_serve()
    from mien.server.app import serve as run
    from mien.server.settings import Settings, token_of, usual_workers

    asked = llm_options.options(
        llm, llm_model, llm_samples, llm_can, llm_frames, llm_blind, llm_calibration, llm_reason
    )
    more = {"deletions": llm_deletions, "words": open_vocabulary, "alone": llm_alone}
    settings = Settings(
        host=host,
        port=port,
        token=token_of(token_file),
        bundle=bundle,
        asr=asr,
        task=task,
        prior=prior,
        workers=usual_workers() if workers is None else workers,
        live=live,
        queue=queue,
        each=each,
        per_minute=per_minute,
        max_bytes=round(max_mb * 1e6),
        max_seconds=60 * max_minutes,
        keep=60 * keep_minutes,
        keep_uploads=keep_uploads,
        origins=tuple(allow_origin or ()),
        hosts=tuple(allow_host or ()),
        certificate=certificate,
        key=key,
        llm=llm_options.agreed(asked, bundle, task, yes, lang, **more),
    )
    run(settings, lambda address: show(_serving(settings, Language(lang), address)))


def _serving(settings: Settings, say: Language, address: str) -> str:
    """Where the server is, and who gets what is sent to it."""
    if settings.llm is None:
        return say("terminal.serving", address=address)
    return say("terminal.serving_asking", address=address, model=settings.llm.model, place=settings.llm.where)


@app.command()
def mcp(
    root: Annotated[list[Path] | None, typer.Option(help="A folder that agents may read. Repeatable.")] = None,
    bundle: Bundled = "research",
    task: Asked = None,
    asr: Asr = "auto",
    prior: Prior = "even",
    llm: llm_options.Where = None,
    llm_model: llm_options.Named = "",
    llm_samples: llm_options.Samples = 5,
    llm_can: llm_options.Can = "",
    llm_frames: llm_options.FaceCount = 4,
    llm_alone: llm_options.Alone = False,
    llm_blind: llm_options.Blind = False,
    llm_calibration: llm_options.Fitted = None,
    open_vocabulary: llm_options.OpenWords = False,
    yes: Yes = False,
) -> None:
    """Let agents read files by the Model Context Protocol, on standard input and output."""
    from mien.runtime.extras import needs_mcp

    needs_mcp()
    from mien.pipeline import Analyzer
    from mien.server.agents.tools import run

    asked = llm_options.options(llm, llm_model, llm_samples, llm_can, llm_frames, llm_blind, llm_calibration)
    served = llm_options.agreed(asked, bundle, task, yes, words=open_vocabulary, alone=llm_alone)
    run(Analyzer(bundle, asr, task=task, prior=prior), root or [], served)
