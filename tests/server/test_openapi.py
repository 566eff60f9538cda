"""The OpenAPI document: schemathesis asks a real server whatever it allows, and much of what it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from mien.report import explanation
from mien.report.exporters import json as timeline

from ..conftest import ROOT
from .running import Running

pytest.importorskip("fastapi", reason="needs the server: pip install 'mien[serve]'")
pytest.importorskip("schemathesis", reason="needs schemathesis: pip install 'mien[dev]'")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def document(server: Running) -> Any:
    return server.ask("GET", "/openapi.json").table


def test_the_server_does_what_its_document_says(server: Running, document: Any) -> None:
    command = [sys.executable, "-m", "tests.server.asking", server.address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    wrong = json.loads(done.stdout)
    asked = {f"{method} {path}" for path, routes in document["paths"].items() for method in routes}
    assert wrong == dict.fromkeys(asked, "")


def test_results_have_the_published_schemas(document: Any) -> None:
    schemas = document["components"]["schemas"]
    for name, published in (("Timeline", timeline.schema()), ("Explanation", explanation.schema())):
        assert schemas[name]["required"] == published["required"]
        assert set(schemas[name]["properties"]) == set(published["properties"])
        assert {f"{name}_{inner}" for inner in published["$defs"]} <= set(schemas)
    answers = document["paths"]["/v1/analyze"]["post"]["responses"]
    assert answers["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Timeline"}


def test_the_document_refers_to_nothing_that_is_not_there(document: Any) -> None:
    text = json.dumps(document)
    assert "#/$defs" not in text
    for name in {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in document["components"]["schemas"], name


def test_every_route_says_what_it_does(document: Any) -> None:
    for path, routes in document["paths"].items():
        for method, route in routes.items():
            assert route["description"], (path, method)
            assert "4XX" in route["responses"], (path, method)
