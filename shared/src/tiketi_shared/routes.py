"""The URL table of a service: paths, who may call them, and their shapes.

A service's `web/routes.py` holds one list of `Route`s. The application's routes and the public
OpenAPI description are both made from it, so that they cannot differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from tiketi_shared.web import Handler

Access = Literal["anyone", "customer", "staff", "admin", "service"]
"""Who may call: `customer` is any session; `service` is another service and is not public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row. `answers` maps a status to the type of its body (None: no body, bytes: a file);
    error answers are problem documents and are named by status and codes in `problems`."""

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    handler: Handler
    summary: str
    access: Access = "customer"
    body: Any = None
    body_required: bool = True
    answers: Mapping[int, Any] = field(default_factory=lambda: {200: dict[str, Any]})
    problems: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    tag: str = ""


def add_routes(app: web.Application, routes: Iterable[Route]) -> None:
    for route in routes:
        app.router.add_route(route.method, route.path, route.handler)
