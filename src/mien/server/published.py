"""The published JSON schemas as part of the OpenAPI document, so that nobody writes them down a second time."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from mien.report import explanation
from mien.report.exporters import json as timeline
from mien.server.problems import PROBLEM, Problem

TIMELINE, EXPLANATION = "Timeline", "Explanation"
_COMPONENTS = "#/components/schemas/"


def referred(name: str) -> dict[str, str]:
    """A reference to a schema of the document."""
    return {"$ref": _COMPONENTS + name}


def components() -> dict[str, Any]:
    """The published schemas as components. Their inner definitions become components too."""
    found: dict[str, Any] = {"Problem": Problem.model_json_schema()}
    for name, published in ((TIMELINE, timeline.schema()), (EXPLANATION, explanation.schema())):
        text = json.dumps(published)
        for inner in published.get("$defs", {}):
            text = text.replace(f'"#/$defs/{inner}"', f'"{_COMPONENTS}{name}_{inner}"')
        schema = json.loads(text)
        found |= {f"{name}_{inner}": table for inner, table in schema.pop("$defs", {}).items()}
        schema.pop("$schema")
        found[name] = schema
    return found


def install(app: FastAPI, token: bool) -> None:
    """Makes the application give an OpenAPI document with the published schemas.

    Args:
        app: the application.
        token: whether clients have to send a token.
    """

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                summary=app.summary,
            )
            found.setdefault("components", {}).setdefault("schemas", {}).update(components())
            for path in found["paths"].values():
                for operation in path.values():
                    _mend(operation["responses"])
            if token:
                schemes = {"token": {"type": "http", "scheme": "bearer"}}
                found["components"]["securitySchemes"], found["security"] = schemes, [{"token": []}]
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's documentation says


def _mend(responses: dict[str, Any]) -> None:
    """Gives errors the schema of a problem. FastAPI describes its own form of 422, which this server does not use."""
    responses.pop("422", None)
    for status in ("4XX", "5XX"):
        if status in responses:
            responses[status]["content"] = {PROBLEM: {"schema": referred("Problem")}}
