"""What every service's HTTP has in common: request ids, identity, errors, metrics, JSON.

`create_base_app` makes an application with `/healthz`, `/readyz` and `/metrics`; handlers raise
`TiketiError`s and hold no `try`. A request id comes from `X-Request-Id` or is made here, is bound
to the logs and goes back in the answer.
"""

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any, TypeVar

import msgspec
import structlog
from aiohttp import web
from prometheus_client import REGISTRY, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from tiketi_shared import errors
from tiketi_shared.decoding import check_encoding, decode_json
from tiketi_shared.health import READINESS, Readiness, healthz, readyz
from tiketi_shared.logs import get_logger
from tiketi_shared.tokens import Identity, KeyRing, TokenError
from tiketi_shared.tracing import TRACEPARENT, span

IDENTITY_HEADER = "X-Tiketi-Identity"
REQUEST_ID_HEADER = "X-Request-Id"

IDENTITY_KEYS: web.AppKey[KeyRing] = web.AppKey("IDENTITY_KEYS")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")

log = get_logger(__name__)

REQUESTS = Counter("tiketi_requests_total", "Requests answered.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "tiketi_request_duration_seconds",
    "Time to answer a request.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10),
)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def create_base_app(identity_keys: KeyRing, *, max_body_bytes: int = 64 * 1024) -> web.Application:
    """An application with the shared middleware and the three operational routes."""
    app = web.Application(middlewares=[_shell], client_max_size=max_body_bytes)
    app[READINESS] = Readiness()
    app[IDENTITY_KEYS] = identity_keys
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


async def metrics(_: web.Request) -> web.Response:
    return web.Response(
        body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


def request_id_of(header: str | None) -> str:
    """The request id that the caller sent, if it is well-formed; otherwise a new one."""
    return header if header and _REQUEST_ID.fullmatch(header) else secrets.token_hex(8)


def identity_of(request: web.Request) -> Identity:
    """The caller. Raises Unauthenticated without a valid signed identity."""
    token = request.headers.get(IDENTITY_HEADER)
    if token is None:
        raise errors.Unauthenticated("sign in first")
    try:
        return request.app[IDENTITY_KEYS].verify(Identity, token, time.time())
    except TokenError as error:
        raise errors.Unauthenticated(f"the identity is not valid: {error}") from error


def require_role(request: web.Request, *roles: str) -> Identity:
    """The caller, who must have one of `roles`. Raises Unauthenticated or Forbidden."""
    identity = identity_of(request)
    if identity.role not in roles:
        raise errors.Forbidden(f"this call requires the role {' or '.join(roles)}")
    return identity


def header(request: web.Request, name: str) -> str | None:
    """The header's value, None without one. Raises BadRequest for what is not printable ASCII."""
    value = request.headers.get(name)
    if value is not None and not (value.isascii() and value.isprintable()):
        raise errors.BadRequest(f"the header {name} is not printable ASCII")
    return value


async def read_json(request: web.Request, type_: type[T], *, required: bool = True) -> T:
    """The body as `type_`; an absent body counts as `{}` unless `required`.

    Raises BadRequest when the body is not JSON, and Invalid (naming the field) when its shape is
    wrong.
    """
    body = await request.read()
    return decode_json(body if body or required else b"{}", type_)


def json_response(
    content: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """`content` (anything msgspec encodes; bytes are taken as encoded already) as JSON."""
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


def problem_response(error: errors.TiketiError, request_id: str) -> web.Response:
    headers = {}
    if error.retry_after_header is not None:
        headers["Retry-After"] = str(error.retry_after_header)
    return web.Response(
        body=msgspec.json.encode(error.problem(request_id)),
        status=error.status,
        headers=headers,
        content_type=errors.PROBLEM_JSON,
    )


@web.middleware
async def _shell(request: web.Request, handler: Handler) -> web.StreamResponse:
    started = time.perf_counter()
    request_id = request_id_of(request.headers.get(REQUEST_ID_HEADER))
    structlog.contextvars.bind_contextvars(request_id=request_id)
    route = _route_of(request)
    parent = request.headers.get(TRACEPARENT, "")
    with span(f"{request.method} {route}", "server", parent) if parent else nullcontext():
        response = await _answer(request, handler, request_id)
    REQUESTS.labels(route, request.method, response.status).inc()
    REQUEST_SECONDS.labels(route).observe(time.perf_counter() - started)
    if not response.prepared:
        response.headers[REQUEST_ID_HEADER] = request_id
    return response


async def _answer(request: web.Request, handler: Handler, request_id: str) -> web.StreamResponse:
    try:
        check_encoding(request.headers.get("Content-Encoding"))
        return await handler(request)
    except errors.TiketiError as error:
        return problem_response(error, request_id)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _from_http(error, request_id)
    except Exception as error:
        if _is_cut_body(request, error):
            cut = errors.BadRequest(f"the body could not be read: {error}")
            return problem_response(cut, request_id)
        log.exception("request failed", method=request.method, path=request.path)
        return problem_response(errors.TiketiError(), request_id)


def _is_cut_body(request: web.Request, error: Exception) -> bool:
    """Whether the client sent a malformed body, or went away in the middle of it."""
    gone = isinstance(error, ConnectionResetError) and request.transport is None
    return gone or isinstance(error, web.RequestPayloadError)


def _from_http(error: web.HTTPException, request_id: str) -> web.Response:
    """aiohttp's own refusals (no such route, wrong method, too large) as problem documents."""
    code = "too_large" if error.status == 413 else error.reason.lower().replace(" ", "_")
    allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return web.Response(
        body=msgspec.json.encode(errors.problem(error.status, code, "", request_id)),
        status=error.status,
        headers=allow,
        content_type=errors.PROBLEM_JSON,
    )


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"
