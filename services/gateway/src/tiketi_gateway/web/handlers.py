"""What happens to a request at the edge, from its first check to its service.

`Edge` is called by the server for each request. It answers at once from memory, or hands the
request to a batch with a callback, or returns a coroutine: only the last costs a task. The order of
the checks is the order in which they cost: host, origin, address limit, session, account limit.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

import msgspec

from tiketi_gateway import metrics
from tiketi_gateway.adapters import tunnel
from tiketi_gateway.adapters.batcher import Batcher
from tiketi_gateway.adapters.limits import Limits
from tiketi_gateway.adapters.memory import Catalogue, Document, give
from tiketi_gateway.adapters.replies import (
    JSON,
    NO_STORE,
    PROBLEM,
    Reply,
    empty_reply,
    json_reply,
    reply,
    status_line,
)
from tiketi_gateway.adapters.server import Exchange, Work
from tiketi_gateway.adapters.sessions import Session, Sessions, session_hash
from tiketi_gateway.adapters.statuses import Statuses
from tiketi_gateway.adapters.tickets import TICKET_SECONDS, Tickets
from tiketi_gateway.adapters.upstream import HungUp, Incoming, Outgoing, Service, TimedOut
from tiketi_gateway.adapters.webapp import WebApp
from tiketi_gateway.domain.headers import (
    answer_lines,
    cookie_of,
    request_lines,
    value_of,
)
from tiketi_gateway.domain.origins import SAFE_METHODS, Origins
from tiketi_gateway.errors import (
    MalformedRequest,
    MethodNotAllowed,
    MisdirectedRequest,
    OriginNotAllowed,
    UpstreamTimeout,
)
from tiketi_gateway.settings import Settings
from tiketi_gateway.web.routes import TABLE, Class, Rule
from tiketi_gateway.web.schemas import WsTicket
from tiketi_shared import errors
from tiketi_shared.batches import Answer, HoldRequest, LineRequest
from tiketi_shared.decoding import check_encoding
from tiketi_shared.health import Readiness
from tiketi_shared.ids import EventId
from tiketi_shared.tracing import Span, Tracer, tracer

MAX_BATCHED_BODY = 4096
CONNECT_SECONDS = 5.0
PREFLIGHT_SECONDS = 600
_HEALTH = ("/healthz", "/readyz")
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_CREDENTIALS = b"Access-Control-Allow-Credentials: true\r\nVary: Origin\r\n"
_EXPOSED = b"Access-Control-Expose-Headers: ETag, Retry-After, X-Request-Id\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the edge works with; see `app.py` for the wiring."""

    services: Mapping[str, Service]
    sessions: Sessions
    tickets: Tickets
    limits: Limits
    statuses: Statuses
    catalogue: Catalogue
    lines: Batcher[LineRequest]
    holds: Batcher[HoldRequest]
    tunnels: tunnel.Tunnels
    webapp: WebApp
    origins: Origins
    readiness: Readiness
    descriptions: Mapping[str, Document]


