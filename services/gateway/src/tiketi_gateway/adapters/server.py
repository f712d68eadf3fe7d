"""The edge's own HTTP/1.1 server: llhttp in front, one object per connection, no task per request.

Why not aiohttp's: docs/decisions/0010-an-edge-of-its-own.md. In short: an answer from memory costs
half of what it costs there, a connection can be handed over to a tunnel, and every state that a
slow or hostile client can leave a connection in has a deadline.

A connection is always in one of these states, and `due` is when it must have left it:

    header    from the first byte (or the connection) to the end of the header   HEADER_SECONDS
    body      until the body is whole, or its reader has fallen behind           BODY_SECONDS
    busy      a handler is at work: bounded by the services' time-outs           -
    stuck     the client does not read its answer                                BODY_SECONDS
    idle      kept alive, nothing asked                                          IDLE_SECONDS
    linger    refused and half closed, so that the refusal is read               2 s

One sweeper looks at all connections twice a second, which costs less than a timer each. Requests
that come before the one in hand is answered (pipelining) wait in order, and reading stops.
"""

import asyncio
import functools
import itertools
import secrets
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, cast

import httptools

from tiketi_gateway import metrics
from tiketi_gateway.adapters.replies import Reply, problem_reply, status_line
from tiketi_gateway.domain.headers import Headers, Network, client_address, is_in
from tiketi_gateway.errors import (
    HeaderTooLarge,
    MalformedRequest,
    RequestTimeout,
    VersionNotSupported,
)
from tiketi_shared import errors
from tiketi_shared.health import Readiness
from tiketi_shared.logs import get_logger
from tiketi_shared.tracing import Span, well_formed
from tiketi_shared.web import request_id_of

log = get_logger(__name__)

BUFFERED_BODY = 65536
"""A body of known length up to this is handed to the handler whole."""

STREAM_AHEAD = 262144
"""Bytes of a streamed body that may wait for their reader before we stop reading."""

COPIED_BODY = 32768
"""A body up to this is joined to its head: one write costs more than the copy."""

MAX_HEADERS = 100
MAX_PIPELINED = 32
LINGER_SECONDS = 2.0
SWEEP_SECONDS = 0.5
NEVER = float("inf")

Work = Coroutine[Any, Any, None] | None
"""What is left to do for an answer; None where it was given, or will be by a callback."""

