"""The OpenAPI 3.1 description, generated from the services' route tables.

Shapes come from the msgspec types that the handlers really decode and encode, so the description
cannot say what the code does not do. Routes for services only (`access="service"`) are left out.
"""

import inspect
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from tiketi_shared.errors import PROBLEM_JSON
from tiketi_shared.routes import Route

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)}")

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable, snake_case."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}

_ALWAYS = {
    "customer": {401: ("unauthenticated",)},
    "staff": {401: ("unauthenticated",), 403: ("forbidden",)},
    "admin": {401: ("unauthenticated",), 403: ("forbidden",)},
    "anyone": {},
}
"""Problems that a route can answer because of who may call it."""


def document(routes: Iterable[Route], *, version: str) -> dict[str, Any]:
    """The description of every public route, in a stable order."""
    public = sorted(
        (route for route in routes if route.access != "service"),
        key=lambda route: (route.path, route.method),
    )
    types = [type_ for route in public for type_ in _types(route)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    schema_of = dict(zip(map(id, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in public:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    described = {
        "openapi": "3.1.0",
        "info": {
            "title": "Tiketi",
            "version": version,
            "description": "A fair virtual waiting room and a booking engine that never sells a "
            "seat twice.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM},
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "tiketi_session"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(described))
    return plain


def _types(route: Route) -> list[Any]:
    bodies = [type_ for type_ in route.answers.values() if type_ not in (None, bytes)]
    return bodies if route.body is None else [route.body, *bodies]


def _operation(route: Route, schema_of: dict[int, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "responses": _responses(route, schema_of),
    }
    if description := inspect.getdoc(route.handler):
        operation["description"] = description
    if route.tag:
        operation["tags"] = [route.tag]
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {
            "required": route.body_required,
            "content": {"application/json": {"schema": schema_of[id(route.body)]}},
        }
    if route.access != "anyone":
        operation["security"] = [{"cookie": []}, {"bearer": []}]
    operation["x-access"] = route.access
    return operation


def _operation_id(route: Route) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", route.path.removeprefix("/api")).strip("_")
    return f"{route.method.lower()}_{words}"


def _parameters(route: Route) -> list[dict[str, Any]]:
    text = {"type": "string"}
    path = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in _PARAMETER.findall(route.path)
    ]
    query = [
        {"name": name, "in": "query", "description": meaning, "schema": text}
        for name, meaning in route.query.items()
    ]
    headers = [
        {"name": name, "in": "header", "description": meaning, "schema": text}
        for name, meaning in route.headers.items()
    ]
    return path + query + headers


def _responses(route: Route, schema_of: dict[int, Any]) -> dict[str, Any]:
    responses: dict[int, Any] = {}
    for status, type_ in route.answers.items():
        responses[status] = {"description": route.summary}
        if type_ is not None:
            schema = {} if type_ is bytes else schema_of[id(type_)]
            responses[status]["content"] = {route.media_type: {"schema": schema}}
    problems = {**_ALWAYS[route.access], **route.problems}
    for status, codes in problems.items():
        responses[status] = {
            "description": ", ".join(codes),
            "content": {PROBLEM_JSON: {"schema": {"$ref": _REF.format(name="Problem")}}},
        }
    responses_by_text = {str(status): responses[status] for status in sorted(responses)}
    return {
        **responses_by_text,
        "default": {
            "description": "Any other refusal: malformed, too many, or a part is down.",
            "content": {PROBLEM_JSON: {"schema": {"$ref": _REF.format(name="Problem")}}},
        },
    }
