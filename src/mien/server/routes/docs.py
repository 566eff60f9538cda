"""A page about the routes, made from their OpenAPI document. The usual ones load scripts from elsewhere; this one has none."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from mien.server.routes.page import environment

router = APIRouter()


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """The page."""
    document = request.app.openapi()

    def resolved(schema: dict[str, Any]) -> dict[str, Any]:
        """What a schema refers to, or the schema itself."""
        place: dict[str, Any] = document
        for name in schema["$ref"].split("/")[1:] if "$ref" in schema else ():
            place = place[name]
        return place if "$ref" in schema else schema

    template = environment().get_template("docs.html")
    return HTMLResponse(template.render(api=document, resolved=resolved, kind=kind))


def kind(schema: dict[str, Any]) -> str:
    """What a schema allows, in a few words: its name, its values, or its type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " or ".join(dict.fromkeys(kind(s) for s in several if s.get("type") != "null"))
    if schema.get("format") == "binary" or "contentMediaType" in schema:
        return "file"
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    return str(schema.get("type", "any"))
