"""A client's connection: a parser and a transport, and the order of its requests.

A connection is always in one of these states. `due` is when it must have left the state:

    head      from the first byte (or the connection) to the end of the head   HEADER_SECONDS
    body      until the body is complete, or its reader has fallen behind      BODY_SECONDS
    busy      a handler is at work: bounded by the services' timeouts          -
    blocked   the client does not read its response                            BODY_SECONDS
    idle      kept alive, no request                                           IDLE_SECONDS
    closing   refused and half closed, so that the client reads the refusal    2 s

Requests that arrive before the current one is answered (pipelining) wait in order, and reading
stops meanwhile. A request costs no task unless its handler returns a coroutine.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, cast

from tiketi_gateway import metrics
from tiketi_gateway.domain.headers import Network
from tiketi_gateway.errors import RequestTimeout
from tiketi_gateway.http1.exchange import Exchange, Handler
from tiketi_gateway.http1.registry import Bounds, ConnectionRegistry
from tiketi_gateway.http1.replies import CONTINUE, problem_reply
from tiketi_gateway.http1.requests import Request, RequestParser
from tiketi_gateway.http1.stamps import CommonHeaders, RequestIds
from tiketi_gateway.http1.streams import ByteStream
from tiketi_shared.errors import TiketiError
from tiketi_shared.health import Readiness
from tiketi_shared.logs import get_logger

log = get_logger(__name__)

COPIED_BODY = 32768
"""A body below this is joined to its head: a second write costs more than the copy."""

MAX_PIPELINED = 32
LINGER_SECONDS = 2.0
NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerContext:
    """What all connections of a server share. From when `readiness` says that the process shuts
    down, each response is the last on its connection, so that clients connect elsewhere."""

    handle: Handler
    bounds: Bounds
    body_limit: Callable[[str], int]
    readiness: Readiness
    registry: ConnectionRegistry
    request_ids: RequestIds
    common_headers: CommonHeaders
    time: Callable[[], float]


class ServerConnection(asyncio.Protocol):
    __slots__ = (
        "_begun", "_context", "_current", "_drained", "_has_ended", "_incoming", "_is_closing",
        "_is_reading_paused", "_parser", "_queue", "_task", "_transport", "due", "is_blocked",
        "is_gone", "peer",
    )  # fmt: skip

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self.peer = ""
        self.due = NEVER
        self.is_gone = False
        self.is_blocked = False
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._parser = RequestParser(self, context.bounds.max_header_bytes, context.body_limit)
        self._begun = 0
        self._current: Exchange | None = None
        """The request that is being answered."""
        self._incoming: Exchange | None = None
        """The request whose body still arrives; it may be the current one, if it is streamed."""
        self._queue: deque[Exchange] = deque()
        self._task: asyncio.Task[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._has_ended = False
        self._is_closing = False
        self._is_reading_paused = False

    @property
    def trusted_proxies(self) -> tuple[Network, ...]:
        return self._context.bounds.trusted_proxies

    def new_request_id(self) -> str:
        return self._context.request_ids.new()

    @property
    def is_waiting(self) -> bool:
        return self._current is None and not self.is_blocked

    # --- called by the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peername = self._transport.get_extra_info("peername")
        self.peer = peername[0] if peername else ""
        self._set_due(self._context.bounds.header_seconds)
        refusal = self._context.registry.admit(self)
        if refusal is not None:
            self._refuse(refusal)

    def connection_lost(self, _: Exception | None) -> None:
        self.is_gone = True
        self.is_blocked = False
        self._context.registry.forget(self)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        for exchange in (*self._queue, self._current, self._incoming):
            if exchange is not None and exchange.stream is not None:
                exchange.stream.fail(ConnectionResetError("the client disconnected"))
        self._queue.clear()
        if self._current is not None and self._current.has_started and self._task is not None:
            self._task.cancel()  # nobody receives the rest of the response

    def eof_received(self) -> bool:
        """A client may stop sending and still wait for its response."""
        self._has_ended = True
        if self._incoming is not None:
            self.abort()  # in the middle of a body
        return self._current is not None

    def data_received(self, data: bytes) -> None:
        if self._is_closing:
            return
        parser = self._parser
        try:
            parser.feed(data)
        except TiketiError as refusal:
            if not self._is_closing:
                self._refuse(refusal)
            return
        if parser.begun != self._begun:
            self._begun = parser.begun
            if self._current is None and parser.is_in_message and parser.is_in_head:
                self._set_due(self._context.bounds.header_seconds)
        if parser.surplus is not None:
            self.pause_reading()

    def pause_writing(self) -> None:
        self.is_blocked = True
        self._set_due(self._context.bounds.body_seconds)

    def resume_writing(self) -> None:
        self.is_blocked = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._current is not None:
            self.due = NEVER
        else:
            self._set_due(self._context.bounds.idle_seconds)
            self._next()

    # --- called by the parser

    def body_expected(self, request: Request) -> None:
        self._incoming = exchange = Exchange(self, request)
        self._set_due(self._context.bounds.body_seconds)
        if request.fields.get(b"expect", b"").lower() == b"100-continue" and self._current is None:
            self._transport.write(CONTINUE)
        if request.is_streamed:
            exchange.stream = ByteStream(self)
            self._accept(exchange)

    def body_received(self, data: bytes) -> None:
        if self._incoming is not None and self._incoming.stream is not None:
            self._incoming.stream.feed(data)

    def body_ended(self) -> None:
        exchange, self._incoming = self._incoming, None
        if exchange is not None and exchange.stream is not None:
            exchange.is_last = exchange.is_last or exchange.request.is_last
            exchange.stream.end()

    def request_received(self, request: Request) -> None:
        exchange = self._incoming
        if exchange is None:
            exchange = Exchange(self, request)
        else:
            self._incoming = None
        exchange.is_last = request.is_last
        self._accept(exchange)

    # --- the exchanges, one after the other

    def _accept(self, exchange: Exchange) -> None:
        if self._current is None and not self.is_blocked:
            self._begin(exchange)
            return
        self._queue.append(exchange)
        self.pause_reading()
        if len(self._queue) > MAX_PIPELINED:
            self.abort()

    def _begin(self, exchange: Exchange) -> None:
        self._current = exchange
        if exchange.stream is None:
            self.due = NEVER
        self.run(exchange, self._context.handle)

    def run(self, exchange: Exchange, handle: Handler) -> None:
        """Call the handler, and turn its failure into a response."""
        try:
            work = handle(exchange)
        except TiketiError as error:
            exchange.fail(error)
        except Exception:
            log.exception("request failed", **_names(exchange))
            exchange.fail(TiketiError())
        else:
            if work is not None:
                self._task = asyncio.ensure_future(_finish(exchange, work))

    def done(self, exchange: Exchange, status: int) -> None:
        """The response is written: take the next request, wait for one, or close."""
        exchange.account(status)
        if self._current is not exchange:
            return
        self._current = self._task = None
        if self.is_gone:
            return
        if exchange is self._incoming:  # answered before its body was complete
            self._half_close()
        elif (
            exchange.is_last
            or self._context.readiness.leaving
            or (self._has_ended and not self._queue)
        ):
            self._transport.close()
        elif not self.is_blocked:
            self._set_due(self._context.bounds.idle_seconds)
            if self._queue or self._is_reading_paused:
                self._next()

    def _next(self) -> None:
        if self._queue:
            self._begin(self._queue.popleft())
        elif self._is_reading_paused:
            self.resume_reading()

    # --- writing

    def write_head(self, exchange: Exchange, head: bytes, body: bytes) -> None:
        if self.is_gone:
            return
        context = self._context
        is_last = exchange.is_last or context.readiness.leaving or exchange is self._incoming
        parts = (
            head, context.common_headers.current(), exchange.extra_headers,
            b"Connection: close\r\nX-Request-Id: " if is_last else b"X-Request-Id: ",
            exchange.request_id.encode(), b"\r\n\r\n",
        )  # fmt: skip
        if len(body) < COPIED_BODY:
            self._transport.write(b"".join((*parts, body)))
        else:
            self._transport.write(b"".join(parts))
            self._transport.write(body)

    def write(self, data: bytes) -> None:
        if not self.is_gone:
            self._transport.write(data)

    async def drained(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()
        await self._drained

    # --- deadlines, refusing and closing

    def _set_due(self, seconds: float) -> None:
        self.due = self._context.time() + seconds

    def pause_reading(self) -> None:
        if not self._is_reading_paused and not self.is_gone:
            self._is_reading_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._is_reading_paused and not self._queue and not self.is_gone:
            self._is_reading_paused = False
            self._transport.resume_reading()

    def expire(self) -> None:
        """`due` has passed."""
        if self._current is None and not self._parser.is_in_message:
            self._transport.close() if not self.is_blocked else self.abort()
        elif self.is_blocked or self._is_closing:
            self.abort()
        elif self._current is None:
            metrics.slow_senders.inc()
            self._refuse(RequestTimeout("the request did not arrive in time"))
        elif self._current.stream is not None and self._incoming is self._current:
            metrics.slow_senders.inc()
            self._current.stream.fail(RequestTimeout("the body did not arrive in time"))
            self.due = NEVER

    def close_if_idle(self) -> None:
        """Close at once unless a request has begun; otherwise after its response."""
        if self._current is None and not self._parser.is_in_message:
            self._transport.close()

    def _refuse(self, error: TiketiError) -> None:
        """Answer what did not become a request, and close."""
        if self._current is not None:
            # Earlier requests are answered first; if the last of them waits for the very body
            # that is refused, the refusal is its answer.
            last = self._queue[-1] if self._queue else self._current
            last.is_last = True
            self.pause_reading()
            if self._incoming is last and last.stream is not None:
                last.stream.fail(error)
            return
        metrics.count(metrics.REFUSED, error.code)
        context = self._context
        reply = problem_reply(error, context.request_ids.new(), b"Connection: close\r\n")
        self._transport.write(
            b"".join((reply.head, context.common_headers.current(), b"\r\n", reply.body))
        )
        self._half_close()

    def _half_close(self) -> None:
        """Let the client read the response: closing with unread input would reset the
        connection."""
        self._is_closing = True
        self._is_reading_paused = False
        self._set_due(LINGER_SECONDS)
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._transport.write_eof()

    def abort(self) -> None:
        if not self.is_gone:
            self._transport.abort()

    def release(self) -> tuple[asyncio.Transport, bytes, Callable[[], None]]:
        """Hand the transport over to a tunnel; see `Exchange.take_over`."""
        self.is_gone = True
        closed = self._context.registry.release(self)
        return self._transport, self._parser.surplus or b"", closed


async def _finish(exchange: Exchange, work: Coroutine[Any, Any, None]) -> None:
    """Await a handler's work, and turn its failure into a response."""
    try:
        await work
    except (TiketiError, ConnectionResetError) as error:
        if exchange.has_started:
            exchange.cut()
        elif isinstance(error, TiketiError):
            exchange.fail(error)
    except Exception:
        log.exception("request failed", **_names(exchange))
        exchange.cut() if exchange.has_started else exchange.fail(TiketiError())


def _names(exchange: Exchange) -> dict[str, str]:
    return {"path": exchange.request.path, "request_id": exchange.request_id}
