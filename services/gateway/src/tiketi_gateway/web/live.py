"""Live connections: WebSocket tickets, and WebSockets tunnelled to a notifier."""

from urllib.parse import parse_qs

from tiketi_gateway.domain.headers import request_headers
from tiketi_gateway.domain.sessions import Session
from tiketi_gateway.errors import UpstreamTimeout
from tiketi_gateway.http1.client_connection import Incoming
from tiketi_gateway.http1.exchange import Exchange
from tiketi_gateway.http1.outgoing import Outgoing
from tiketi_gateway.http1.replies import json_reply
from tiketi_gateway.http1.websocket import handshake_key
from tiketi_gateway.ports import Service, SessionStore, Tunnels, WebSocketTickets
from tiketi_gateway.web.checks import OriginCheck, RateLimits
from tiketi_gateway.web.forwarding import Forwarding
from tiketi_gateway.web.identification import Identification
from tiketi_gateway.web.proxied import pass_back
from tiketi_gateway.web.routes import Routed
from tiketi_gateway.web.schemas import WsTicket
from tiketi_shared.errors import TooManyRequests, Unauthenticated, Unavailable

TICKET_SECONDS = 30
CONNECT_SECONDS = 5.0

NOT_AUTHENTICATED = (4401, "not authenticated")
TOO_MANY = (4429, "too many")
TRY_AGAIN_LATER = (1013, "try again later")
"""Close codes and reasons; browsers tell scripts no status of a refused handshake."""


class Live:
    def __init__(  # noqa: PLR0913, PLR0917  as many parts take part
        self, notifier: Service, sessions: SessionStore, tickets: WebSocketTickets,
        tunnels: Tunnels, identification: Identification, origins: OriginCheck, limits: RateLimits,
        forwarding: Forwarding,
    ) -> None:  # fmt: skip
        self._notifier, self._sessions, self._tickets = notifier, sessions, tickets
        self._tunnels, self._identification, self._origins = tunnels, identification, origins
        self._limits, self._forwarding = limits, forwarding

    async def ticket(self, routed: Routed) -> None:
        """`POST /api/ws-ticket`: `{ticket, expires_in}`, to be used once as `/ws?ticket=`."""
        if routed.session is None:
            raise Unauthenticated("sign in first")
        ticket = await self._tickets.issue(routed.session.hash)
        routed.exchange.answer(json_reply(WsTicket(ticket, TICKET_SECONDS), 201))

    async def tunnel(self, routed: Routed) -> None:
        """`GET /ws`. What a browser's script must see is a close code after a handshake."""
        exchange = routed.exchange
        key = handshake_key(exchange.request)
        try:
            session = await self._identify(exchange)
            if session is None:
                self._tunnels.refuse(exchange, key, *NOT_AUTHENTICATED)
                return
            self._limits.check_account(routed.rule.rate, session.user_id)
            incoming = await self._upgraded(exchange, session)
        except TooManyRequests:
            self._tunnels.refuse(exchange, key, *TOO_MANY)
        except (Unavailable, UpstreamTimeout):
            self._tunnels.refuse(exchange, key, *TRY_AGAIN_LATER)
        else:
            if incoming.status == 101:
                self._tunnels.join(exchange, key, incoming)
            else:
                await pass_back(exchange, incoming)

    async def _identify(self, exchange: Exchange) -> Session | None:
        """By WebSocket ticket, Bearer token or cookie. Raises OriginNotAllowed for a page of
        another site."""
        request = exchange.request
        tickets = parse_qs(request.query.decode("latin-1")).get("ticket")
        hash_, by_bearer = self._identification.credentials(request)
        by_cookie = tickets is None and not by_bearer
        self._origins.check_connect(request, by_cookie=by_cookie and hash_ is not None)
        if tickets is not None:
            hash_ = await self._tickets.take(tickets[0])
        if hash_ is None:
            return None
        return self._sessions.known(hash_) or await self._sessions.find(hash_)

    async def _upgraded(self, exchange: Exchange, session: Session) -> Incoming:
        """The notifier's response to the upgrade."""
        headers = b"%b%bConnection: Upgrade\r\nUpgrade: websocket\r\n%b" % (
            request_headers(exchange.request.headers), self._forwarding.headers(exchange),
            self._sessions.identity_header(session),
        )  # fmt: skip
        return await self._notifier.send(
            Outgoing(
                b"GET", b"/ws", headers, repeatable=True, seconds=CONNECT_SECONDS, streaming=True
            )
        )
