"""The OpenAPI document: schemathesis asks a real server whatever it allows, and much of what it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mien.report import explanation
from mien.report.exporters import json as timeline

from .running import Running

pytest.importorskip("fastapi", reason="needs the server: pip install 'mien[serve]'")
schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis: pip install 'mien[dev]'")
import hypothesis  # noqa: E402 - after the skips
from schemathesis.checks import CHECKS  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
# No schema says which bytes are media, so a body that fits the document may still be refused.
LEFT_OUT = ("positive_data_acceptance",)


@pytest.fixture(scope="module")
def document(server: Running) -> Any:
    return server.ask("GET", "/openapi.json").table


OPERATIONS = [
    ("get", "/"),
    ("get", "/static/{name}"),
    ("post", "/v1/analyze"),
    ("post", "/v1/explain"),
    ("get", "/v1/jobs/{id}"),
    ("delete", "/v1/jobs/{id}"),
    ("get", "/v1/jobs/{id}/events"),
    ("get", "/v1/jobs/{id}/result"),
    ("get", "/v1/version"),
    ("get", "/v1/bundles"),
    ("get", "/v1/bundles/{name}"),
    ("get", "/v1/bundles/{name}/card"),
    ("get", "/v1/schemas/{name}"),
    ("get", "/v1/live/schema"),
    ("post", "/v1/session"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
]


@pytest.fixture(scope="module")
def spec(server: Running) -> Any:
    return schemathesis.openapi.from_url(f"{server.address}/openapi.json")


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=" ".join)
def test_the_server_does_what_its_document_says(spec: Any, method: str, path: str) -> None:
    @hypothesis.settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=spec[path][method].as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(excluded_checks=[CHECKS.get_one(name) for name in LEFT_OUT], timeout=60)

    ask()


def test_all_operations_are_asked(document: Any) -> None:
    assert {(m, path) for path, routes in document["paths"].items() for m in routes} == set(OPERATIONS)


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
