"""Routes that are passed to a service, and its response back to the client."""

from collections.abc import Mapping

from tiketi_gateway.domain.headers import request_headers, response_headers, value_of
from tiketi_gateway.http1.client_connection import HungUp, Incoming, TimedOut
from tiketi_gateway.http1.exchange import Exchange
from tiketi_gateway.http1.outgoing import Outgoing
from tiketi_gateway.http1.replies import NO_STORE, passed_reply
from tiketi_gateway.ports import Service, SessionStore, Tunnels
from tiketi_gateway.web.forwarding import Forwarding
from tiketi_gateway.web.identification import Identification
from tiketi_gateway.web.routes import Routed

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})


class Proxied:
    """`seconds` is how long a service may take to respond, `slow_seconds` where a rule says so."""

    def __init__(  # noqa: PLR0913  as many parts take part
        self, services: Mapping[str, Service], sessions: SessionStore, tunnels: Tunnels,
        identification: Identification, forwarding: Forwarding, *, seconds: float,
        slow_seconds: float,
    ) -> None:  # fmt: skip
        self._services, self._sessions, self._tunnels = services, sessions, tunnels
        self._identification, self._forwarding = identification, forwarding
        self._seconds, self._slow_seconds = seconds, slow_seconds

    async def pass_on(self, routed: Routed) -> None:
        await pass_back(routed.exchange, await self._sent(routed))

    async def stream(self, routed: Routed) -> None:
        incoming = await self._sent(routed)
        with self._tunnels.streaming(incoming):
            await pass_back(routed.exchange, incoming)

    async def _sent(self, routed: Routed) -> Incoming:
        exchange, rule = routed.exchange, routed.rule
        hash_ = None
        if rule.tells_session:
            hash_, _ = self._identification.credentials(exchange.request)
        incoming = await self._services[rule.service].send(self._outgoing(routed, hash_))
        if hash_ is not None and incoming.status < 300:
            self._sessions.forget(hash_)
        return incoming

    def _outgoing(self, routed: Routed, told_hash: str | None) -> Outgoing:
        exchange, rule = routed.exchange, routed.rule
        request = exchange.request
        method = "GET" if request.method == "HEAD" else request.method
        headers = request_headers(request.headers) + self._forwarding.headers(exchange)
        if routed.session is not None:
            headers += self._sessions.identity_header(routed.session)
        if told_hash is not None:
            headers += b"X-Tiketi-Session: %b\r\n" % told_hash.encode()
        length = request.fields.get(b"content-length")
        return Outgoing(
            method.encode(), request.target, headers,
            request.body if exchange.stream is None else aiter(exchange.stream),
            length=int(length) if length is not None and exchange.stream is not None else None,
            repeatable=exchange.stream is None
            and (method in _REPEATABLE or b"idempotency-key" in request.fields),
            seconds=self._slow_seconds if rule.slow else self._seconds,
            streaming=rule.how == "stream",
        )  # fmt: skip


async def pass_back(exchange: Exchange, incoming: Incoming) -> None:
    """Give the client a service's response, no faster than it reads."""
    headers = response_headers(incoming.headers)
    if value_of(incoming.headers, b"cache-control") is None:
        headers += NO_STORE
    if incoming.body is not None:
        exchange.answer(passed_reply(incoming.status, headers, incoming.body))
        return
    exchange.start(incoming.status, headers, incoming.length)
    try:
        async for chunk in incoming.chunks():
            await exchange.send(chunk)
    except (HungUp, TimedOut):
        exchange.cut()
    else:
        exchange.finish()
    finally:
        incoming.close()
