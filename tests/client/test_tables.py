"""The types of the client are those of the published schemas."""

from __future__ import annotations

from typing import Any

import pytest

from mien.client import Client, Explained, Segment, Timeline
from mien.client.tables import Emotion, Summary
from mien.errors import InputError
from mien.report import explanation
from mien.report.exporters import json as timeline

PUBLISHED = timeline.schema()
SEGMENT = PUBLISHED["$defs"]["segment"]
TABLES: list[tuple[Any, Any]] = [
    (Timeline, PUBLISHED),
    (Segment, SEGMENT),
    (Emotion, SEGMENT["properties"]["emotion"]),
    (Summary, PUBLISHED["properties"]["summary"]),
    (Explained, explanation.schema()),
]


@pytest.mark.parametrize(("table", "schema"), TABLES, ids=[t.__name__ for t, _ in TABLES])
def test_keys_are_those_of_the_schema(table: Any, schema: Any) -> None:
    assert table.__required_keys__ == set(schema["required"])
    assert table.__optional_keys__ <= set(schema["properties"]) - set(schema["required"])


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "file:///etc/passwd", "ftp://x", ""])
def test_an_address_that_is_none_has_a_sentence(address: str) -> None:
    with pytest.raises(InputError, match="is no address of a server"):
        Client(address)


def test_no_server_has_a_sentence() -> None:
    with pytest.raises(InputError, match=r"no server answers at http://127\.0\.0\.1:9 .* start one with: mien serve"):
        Client("http://127.0.0.1:9").version()