class Edge:
    def __init__(self, settings: Settings, parts: Parts) -> None:
        self._parts = parts
        self._limit_addresses = settings.limits == "on"
        self._https = settings.public_url.startswith("https:")
        self._cookie = b"__Host-tiketi_session" if self._https else b"tiketi_session"
        self._scheme = b"https" if self._https else b"http"
        self._seconds = settings.upstream_seconds
        self._slow_seconds = settings.checkout_seconds
        self._max_body = settings.max_body_bytes
        self._max_admin_body = settings.max_admin_body_bytes
        self._trace_prefix = secrets.token_hex(8).encode()
        self._known_hosts: set[str] = set()
        self._at_once: dict[str, Callable[[Exchange, Rule, tuple[str, ...]], Work]] = {
            "catalogue": self._catalogue, "status": self._status,
            "openapi": self._describe, "asyncapi": self._describe, "tunnel": self._tunnel,
            "refuse": self._refuse,
        }  # fmt: skip
        self._with_session: dict[
            str, Callable[[Exchange, Rule, tuple[str, ...], Session | None], Work]
        ] = {
            "join": self._line, "place": self._line, "leave": self._line, "hold": self._hold,
            "pass": self._pass, "stream": self._pass, "ticket": self._ticket,
        }  # fmt: skip

    def body_limit(self, path: str) -> int:
        """The most bytes a body to this path may have."""
        if path.startswith("/api/admin/"):
            return self._max_admin_body
        if path.endswith(("/queue", "/holds")) and path.startswith("/api/events/"):
            return MAX_BATCHED_BODY
        return self._max_body

    def __call__(self, exchange: Exchange) -> Work:
        path = exchange.path
        if path in _HEALTH:
            return self._health(exchange)
        host = exchange.host
        if host not in self._known_hosts:
            self._check_host(host)
        if b"origin" in exchange.fields and self._is_answered_preflight(exchange, host):
            return None
        if b"content-encoding" in exchange.fields:
            check_encoding(exchange.field(b"content-encoding"))
        method = exchange.method
        rule, names = TABLE.find("GET" if method == "HEAD" else method, path)
        if rule is None:
            return self._unrouted(exchange)
        exchange.label = rule.pattern
        if (spans := tracer()) is not None:
            exchange.span = _span(spans, exchange, rule)
        if self._limit_addresses:
            self._limit(rule.limit, "address", exchange.address)
        at_once = self._at_once.get(rule.how)
        if at_once is not None:
            return at_once(exchange, rule, names)
        return self._identified(exchange, rule, names)

    # --- checks

    def _check_host(self, host: str) -> None:
        if not self._parts.origins.knows_host(host):
            raise MisdirectedRequest("this host is not served here")
        if len(self._known_hosts) < 64:
            self._known_hosts.add(host)

    def _is_answered_preflight(self, exchange: Exchange, host: str) -> bool:
        """Let pages of allowed origins read the answer; answer their preflight requests."""
        origin = exchange.field(b"origin") or ""
        if self._parts.origins.is_ours(origin.lower(), host):
            exchange.lines = (
                b"Access-Control-Allow-Origin: %b\r\n" % exchange.fields[b"origin"]
                + _CREDENTIALS
                + _EXPOSED
            )
        if exchange.method != "OPTIONS" or b"access-control-request-method" not in exchange.fields:
            return False
        if not exchange.lines:
            raise OriginNotAllowed("pages of this origin may not call the API")
        asked = exchange.fields.get(b"access-control-request-headers", b"Content-Type")
        lines = (
            b"Access-Control-Allow-Methods: GET, POST, PATCH, PUT, DELETE\r\n"
            b"Access-Control-Allow-Headers: %b\r\nAccess-Control-Max-Age: %d\r\n"
        )
        exchange.answer(empty_reply(204, lines % (asked, PREFLIGHT_SECONDS)))
        return True

    def _limit(self, limits: Class, by: str, whom: str) -> None:
        limit = limits.address if by == "address" else limits.account
        if limit is None:
            return
        now = asyncio.get_running_loop().time()
        wait = self._parts.limits.take(f"{limits.name}:{by}", whom, limit, now)
        if wait:
            metrics.count(metrics.LIMITED, limits.name, by)
            raise errors.TooManyRequests(f"too many requests by this {by}", retry_after=wait)

    def _identified(self, exchange: Exchange, rule: Rule, names: tuple[str, ...]) -> Work:
        """Go on with the session, looked up without a task where it is known."""
        fields = exchange.fields
        if b"cookie" not in fields and b"authorization" not in fields:
            self._check_origin(exchange, by_cookie=False)
            return self._with_session[rule.how](exchange, rule, names, None)
        hash_, by_bearer = self._credentials(exchange)
        if not by_bearer:
            self._check_origin(exchange, by_cookie=hash_ is not None)
        if hash_ is None:
            return self._with_session[rule.how](exchange, rule, names, None)
        session = self._parts.sessions.known(hash_)
        if session is not None:
            return self._go_on(exchange, rule, names, session)

        def tell(found: Session | errors.TiketiError | None) -> None:
            exchange.go_on(lambda: self._go_on(exchange, rule, names, found))

        self._parts.sessions.ask(hash_, tell)
        return None

    def _go_on(
        self, exchange: Exchange, rule: Rule, names: tuple[str, ...],
        session: Session | errors.TiketiError | None,
    ) -> Work:  # fmt: skip
        if isinstance(session, errors.TiketiError):
            raise session
        if session is not None:
            self._limit(rule.limit, "account", session.user_id)
        return self._with_session[rule.how](exchange, rule, names, session)

    def _credentials(self, exchange: Exchange) -> tuple[str | None, bool]:
        """The hash of the session presented, if any, and whether it came as a Bearer token."""
        authorization = exchange.fields.get(b"authorization")
        if authorization is not None and authorization[:7].lower() == b"bearer ":
            return session_hash(authorization[7:].strip()), True
        cookie = cookie_of(exchange.headers, self._cookie)
        return (session_hash(cookie) if cookie is not None else None), False

    def _check_origin(self, exchange: Exchange, *, by_cookie: bool) -> None:
        """For whoever does not prove by a Bearer token that they are not being used."""
        if exchange.method in SAFE_METHODS:
            return
        origin = exchange.field(b"origin")
        allowed = self._parts.origins.may_change(
            exchange.method, origin.lower() if origin else None, exchange.host,
            by_cookie=by_cookie,
        )  # fmt: skip
        if not allowed:
            raise OriginNotAllowed("this request must come from a page of ours")

    # --- from memory

    def _status(self, exchange: Exchange, rule: Rule, names: tuple[str, ...]) -> Work:
        document = self._parts.statuses.document(names[0])
        if document is None:
            return self._catalogue(exchange, rule, names)
        exchange.answer(document.form_for(exchange.fields))
        return None

    def _catalogue(self, exchange: Exchange, rule: Rule, names: tuple[str, ...]) -> Work:
        catalogue, service = self._parts.catalogue, self._parts.services[rule.service]
        # Only lists take a query: on a single thing it would but make many of one answer.
        target = exchange.path.encode() if names else exchange.target
        document = catalogue.kept(target, rule.pattern)
        if document is None:
            return self._fetched(exchange, rule, target)
        give(exchange, document)
        catalogue.refresh_if_stale(service, target, self._own_lines(exchange))
        return None

    async def _fetched(self, exchange: Exchange, rule: Rule, target: bytes) -> None:
        metrics.count(metrics.CACHE, rule.pattern, "missed")
        service = self._parts.services[rule.service]
        lines = self._own_lines(exchange)
        give(exchange, await self._parts.catalogue.fetched(service, target, lines))

    def _describe(self, exchange: Exchange, rule: Rule, _: tuple[str, ...]) -> Work:
        description = self._parts.descriptions.get(rule.how)
        if description is None:
            raise errors.NotFound("this build carries no description")
        give(exchange, description)
        return None

    def _refuse(self, exchange: Exchange, _: Rule, __: tuple[str, ...]) -> Work:
        methods = ", ".join(sorted(TABLE.methods(exchange.path)))
        exchange.lines += b"Allow: %b\r\n" % methods.encode()
        raise MethodNotAllowed

    def _unrouted(self, exchange: Exchange) -> Work:
        """A page of the app, or nothing."""
        path = exchange.path
        if path.startswith(("/api", "/internal", "/ws")):
            raise errors.NotFound("there is nothing at this path")
        if exchange.method not in ("GET", "HEAD"):
            raise MethodNotAllowed
        exchange.label = "app"
        document = self._parts.webapp.at(path)
        if document is None:
            raise errors.NotFound("there is nothing at this path")
        give(exchange, document)
        return None

    async def _health(self, exchange: Exchange) -> None:
        exchange.label = exchange.path
        if exchange.path == "/healthz":
            exchange.answer(json_reply({"status": "alive"}))
            return
        missing = await self._parts.readiness.missing()
        body = {"status": "not ready" if missing else "ready", "missing": missing}
        exchange.answer(json_reply(body, 503 if missing else 200))

    # --- travelling together

    def _line(
        self, exchange: Exchange, rule: Rule, names: tuple[str, ...], session: Session | None
    ) -> Work:
        if session is None:
            raise errors.Unauthenticated("sign in first")
        if exchange.stream is not None:
            return self._read_first(exchange, rule, names, session, self._line)
        body = _presented(exchange) if rule.how == "place" else exchange.body
        request = LineRequest(
            rule.how, EventId(names[0]), session.user_id, exchange.request_id, body  # type: ignore[arg-type]  # such a rule's `how` is a line's op
        )  # fmt: skip
        self._parts.lines.add(request, _answering(exchange), exchange.trace)
        return None

    def _hold(
        self, exchange: Exchange, rule: Rule, names: tuple[str, ...], session: Session | None
    ) -> Work:
        if session is None:
            raise errors.Unauthenticated("sign in first")
        if exchange.stream is not None:
            return self._read_first(exchange, rule, names, session, self._hold)
        request = HoldRequest(
            EventId(names[0]), session.user_id, exchange.request_id,
            exchange.field(b"queue-admission") or "", exchange.field(b"idempotency-key"),
            exchange.body,
        )  # fmt: skip
        self._parts.holds.add(request, _answering(exchange), exchange.trace)
        return None

    async def _read_first(
        self, exchange: Exchange, rule: Rule, names: tuple[str, ...], session: Session,
        then: Callable[[Exchange, Rule, tuple[str, ...], Session | None], Work],
    ) -> None:  # fmt: skip
        """A small body that came in chunks is read whole before it can travel."""
        exchange.body = await exchange.read()
        exchange.stream = None
        then(exchange, rule, names, session)

    # --- passed on

    async def _pass(
        self, exchange: Exchange, rule: Rule, _: tuple[str, ...], session: Session | None
    ) -> None:
        service = self._parts.services[rule.service]
        incoming = await service.send(self._outgoing(exchange, rule, session))
        if rule.tells_session and incoming.status < 300:
            self._forget(exchange)
        if rule.how != "stream":
            await _passed_back(exchange, incoming)
            return
        stream = tunnel.Stream(incoming)
        self._parts.tunnels.add(stream)
        try:
            await _passed_back(exchange, incoming)
        finally:
            self._parts.tunnels.discard(stream)

    def _outgoing(self, exchange: Exchange, rule: Rule, session: Session | None) -> Outgoing:
        method = "GET" if exchange.method == "HEAD" else exchange.method
        seconds = self._slow_seconds if rule.slow else self._seconds
        lines = request_lines(exchange.headers) + self._own_lines(exchange)
        if session is not None:
            lines += self._parts.sessions.identity_line(session)
        if rule.tells_session:
            hash_, _ = self._credentials(exchange)
            lines += b"X-Tiketi-Session: %b\r\n" % hash_.encode() if hash_ else b""
        length = exchange.fields.get(b"content-length")
        return Outgoing(
            method.encode(), exchange.target, lines,
            exchange.body if exchange.stream is None else exchange.stream.__aiter__(),
            length=int(length) if length is not None and exchange.stream is not None else None,
            repeatable=exchange.stream is None
            and (method in _REPEATABLE or b"idempotency-key" in exchange.fields),
            seconds=seconds, streaming=rule.how == "stream",
        )  # fmt: skip

    def _own_lines(self, exchange: Exchange) -> bytes:
        """What the edge tells every service about a request."""
        trace = exchange.trace.encode() or b"00-%b%016x-%016x-00" % (
            self._trace_prefix, secrets.randbits(63) + 1, secrets.randbits(63) + 1,
        )  # fmt: skip
        return (
            b"X-Request-Id: %b\r\nX-Forwarded-For: %b\r\nX-Forwarded-Proto: %b\r\n"
            b"traceparent: %b\r\n"
        ) % (
            exchange.request_id.encode(),
            exchange.address.encode(),
            self._scheme,
            trace,
        )

    def _forget(self, exchange: Exchange) -> None:
        hash_, _ = self._credentials(exchange)
        if hash_ is not None:
            self._parts.sessions.forget(hash_)

    # --- live connections

    async def _ticket(
        self, exchange: Exchange, _: Rule, __: tuple[str, ...], session: Session | None
    ) -> None:
        """`POST /api/ws-ticket`: `{ticket, expires_in}`, to be used once as `/ws?ticket=`."""
        if session is None:
            raise errors.Unauthenticated("sign in first")
        ticket = await self._parts.tickets.issue(session.hash)
        exchange.answer(json_reply(WsTicket(ticket, TICKET_SECONDS), 201))

    async def _tunnel(self, exchange: Exchange, rule: Rule, _: tuple[str, ...]) -> None:
        """`GET /ws`: a refusal the browser's script must see is a close code after a handshake."""
        key = _websocket_key(exchange)
        try:
            session = await self._connecting(exchange)
            if session is None:
                _refused(exchange, key, 4401, "not authenticated")
                return
            self._limit(rule.limit, "account", session.user_id)
            incoming = await self._upgraded(exchange, session)
        except errors.TooManyRequests:
            _refused(exchange, key, 4429, "too many")
        except (errors.Unavailable, UpstreamTimeout):
            _refused(exchange, key, 1013, "try again later")
        else:
            if incoming.status == 101:
                self._join(exchange, key, incoming)
            else:
                await _passed_back(exchange, incoming)

    async def _upgraded(self, exchange: Exchange, session: Session) -> Incoming:
        """The notifier's answer to the upgrade."""
        lines = b"%b%bConnection: Upgrade\r\nUpgrade: websocket\r\n%b" % (
            request_lines(exchange.headers), self._own_lines(exchange),
            self._parts.sessions.identity_line(session),
        )  # fmt: skip
        request = Outgoing(
            b"GET", b"/ws", lines, repeatable=True, seconds=CONNECT_SECONDS, streaming=True
        )
        return await self._parts.services["notifier"].send(request)

    async def _connecting(self, exchange: Exchange) -> Session | None:
        """Who opens a WebSocket. Raises OriginNotAllowed for a foreign page's."""
        tickets = parse_qs(exchange.query.decode("latin-1")).get("ticket")
        origin = exchange.field(b"origin")
        hash_, by_bearer = self._credentials(exchange)
        by_cookie = tickets is None and not by_bearer
        if not self._parts.origins.may_connect(
            origin.lower() if origin else None, exchange.host,
            by_cookie=by_cookie and hash_ is not None,
        ):  # fmt: skip
            raise OriginNotAllowed("a WebSocket must be opened by a page of ours")
        if tickets is not None:
            hash_ = await self._parts.tickets.take(tickets[0])
        if hash_ is None:
            return None
        return self._parts.sessions.known(hash_) or await self._parts.sessions.find(hash_)

    def _join(self, exchange: Exchange, key: bytes, incoming: Incoming) -> None:
        notifier, from_notifier = incoming.take_over()
        client, from_client, ended = exchange.take_over()
        extensions = value_of(incoming.headers, b"sec-websocket-extensions")
        lines = b"Sec-WebSocket-Extensions: %b\r\n" % extensions if extensions else b""
        protocol = value_of(incoming.headers, b"sec-websocket-protocol")
        lines += b"Sec-WebSocket-Protocol: %b\r\n" % protocol if protocol else b""
        lines += b"X-Request-Id: %b\r\n" % exchange.request_id.encode()
        to_client = tunnel.switching_protocols(key, lines) + from_notifier
        joined = tunnel.Tunnel(self._parts.tunnels, client, notifier, ended)
        joined.join(to_client, from_client)