Handler = Callable[["Exchange"], Work]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one connection may take; see the settings of the same names."""

    max_connections: int
    max_connections_per_address: int
    max_header_bytes: int
    header_seconds: float
    body_seconds: float
    idle_seconds: float
    trusted_proxies: tuple[Network, ...] = ()


class BodyStream:
    """A request's body as it comes, for one reader.

    Raises TooLarge past `limit`, RequestTimeout when it stops coming, ConnectionResetError when the
    client is gone.
    """

    __slots__ = (
        "_ahead",
        "_chunks",
        "_connection",
        "_ended",
        "_error",
        "_limit",
        "_total",
        "_wake",
    )

    def __init__(self, connection: "Connection", limit: int) -> None:
        self._connection = connection
        self._limit = limit
        self._chunks: deque[bytes] = deque()
        self._ahead = self._total = 0
        self._ended = False
        self._error: Exception | None = None
        self._wake: asyncio.Future[None] | None = None

    def feed(self, data: bytes) -> None:
        self._total += len(data)
        if self._total > self._limit:
            self.fail(errors.TooLarge(f"the body is larger than {self._limit} bytes"))
            return
        self._chunks.append(data)
        self._ahead += len(data)
        if self._ahead > STREAM_AHEAD:
            self._connection.hold_reading()
        self._rouse()

    def end(self) -> None:
        self._ended = True
        self._rouse()

    def fail(self, error: Exception) -> None:
        self._error = self._error or error
        self._rouse()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            if self._error is not None:
                raise self._error
            if self._chunks:
                chunk = self._chunks.popleft()
                self._ahead -= len(chunk)
                if self._ahead <= STREAM_AHEAD // 2:
                    self._connection.go_on_reading()
                yield chunk
            elif self._ended:
                return
            else:
                self._wake = asyncio.get_running_loop().create_future()
                await self._wake

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self])

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


class Exchange:
    """One request and its answer.

    `path` is the raw path without its query, checked to have no dot segments, empty segments or
    encoded slashes; `fields` maps lower-case header names to (last) values, `headers` has them all
    in order; the body is either whole in `body` or comes through `stream`.
    """

    __slots__ = (
        "_connection", "_is_chunked", "_request_id", "_status", "body", "fields", "headers",
        "is_last", "is_old", "label", "lines", "method", "path", "query", "span", "started",
        "stream", "target",
    )  # fmt: skip

    def __init__(
        self, connection: "Connection", method: str, target: bytes, headers: Headers,
        fields: dict[bytes, bytes],
    ) -> None:  # fmt: skip
        self._connection = connection
        self._request_id = ""
        self._status = 0
        self._is_chunked = False
        self.is_old = False
        """HTTP/1.0, which knows no chunks."""
        self.is_last = False
        """The connection is to be closed after it."""
        self.method = method
        self.target = target
        path, _, self.query = target.partition(b"?")
        self.path = path.decode("ascii")
        self.headers = headers
        self.fields = fields
        self.body = b""
        self.stream: BodyStream | None = None
        self.started = time.perf_counter()
        self.label = "unmatched"
        self.lines = b""
        """Header lines that every answer to this request carries, such as CORS."""
        self.span: Span | None = None
        """Of this request, where traces are exported."""

    @property
    def request_id(self) -> str:
        if not self._request_id:
            given = self.fields.get(b"x-request-id")
            self._request_id = (
                request_id_of(given.decode("latin-1"))
                if given
                else self._connection.server.new_id()
            )
        return self._request_id

    @property
    def trace(self) -> str:
        """The traceparent of this request for the next hop, "" where there is none."""
        if self.span is not None:
            return self.span.traceparent
        given = self.fields.get(b"traceparent")
        return well_formed(given.decode("latin-1")) if given else ""

    @property
    def peer(self) -> str:
        """The address of whoever is connected: a proxy's, where there is one."""
        return self._connection.peer

    @property
    def address(self) -> str:
        """The address of whoever is asking, as far as it can be believed."""
        forwarded = self.fields.get(b"x-forwarded-for")
        if forwarded is None:
            return self._connection.peer
        trusted = self._connection.server.bounds.trusted_proxies
        return client_address(self._connection.peer, forwarded, trusted)

    @property
    def host(self) -> str:
        return self.fields.get(b"host", b"").decode("latin-1").lower()

    def field(self, name: bytes) -> str | None:
        value = self.fields.get(name)
        return value.decode("latin-1") if value is not None else None

    async def read(self) -> bytes:
        """The whole body. Raises TooLarge or ConnectionError."""
        return await self.stream.read() if self.stream is not None else self.body

    def go_on(self, handle: Callable[[], Work]) -> None:
        """Handle it further, after a callback's wait."""
        self._connection.run(self, handle)

    def answer(self, reply: Reply) -> None:
        """Answer in one write. A client that has gone meanwhile is no error."""
        body = b"" if self.method == "HEAD" else reply.body
        self._connection.write_head(self, reply.head, body)
        self._connection.done(self, reply.status)

    def fail(self, error: errors.TiketiError) -> None:
        self.answer(problem_reply(error, self.request_id))

    def start(self, status: int, lines: bytes, length: int | None) -> None:
        """Begin an answer whose body follows by `send` and `finish`."""
        self._status = status
        self._is_chunked = length is None and not self.is_old and self.method != "HEAD"
        framing = b""
        if length is not None:
            framing = b"Content-Length: %d\r\n" % length
        elif self._is_chunked:
            framing = b"Transfer-Encoding: chunked\r\n"
        self._connection.write_head(self, status_line(status) + lines + framing, b"")

    async def send(self, data: bytes) -> None:
        """Write a part of the body and wait until the client can take more.

        Raises ConnectionResetError when it is gone.
        """
        connection = self._connection
        if connection.is_gone:
            raise ConnectionResetError("the client is gone")
        if self.method == "HEAD" or not data:
            return
        connection.write(b"%x\r\n%b\r\n" % (len(data), data) if self._is_chunked else data)
        if connection.is_stuck:
            await connection.drained()

    def finish(self) -> None:
        """End a streamed answer."""
        if self._is_chunked:
            self._connection.write(b"0\r\n\r\n")
        self._connection.done(self, self._status)

    def cut(self) -> None:
        """End a streamed answer that cannot be completed, so that the client notices."""
        self.account(self._status)
        self._connection.abort()

    def account(self, status: int) -> None:
        """It is answered: count it, and end its span."""
        metrics.answered(self.label, self.method, status, time.perf_counter() - self.started)
        if self.span is not None:
            self.span.end({"http.response.status_code": status}, failed=status >= 500)
            self.span = None

    @property
    def has_started(self) -> bool:
        return self._status != 0

    def take_over(self) -> tuple[asyncio.Transport, bytes, Callable[[], None]]:
        """The connection itself, for a tunnel; what the client sent past its request; and what to
        call when the transport is closed."""
        self.account(101)
        return self._connection.release()


