"""Writes one self-contained HTML page that opens offline in any browser."""

from __future__ import annotations

from collections.abc import Sequence

from mien.explanation import Explanation
from mien.report.exporters.base import Export, Exporter, exporters
from mien.report.language import Language
from mien.report.page import script, shell, view
from mien.report.page.media import Media
from mien.report.page.palette import PATTERNS, SIGNS
from mien.runtime.extras import needs_page
from mien.timeline import Timeline

_SCRIPTS = ("core.js", "charts.js", "faces.js", "evidence.js", "moment.js", "page.js")


@exporters.register
class Html(Exporter):
    """A page with the clip, charts, a transcript and explanations; see ``write_html``."""

    endings = ("html", "htm")
    plays = True
    explains = True

    def check(self, lang: str) -> None:
        """See the base class."""
        needs_page()
        Language(lang)

    def write(self, export: Export) -> str:
        """See the class."""
        return write_html(export.timeline, lang=export.lang, media=export.media, explained=export.explained)


def write_html(
    timeline: Timeline, *, lang: str = "en", media: Media | None = None, explained: Sequence[Explanation | None] = ()
) -> str:
    """The whole page: markup, style, scripts and data; see ``shell.render``.

    Args:
        timeline: the answers.
        lang: "en" or "zh".
        media: the clip; ``None`` when there is no clip to play.
        explained: an explanation for each prediction, or ``None`` in its place; empty when nothing was explained.

    Raises:
        InputError: there is no such language.
        ImportError: Jinja2 is not installed; see ``mien.runtime.extras.needs_page``.
    """
    say = Language(lang, timeline.task)
    return shell.render(
        "report.html",
        styles=("report.css",),
        scripts=_SCRIPTS,
        clip=_clip(media),
        **vars(view.page(timeline, say, media, explained)),
        data=script.data(timeline, say, media, explained),
        lang=say.code,
        kicker=say("page.kicker"),
        say=say,
        signs=SIGNS,
        patterns=PATTERNS,
    )


def _clip(media: Media | None) -> str:
    """The source of the clip, as the page's Content-Security-Policy names it; "" when there is no clip."""
    return "" if media is None else "blob:" if media.content else "'self' file:" if media.url else ""