def _span(spans: Tracer, exchange: Exchange, rule: Rule) -> Span:
    """Names are patterns and the request's own parts only: nothing in them tells who is asking."""
    attributes = {
        "http.request.method": exchange.method,
        "http.route": rule.pattern,
        "url.scheme": "http",
    }
    name = f"{exchange.method} {rule.pattern}"
    return spans.begin(name, "server", exchange.trace, attributes=attributes)


def _presented(exchange: Exchange) -> bytes:
    """What the headers of a GET present after a loss of the line, as a body (docs/internal.md)."""
    shown = {
        "ticket": exchange.field(b"queue-ticket"),
        "admission": exchange.field(b"queue-admission"),
    }
    present = {name: value for name, value in shown.items() if value is not None}
    return msgspec.json.encode(present) if present else b""


def _answering(exchange: Exchange) -> Callable[[Answer | errors.TiketiError], None]:
    def answer(result: Answer | errors.TiketiError) -> None:
        if isinstance(result, errors.TiketiError):
            exchange.fail(result)
            return
        lines = NO_STORE
        if result.retry_after is not None:
            lines += b"Retry-After: %d\r\n" % result.retry_after
        if result.status == 204:
            exchange.answer(empty_reply(204, lines))
        else:
            media_type = PROBLEM if result.status >= 400 else JSON
            exchange.answer(reply(result.status, result.body, media_type, lines))

    return answer


