"""Takes each request through the checks to the handler of its route.

The server calls `Dispatcher` once for each request. A handler answers at once, hands the request on
with a callback, or returns a coroutine: only the last costs a task. The checks run in the order of
their cost: host, origin, limit of the address, session, limit of the account.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tiketi_gateway.domain.origins import Origins
from tiketi_gateway.domain.paths import Table
from tiketi_gateway.errors import MethodNotAllowed
from tiketi_gateway.http1.documents import Document
from tiketi_gateway.http1.exchange import Exchange, Work
from tiketi_gateway.ports import (
    Batcher,
    RateLimiter,
    ResponseCache,
    Service,
    SessionStore,
    Statuses,
    Tunnels,
    WebApp,
    WebSocketTickets,
)
from tiketi_gateway.settings import Settings
from tiketi_gateway.web import health
from tiketi_gateway.web.batched import MAX_BATCHED_BODY, Batched
from tiketi_gateway.web.cached import Cached, Pages
from tiketi_gateway.web.checks import HostCheck, OriginCheck, RateLimits
from tiketi_gateway.web.forwarding import Forwarding
from tiketi_gateway.web.identification import Identification
from tiketi_gateway.web.live import Live
from tiketi_gateway.web.proxied import Proxied
from tiketi_gateway.web.routes import RULES, How, Routed, Rule
from tiketi_shared.batches import HoldRequest, LineRequest
from tiketi_shared.decoding import check_encoding
from tiketi_shared.health import Readiness
from tiketi_shared.tracing import Span, Tracer, tracer

RoutedHandler = Callable[[Routed], Work]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the handlers work with; see `app.py` for the wiring."""

    services: Mapping[str, Service]
    sessions: SessionStore
    tickets: WebSocketTickets
    limiter: RateLimiter
    statuses: Statuses
    cache: ResponseCache
    lines: Batcher[LineRequest]
    holds: Batcher[HoldRequest]
    tunnels: Tunnels
    webapp: WebApp
    origins: Origins
    readiness: Readiness
    descriptions: Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class Route:
    """A rule with its handler."""

    method: str
    pattern: str
    rule: Rule
    handle: RoutedHandler


class Dispatcher:
    def __init__(self, settings: Settings, parts: Parts) -> None:
        self._max_body = settings.max_body_bytes
        self._max_admin_body = settings.max_admin_body_bytes
        self._hosts = HostCheck(parts.origins)
        self._origins = OriginCheck(parts.origins)
        self._limits = RateLimits(parts.limiter, limits_addresses=settings.limits == "on")
        self._health = health.Health(parts.readiness)
        self._pages = Pages(parts.webapp, parts.descriptions)
        handlers = self._handlers(settings, parts)
        self._routes = Table(
            Route(rule.method, rule.pattern, rule, handlers[rule.how]) for rule in RULES
        )

    def _handlers(self, settings: Settings, parts: Parts) -> Mapping[How, RoutedHandler]:
        https = settings.public_url.startswith("https:")
        forwarding = Forwarding(https=https)
        identification = Identification(parts.sessions, self._origins, self._limits, https=https)
        identified = identification.identified
        cached = Cached(parts.services, parts.cache, parts.statuses, forwarding)
        batched = Batched(parts.lines, parts.holds)
        proxied = Proxied(
            parts.services, parts.sessions, parts.tunnels, identification, forwarding,
            seconds=settings.upstream_seconds, slow_seconds=settings.checkout_seconds,
        )  # fmt: skip
        live = Live(
            parts.services["notifier"], parts.sessions, parts.tickets, parts.tunnels,
            identification, self._origins, self._limits, forwarding,
        )  # fmt: skip
        line = identified(batched.line)
        return {
            "catalogue": cached.catalogue, "status": cached.status,
            "join": line, "place": line, "leave": line, "hold": identified(batched.hold),
            "pass": identified(proxied.pass_on), "stream": identified(proxied.stream),
            "ws-ticket": identified(live.ticket), "tunnel": live.tunnel,
            "openapi": self._pages.description, "asyncapi": self._pages.description,
            "refuse": self._refuse,
        }  # fmt: skip

    def body_limit(self, path: str) -> int:
        """The most bytes that the body of a path may have."""
        if path.startswith("/api/admin/"):
            return self._max_admin_body
        if path.endswith(("/queue", "/holds")) and path.startswith("/api/events/"):
            return MAX_BATCHED_BODY
        return self._max_body

    def __call__(self, exchange: Exchange) -> Work:
        request = exchange.request
        method, path = request.method, request.path
        if path in health.PATHS:
            return self._health.answer(exchange)
        self._hosts.check(request)
        if b"origin" in request.fields and self._origins.answers_preflight(exchange):
            return None
        if b"content-encoding" in request.fields:
            check_encoding(request.field(b"content-encoding"))
        route, names = self._routes.find("GET" if method == "HEAD" else method, path)
        if route is None:
            return self._pages.page(exchange)
        rule = route.rule
        exchange.label = rule.pattern
        if (spans := tracer()) is not None:
            exchange.span = _span(spans, exchange, rule)
        self._limits.check_address(rule.rate, exchange)
        return route.handle(Routed(exchange, rule, names))

    def _refuse(self, routed: Routed) -> Work:
        """The path exists, the method does not."""
        exchange = routed.exchange
        methods = ", ".join(sorted(self._routes.methods(exchange.request.path)))
        exchange.extra_headers += b"Allow: %b\r\n" % methods.encode()
        raise MethodNotAllowed


def _span(spans: Tracer, exchange: Exchange, rule: Rule) -> Span:
    """Names are patterns and parts of the request: nothing in them tells whose request it is."""
    method = exchange.request.method
    attributes = {
        "http.request.method": method, "http.route": rule.pattern, "url.scheme": "http",
    }  # fmt: skip
    name = f"{method} {rule.pattern}"
    return spans.begin(name, "server", exchange.trace, attributes=attributes)
