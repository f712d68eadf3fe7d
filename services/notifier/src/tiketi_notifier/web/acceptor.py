"""Accepts connections: one port serves WebSockets and every other request.

The first request head of a connection decides. `GET /ws` is answered here, and a `Socket` takes
over the transport; it needs a hundredth of the memory of a request handler. Any other request goes
to aiohttp with the bytes that were received. Such a connection carries one request, because aiohttp
could not handle an upgrade after it. A request head that is too long, or not complete in time, ends
the connection, so that slow senders hold nothing.

A WebSocket without a valid identity is accepted and closed with 4401: a browser can read the code
of a close but not the status of a refused handshake.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

import msgspec
from aiohttp import web
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tiketi_notifier.domain.frames import UNAUTHENTICATED
from tiketi_notifier.web.socket import Socket, SocketContext
from tiketi_shared.addresses import counted_address
from tiketi_shared.errors import PROBLEM_JSON, problem
from tiketi_shared.ids import UserId
from tiketi_shared.tokens import Identity, KeyRing, TokenError
from tiketi_shared.web import IDENTITY_HEADER, REQUEST_ID_HEADER, request_id_of

_MAX_HEAD_BYTES = 16 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_ONE_REQUEST = b"\r\nConnection: close\r\n"
_SOCKET_PATHS = (b"GET /ws ", b"GET /ws?")


@dataclass(frozen=True, slots=True)
class AcceptorContext:
    """What an acceptor needs to open a connection."""

    sockets: SocketContext
    identity_keys: KeyRing
    head_seconds: float


class AcceptorRunner(web.AppRunner):
    """Runs the application behind `Acceptor`s."""

    def __init__(
        self,
        app: web.Application,
        context: Callable[[], AcceptorContext],
        *,
        shutdown_timeout: float,
    ) -> None:
        """`context` is called once the application has started."""
        super().__init__(
            app, access_log=None, handle_signals=False, shutdown_timeout=shutdown_timeout
        )
        self._context = context

    @property
    def server(self) -> web.Server | None:
        """The protocol factory of a listening socket: acceptors instead of request handlers."""
        behind = super().server
        if behind is None:
            return None
        context = self._context()
        # A site only calls it; aiohttp's own shutdown keeps to the server behind.
        return cast(web.Server, lambda: Acceptor(context, behind))


class Acceptor(asyncio.Protocol):
    """One connection until its first request's head is complete."""

    __slots__ = ("_behind", "_context", "_head", "_too_late", "_transport")

    def __init__(self, context: AcceptorContext, behind: Callable[[], asyncio.Protocol]) -> None:
        self._context = context
        self._behind = behind
        self._head = b""
        self._transport: asyncio.Transport | None = None
        self._too_late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        loop = asyncio.get_running_loop()
        self._too_late = loop.call_later(
            self._context.head_seconds, self._refuse, HTTPStatus.REQUEST_TIMEOUT
        )

    def data_received(self, data: bytes) -> None:
        self._head += data
        if _END_OF_HEAD in self._head:
            self._open()
        elif len(self._head) > _MAX_HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def connection_lost(self, _: Exception | None) -> None:
        self._let_go()

    def _let_go(self) -> asyncio.Transport | None:
        """The transport, which from now on is someone else's."""
        transport, self._transport = self._transport, None
        if self._too_late is not None:
            self._too_late.cancel()
        return transport

    def _open(self) -> None:
        transport = self._let_go()
        if transport is None:
            return
        if self._head.startswith(_SOCKET_PATHS):
            end = self._head.index(_END_OF_HEAD) + len(_END_OF_HEAD)
            _shake_hands(self._context, transport, self._head[:end], self._head[end:])
        else:
            behind = self._behind()
            transport.set_protocol(behind)
            behind.connection_made(transport)
            line, _, rest = self._head.partition(b"\r\n")
            behind.data_received(line + _ONE_REQUEST + rest)

    def _refuse(self, status: HTTPStatus) -> None:
        transport = self._let_go()
        if transport is not None:
            transport.write(_problem_answer(status, request_id_of(None)))
            transport.close()


def _shake_hands(
    context: AcceptorContext, transport: asyncio.Transport, head: bytes, received: bytes
) -> None:
    handshake = ServerProtocol(max_size=0)
    handshake.receive_data(head)
    events = handshake.events_received()
    if not events or not isinstance(events[0], Request):
        transport.write(_problem_answer(HTTPStatus.BAD_REQUEST, request_id_of(None)))
        transport.close()
        return
    request = events[0]
    response = handshake.accept(request)
    if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
        request_id = request_id_of(_header(request, REQUEST_ID_HEADER))
        transport.write(_problem_answer(HTTPStatus(response.status_code), request_id))
        transport.close()
        return
    transport.write(response.serialize())
    address = _address(request, transport)
    try:
        token = _header(request, IDENTITY_HEADER) or ""
        identity = context.identity_keys.verify(Identity, token, time.time())
    except TokenError:
        nobody = Socket(context.sockets, UserId(""), address)
        nobody.refuse(transport, UNAUTHENTICATED, "sign in first")
    else:
        Socket(context.sockets, identity.user_id, address).take_over(transport, received)


def _header(request: Request, name: str) -> str | None:
    """The header where it is given once."""
    values = request.headers.get_all(name)
    return values[0] if len(values) == 1 else None


def _address(request: Request, transport: asyncio.Transport) -> str:
    """The client's address as the gateway saw it, else the connection's own; as limits count it."""
    forwarded = request.headers.get_all("X-Forwarded-For")
    if forwarded:
        return counted_address(forwarded[-1].rpartition(",")[2].strip())
    peer = transport.get_extra_info("peername")
    return counted_address(str(peer[0])) if peer else ""


def _problem_answer(status: HTTPStatus, request_id: str) -> bytes:
    code = status.phrase.lower().replace(" ", "_")
    body = msgspec.json.encode(problem(status, code, "", request_id))
    upgrade = "Upgrade: websocket\r\n" if status == HTTPStatus.UPGRADE_REQUIRED else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n{upgrade}Content-Type: {PROBLEM_JSON}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
