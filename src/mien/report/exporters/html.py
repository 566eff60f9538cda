"""HTML: one self-contained page that opens offline in any browser."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from mien.explanation import Explanation
from mien.report.exporters.base import exporters
from mien.report.page import shell, view
from mien.report.page.media import Media
from mien.report.page.palette import SIGNS
from mien.report.page.words import Language
from mien.timeline import Timeline

_SCRIPTS = ("core.js", "charts.js", "evidence.js", "moment.js", "page.js")


@exporters.register
def write_html(
    timeline: Timeline, *, lang: str = "en", media: Media | None = None, explained: Sequence[Explanation | None] = ()
) -> str:
    """The whole page: markup, style, script, data and the code of Plotly; it loads nothing but the clip.

    Words and names are escaped by the template and, in the data, by JSON; and should one get through, the page's
    Content-Security-Policy runs only the scripts whose hashes it names. The same timeline gives the same bytes.

    Args:
        timeline: what is reported.
        lang: "en" or "zh".
        media: the clip; ``None`` when there is none to play.
        explained: explanations, one for each prediction; empty or ``None`` where there is none.

    Raises:
        InputError: if there is no such language.
        ImportError: if Jinja2 or Plotly is not installed (``mien.runtime.extras.needs_report`` says how).
    """
    say = Language(lang, timeline.task)
    shown = view.page(timeline, say, media, explained)
    environment = shell.environment("mien.report")
    style = environment.get_template("report.css").render(labels=shown["labels"], modalities=shown["modalities"])
    script = "\n".join(_source(name) for name in _SCRIPTS)
    page = environment.get_template("report.html")
    return page.render(
        **shown,
        say=say,
        signs=SIGNS,
        data=view.data(timeline, say, media, explained),
        style=style,
        script=script,
        plotly=shell.plotly(),
        places=shell.places(),
        policy=shell.policy(
            [shell.hash_of(script), shell.plotly_hash()], [shell.hash_of(style), shell.hash_of("")], _clip(media)
        ),
    )


def _clip(media: Media | None) -> str:
    """Where the clip comes from, for the page's policy."""
    return "" if media is None else "blob:" if media.content else "'self' file:" if media.url else ""


def _source(name: str) -> str:
    return files("mien.report").joinpath("templates", name).read_text(encoding="utf-8")