class Connection(asyncio.Protocol):
    """One client's connection. See the module for its states."""

    __slots__ = (
        "_chunk", "_current", "_drained", "_has_ended", "_headers", "_in_header", "_in_message",
        "_incoming", "_linger", "_parser", "_queue", "_reading_held", "_size", "_surplus",
        "_target", "_task", "_transport", "due", "is_gone", "is_stuck", "peer", "server",
    )  # fmt: skip

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.peer = ""
        self.due = NEVER
        self.is_gone = False
        self.is_stuck = False
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._parser = httptools.HttpRequestParser(self)
        self._current: Exchange | None = None
        self._queue: deque[Exchange] = deque()
        self._task: asyncio.Task[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._has_ended = False
        self._linger = False
        self._reading_held = False
        self._surplus = b""
        self._in_message = False
        self._in_header = True
        self._size = self._chunk = 0
        self._target = b""
        self._headers: Headers = []
        self._incoming: Exchange | None = None

    # --- the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peername = self._transport.get_extra_info("peername")
        self.peer = peername[0] if peername else ""
        self.due = self.server.time() + self.server.bounds.header_seconds
        refusal = self.server.admit(self)
        if refusal is not None:
            self._refuse(refusal)

    def connection_lost(self, _: Exception | None) -> None:
        self.is_gone = True
        self.is_stuck = False
        self.server.forget(self)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        for exchange in (*self._queue, self._current, self._incoming):
            if exchange is not None and exchange.stream is not None:
                exchange.stream.fail(ConnectionResetError("the client is gone"))
        self._queue.clear()
        if self._current is not None and self._current.has_started and self._task is not None:
            self._task.cancel()  # a stream for nobody

    def eof_received(self) -> bool:
        """A client may stop sending and still wait for its answer."""
        self._has_ended = True
        if self._incoming is not None:
            self.abort()  # in the middle of a body
        return self._current is not None

    def data_received(self, data: bytes) -> None:
        if self._linger:
            return
        self._chunk = len(data)
        if self._in_header:
            self._size += self._chunk
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._surplus = data[upgrade.args[0] :]
            self.hold_reading()
        except httptools.HttpParserCallbackError as error:
            reason = error.__context__
            self._refuse(reason if isinstance(reason, errors.TiketiError) else MalformedRequest())
        except httptools.HttpParserError as error:
            self._refuse(MalformedRequest(str(error)))
        else:
            if not self._in_message:
                self._size = 0
            elif self._in_header and self._size > self.server.bounds.max_header_bytes:
                self._refuse(HeaderTooLarge())

    def pause_writing(self) -> None:
        self.is_stuck = True
        self.due = self.server.time() + self.server.bounds.body_seconds

    def resume_writing(self) -> None:
        self.is_stuck = False
        self.due = NEVER if self._current is not None else self._idle_until()
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._current is None:
            self._next()

    # --- the parser's side

    def on_message_begin(self) -> None:
        self._in_message = True
        self._target = b""
        self._headers = []
        if self._current is None:
            self.due = self.server.time() + self.server.bounds.header_seconds

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_header:  # trailers are dropped
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._in_header = False
        headers = self._headers
        fields = dict(headers)
        if max(self._size, self._chunk) > self.server.bounds.max_header_bytes:
            self._check_size()
        _check_header(self._parser, self._target, headers, fields)
        method = self._parser.get_method().decode()
        exchange = Exchange(self, method, self._target, headers, fields)
        exchange.is_old = self._parser.get_http_version() == "1.0"
        self._incoming = exchange
        if b"content-length" in fields or b"transfer-encoding" in fields:
            self._expect_body(exchange, fields)

    def on_body(self, data: bytes) -> None:
        exchange = self._incoming
        if exchange is None:
            return
        if exchange.stream is not None:
            exchange.stream.feed(data)
        else:
            exchange.body = exchange.body + data if exchange.body else data

    def on_message_complete(self) -> None:
        exchange = self._incoming
        self._incoming = None
        self._in_message = False
        self._in_header = True
        self._size = 0
        if exchange is None:
            return
        parser = self._parser
        if exchange.is_old or not parser.should_keep_alive() or parser.should_upgrade():
            exchange.is_last = True
        if exchange.stream is not None:
            exchange.stream.end()
        else:
            self._accept(exchange)

    def _check_size(self) -> None:
        size = len(self._target) + sum(len(name) + len(value) + 4 for name, value in self._headers)
        if size > self.server.bounds.max_header_bytes:
            raise HeaderTooLarge

    def _expect_body(self, exchange: Exchange, fields: dict[bytes, bytes]) -> None:
        limit = self.server.body_limit(exchange.path)
        length = int(fields.get(b"content-length", b"0"))
        if length > limit:
            raise errors.TooLarge(f"the body is larger than {limit} bytes")
        self.due = self.server.time() + self.server.bounds.body_seconds
        if fields.get(b"expect", b"").lower() == b"100-continue" and self._current is None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if b"transfer-encoding" in fields or length > BUFFERED_BODY:
            exchange.stream = BodyStream(self, limit)
            self._accept(exchange)

    # --- the exchanges, one after the other

    def _accept(self, exchange: Exchange) -> None:
        if self._current is None and not self.is_stuck:
            self._begin(exchange)
            return
        self._queue.append(exchange)
        self.hold_reading()
        if len(self._queue) > MAX_PIPELINED:
            self.abort()

    def _begin(self, exchange: Exchange) -> None:
        self._current = exchange
        if exchange.stream is None:
            self.due = NEVER
        self.run(exchange, functools.partial(self.server.handle, exchange))

    def run(self, exchange: Exchange, handle: Callable[[], Work]) -> None:
        """Let it be handled, and answer for its failure."""
        try:
            work = handle()
        except errors.TiketiError as error:
            exchange.fail(error)
        except Exception:
            log.exception("request failed", path=exchange.path, request_id=exchange.request_id)
            exchange.fail(errors.TiketiError())
        else:
            if work is not None:
                self._task = asyncio.ensure_future(_finish(exchange, work))

    def done(self, exchange: Exchange, status: int) -> None:
        """The answer is written: on to the next request, or to rest, or to the end."""
        exchange.account(status)
        if self._current is not exchange:
            return
        self._current = self._task = None
        if self.is_gone:
            return
        if exchange is self._incoming:  # answered before its body had come
            self._half_close()
        elif (
            exchange.is_last
            or self.server.readiness.leaving
            or (self._has_ended and not self._queue)
        ):
            self._transport.close()
        elif not self.is_stuck:
            self.due = self._idle_until()
            self._next()

    def _next(self) -> None:
        if self._queue:
            self._begin(self._queue.popleft())
        elif self._reading_held:
            self.go_on_reading()

    def _idle_until(self) -> float:
        return self.server.time() + self.server.bounds.idle_seconds

    def write_head(self, exchange: Exchange, head: bytes, body: bytes) -> None:
        if self.is_gone:
            return
        server = self.server
        closing = exchange.is_last or server.readiness.leaving or exchange is self._incoming
        lines = (
            head, server.common_lines(), exchange.lines,
            b"Connection: close\r\nX-Request-Id: " if closing else b"X-Request-Id: ",
            exchange.request_id.encode(), b"\r\n\r\n",
        )  # fmt: skip
        if len(body) < COPIED_BODY:
            self._transport.write(b"".join((*lines, body)))
        else:
            self._transport.write(b"".join(lines))
            self._transport.write(body)

    def write(self, data: bytes) -> None:
        if not self.is_gone:
            self._transport.write(data)

    async def drained(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()
        await self._drained

    # --- holding back and ending

    def hold_reading(self) -> None:
        if not self._reading_held and not self.is_gone:
            self._reading_held = True
            self._transport.pause_reading()

    def go_on_reading(self) -> None:
        if self._reading_held and not self._queue and not self.is_gone:
            self._reading_held = False
            self._transport.resume_reading()

    def overdue(self) -> None:
        """The sweeper found `due` passed."""
        if self._current is None and not self._in_message:
            self._transport.close() if not self.is_stuck else self.abort()
        elif self.is_stuck or self._linger:
            self.abort()
        elif self._current is None:
            metrics.slow_senders.inc()
            self._refuse(RequestTimeout("the request did not come in time"))
        elif self._current.stream is not None and self._incoming is self._current:
            metrics.slow_senders.inc()
            self._current.stream.fail(RequestTimeout("the body did not come in time"))
            self.due = NEVER

    def leave(self) -> None:
        """The server is leaving: close at once when nothing is in hand, else after the answer."""
        if self._current is None and not self._in_message:
            self._transport.close()

    def _refuse(self, error: errors.TiketiError) -> None:
        """Answer what never became a request, and close."""
        if self._current is not None:
            # Answers are owed first; if one waits for the very body that is wrong, it is this one.
            last = self._queue[-1] if self._queue else self._current
            last.is_last = True
            self.hold_reading()
            if self._incoming is last and last.stream is not None:
                last.stream.fail(error)
            return
        metrics.count(metrics.REFUSED, error.code)
        reply = problem_reply(error, self.server.new_id(), b"Connection: close\r\n")
        self._transport.write(
            b"".join((reply.head, self.server.common_lines(), b"\r\n", reply.body))
        )
        self._half_close()

    def _half_close(self) -> None:
        """Let the client read the answer: closing with unread input would reset the connection."""
        self._linger = True
        self._reading_held = False
        self.due = self.server.time() + LINGER_SECONDS
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._transport.write_eof()

    def abort(self) -> None:
        if not self.is_gone:
            self._transport.abort()

    def release(self) -> tuple[asyncio.Transport, bytes, Callable[[], None]]:
        """Hand the transport over: it counts on until the callable is called."""
        self.is_gone = True
        self.server.connections.discard(self)
        return self._transport, self._surplus, functools.partial(self.server.uncount, self.peer)


class Server:
    """Makes a `Connection` for each client, and ends them all in good order.

    Takes the place of aiohttp's `web.Server` under a runner: callable as a protocol factory, with
    `pre_shutdown` and `shutdown`. `body_limit` gives the most bytes that a path's body may have;
    `policy` is header lines for every answer. From when `readiness` says that it is leaving, each
    answer is the last on its connection, so that clients that keep theirs go elsewhere in time.
    """

    def __init__(
        self, handle: Handler, bounds: Bounds, body_limit: Callable[[str], int], policy: bytes,
        readiness: Readiness,
    ) -> None:  # fmt: skip
        self.handle = handle
        self.bounds = bounds
        self.body_limit = body_limit
        self.readiness = readiness
        self.connections: set[Connection] = set()
        self.time: Callable[[], float] = time.monotonic
        self._count = 0
        self._per_address: Counter[str] = Counter()
        self._policy = policy
        self._common, self._common_until = b"", 0.0
        self._ids = itertools.count(secrets.randbits(31))
        self._prefix = secrets.token_hex(4)
        self._sweeper: asyncio.Task[None] | None = None

    def __call__(self) -> Connection:
        if self._sweeper is None:
            self.time = asyncio.get_running_loop().time
            self._sweeper = asyncio.ensure_future(self._sweep())
        return Connection(self)

    def new_id(self) -> str:
        """A request id, unlike any other's."""
        return f"{self._prefix}{next(self._ids) & 0xFFFFFFFF:08x}"

    def common_lines(self) -> bytes:
        """Date and policy, made anew once a second."""
        now = time.time()
        if now >= self._common_until:
            self._common_until = int(now) + 1
            self._common = b"Date: %b\r\n%b" % (formatdate(now, usegmt=True).encode(), self._policy)
        return self._common

    def admit(self, connection: Connection) -> errors.TiketiError | None:
        """Count the connection in; the reason why not, where there is one."""
        if self._count >= self.bounds.max_connections:
            return errors.Unavailable("too many connections", retry_after=5)
        trusted = is_in(connection.peer, self.bounds.trusted_proxies)
        count = self._per_address[connection.peer]
        if not trusted and count >= self.bounds.max_connections_per_address:
            return errors.TooManyRequests("too many connections from your address", retry_after=5)
        self.connections.add(connection)
        self._count += 1
        self._per_address[connection.peer] += 1
        metrics.connections.inc()
        return None

    def forget(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.discard(connection)
            self.uncount(connection.peer)

    def uncount(self, peer: str) -> None:
        """A connection that was counted in is closed."""
        self._count -= 1
        metrics.connections.dec()
        self._per_address[peer] -= 1
        if self._per_address[peer] <= 0:
            del self._per_address[peer]

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = self.time()
            for connection in [each for each in self.connections if each.due < now]:
                connection.overdue()

    def pre_shutdown(self) -> None:
        self.readiness.leaving = True
        for connection in list(self.connections):
            connection.leave()

    async def shutdown(self, timeout: float | None = None) -> None:
        """Wait for work in hand, at most `timeout` seconds; then cut what is left."""
        deadline = time.monotonic() + (timeout or 0.0)
        while self.connections and time.monotonic() < deadline:  # noqa: ASYNC110  bounded by time
            await asyncio.sleep(0.05)
        for connection in list(self.connections):
            connection.abort()
        if self._sweeper is not None:
            self._sweeper.cancel()


def _check_header(
    parser: httptools.HttpRequestParser, target: bytes, headers: Headers, fields: dict[bytes, bytes]
) -> None:
    """Raises the refusal of a header that is well-formed for llhttp but not for us."""
    version = parser.get_http_version()
    if version not in ("1.1", "1.0"):
        raise VersionNotSupported(f"HTTP/{version} is not spoken here")
    if len(headers) > MAX_HEADERS:
        raise HeaderTooLarge(f"more than {MAX_HEADERS} headers")
    if len(headers) != len(fields) and sum(name == b"host" for name, _ in headers) > 1:
        raise MalformedRequest("more than one Host")
    if version == "1.1" and b"host" not in fields:
        raise MalformedRequest("no Host")
    if b"transfer-encoding" in fields and (
        version == "1.0" or fields[b"transfer-encoding"].lower() != b"chunked"
    ):
        raise MalformedRequest("a Transfer-Encoding other than chunked")
    _check_target(target)


def _check_target(target: bytes) -> None:
    """A path must mean the same to us and to the service behind us."""
    path = target.partition(b"?")[0]
    lowered = path.lower() if b"%" in path else path
    if (
        not path.startswith(b"/")
        or not path.isascii()
        or b"//" in path
        or b"\\" in path
        or b"/./" in path
        or b"/../" in path
        or path.endswith((b"/.", b"/.."))
        or (lowered is not path and any(code in lowered for code in _AMBIGUOUS))
    ):
        raise MalformedRequest("the path is ambiguous")


_AMBIGUOUS = (b"%2e", b"%2f", b"%5c", b"%00", b"%25")


async def _finish(exchange: Exchange, work: Coroutine[Any, Any, None]) -> None:
    """Await a handler's work and turn its failure into an answer."""
    try:
        await work
    except (errors.TiketiError, ConnectionResetError) as error:
        if exchange.has_started:
            exchange.cut()
        elif isinstance(error, errors.TiketiError):
            exchange.fail(error)
    except Exception:
        log.exception("request failed", path=exchange.path, request_id=exchange.request_id)
        exchange.cut() if exchange.has_started else exchange.fail(errors.TiketiError())