async def _passed_back(exchange: Exchange, incoming: Incoming) -> None:
    """Give the client a service's answer, no faster than it reads."""
    lines = answer_lines(incoming.headers)
    if value_of(incoming.headers, b"cache-control") is None:
        lines += NO_STORE
    if incoming.body is not None:
        if incoming.status in (204, 304):
            exchange.answer(empty_reply(incoming.status, lines))
        else:
            exchange.answer(_whole(incoming.status, lines, incoming.body))
        return
    exchange.start(incoming.status, lines, incoming.length)
    try:
        async for chunk in incoming.chunks():
            await exchange.send(chunk)
    except (HungUp, TimedOut):
        exchange.cut()
    else:
        exchange.finish()
    finally:
        incoming.close()


def _whole(status: int, lines: bytes, body: bytes) -> Reply:
    return Reply(
        status, b"%bContent-Length: %d\r\n%b" % (status_line(status), len(body), lines), body
    )


def _websocket_key(exchange: Exchange) -> bytes:
    """Raises MalformedRequest for what is no WebSocket handshake."""
    fields = exchange.fields
    key = fields.get(b"sec-websocket-key", b"")
    if fields.get(b"upgrade", b"").lower() != b"websocket" or len(key) != 24:
        raise MalformedRequest("this is a WebSocket")
    return key


def _refused(exchange: Exchange, key: bytes, code: int, reason: str) -> None:
    client, _, ended = exchange.take_over()
    tunnel.refuse(client, ended, key, code, reason)
