"""The page about the routes: it holds all of them, and loads nothing from elsewhere."""

from __future__ import annotations

import re

import pytest

from .running import Running

pytest.importorskip("fastapi", reason="needs the server: pip install 'mien[serve]'")
from mien.server.routes.docs import kind


@pytest.mark.slow
def test_every_route_is_on_the_page_and_nothing_comes_from_elsewhere(server: Running) -> None:
    answer = server.ask("GET", "/docs")
    page = answer.body.decode()
    assert answer.status == 200
    document = server.ask("GET", "/openapi.json").table
    for path, routes in document["paths"].items():
        for method, route in routes.items():
            assert f"{method.upper()} {path}" in page
            assert route["operationId"] in page
    assert set(re.findall(r'(?:src|href)="([^"]+)"', page)) == {"/static/page.css", "data:,", "/", "/openapi.json"}
    assert "<script" not in page
    for field in ("subtitles", "forms", "Timeline", "Problem"):
        assert field in page


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "#/components/schemas/Timeline"}, "Timeline"),
        ({"type": "array", "items": {"type": "string"}}, "list of string"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number"),
        ({"enum": ["en", "zh"]}, "en | zh"),
        ({"type": "string", "format": "binary"}, "file"),
    ],
)
def test_kinds_are_said_in_a_few_words(schema: dict[str, object], said: str) -> None:
    assert kind(schema) == said
