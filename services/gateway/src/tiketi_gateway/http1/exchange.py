"""One request of a client and its response."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from tiketi_gateway import metrics
from tiketi_gateway.domain.headers import Network, client_address
from tiketi_gateway.http1.replies import LAST_CHUNK, Reply, chunk, problem_reply, status_line
from tiketi_gateway.http1.requests import Request
from tiketi_gateway.http1.streams import ByteStream
from tiketi_shared.errors import TiketiError
from tiketi_shared.tracing import Span, well_formed
from tiketi_shared.web import request_id_of

Work = Coroutine[Any, Any, None] | None
"""What is left to do for a response; None when it was given, or a callback will give it."""

Handler = Callable[["Exchange"], Work]


class Connection(Protocol):
    """What an exchange needs of its connection."""

    peer: str
    is_gone: bool
    is_blocked: bool

    @property
    def trusted_proxies(self) -> tuple[Network, ...]: ...

    def new_request_id(self) -> str: ...

    def run(self, exchange: "Exchange", handle: Handler) -> None: ...

    def write_head(self, exchange: "Exchange", head: bytes, body: bytes) -> None: ...

    def write(self, data: bytes) -> None: ...

    async def drained(self) -> None: ...

    def done(self, exchange: "Exchange", status: int) -> None: ...

    def abort(self) -> None: ...

    def release(self) -> tuple[asyncio.Transport, bytes, Callable[[], None]]: ...


class Exchange:
    """`answer` and `fail` send a whole response; `start`, `send` and `finish` send it in parts."""

    __slots__ = (
        "_connection", "_is_chunked", "_request_id", "_status", "extra_headers", "is_last", "label",
        "request", "span", "started", "stream",
    )  # fmt: skip

    def __init__(self, connection: Connection, request: Request) -> None:
        self._connection = connection
        self._request_id = ""
        self._status = 0
        self._is_chunked = False
        self.request = request
        self.stream: ByteStream | None = None
        """The body, where it is streamed."""
        self.is_last = False
        """The connection is closed after it."""
        self.started = time.perf_counter()
        self.label = "unmatched"
        """The route, as metrics name it."""
        self.extra_headers = b""
        """Encoded headers that every response to this request carries, such as CORS."""
        self.span: Span | None = None
        """Of this request, where traces are exported."""

    @property
    def request_id(self) -> str:
        if not self._request_id:
            given = self.request.fields.get(b"x-request-id")
            self._request_id = (
                request_id_of(given.decode("latin-1"))
                if given
                else self._connection.new_request_id()
            )
        return self._request_id

    @property
    def trace(self) -> str:
        """The traceparent for the next hop, "" where there is none."""
        if self.span is not None:
            return self.span.traceparent
        given = self.request.fields.get(b"traceparent")
        return well_formed(given.decode("latin-1")) if given else ""

    @property
    def peer(self) -> str:
        """The address that the connection comes from: a proxy's, where there is one."""
        return self._connection.peer

    @property
    def address(self) -> str:
        """The client's address; X-Forwarded-For counts only from a trusted proxy."""
        forwarded = self.request.fields.get(b"x-forwarded-for")
        if forwarded is None:
            return self._connection.peer
        return client_address(self._connection.peer, forwarded, self._connection.trusted_proxies)

    async def read(self) -> bytes:
        """The whole body. Raises TooLarge, RequestTimeout or ConnectionResetError."""
        return await self.stream.read() if self.stream is not None else self.request.body

    def resume(self, handle: Handler) -> None:
        """Continue after a callback; `handle` may raise, as the first handler may."""
        self._connection.run(self, handle)

    def answer(self, reply: Reply) -> None:
        """Send the whole response. A client that has disconnected meanwhile is no error."""
        body = b"" if self.request.method == "HEAD" else reply.body
        self._connection.write_head(self, reply.head, body)
        self._connection.done(self, reply.status)

    def fail(self, error: TiketiError) -> None:
        self.answer(problem_reply(error, self.request_id))

    def start(self, status: int, headers: bytes, length: int | None) -> None:
        """Begin a response whose body follows by `send` and `finish`."""
        self._status = status
        is_head = self.request.method == "HEAD"
        self._is_chunked = length is None and not self.request.is_http10 and not is_head
        framing = b""
        if length is not None:
            framing = b"Content-Length: %d\r\n" % length
        elif self._is_chunked:
            framing = b"Transfer-Encoding: chunked\r\n"
        self._connection.write_head(self, status_line(status) + headers + framing, b"")

    async def send(self, data: bytes) -> None:
        """Write a part of the body and wait until the client can take more.

        Raises ConnectionResetError when the client has disconnected.
        """
        connection = self._connection
        if connection.is_gone:
            raise ConnectionResetError("the client disconnected")
        if self.request.method == "HEAD" or not data:
            return
        connection.write(chunk(data) if self._is_chunked else data)
        if connection.is_blocked:
            await connection.drained()

    def finish(self) -> None:
        """End a response given in parts."""
        if self._is_chunked:
            self._connection.write(LAST_CHUNK)
        self._connection.done(self, self._status)

    def cut(self) -> None:
        """Cut the connection, so that the client notices that the response is incomplete."""
        self.account(self._status)
        self._connection.abort()

    def account(self, status: int) -> None:
        """Count the response, and end the span of the request."""
        label, method = self.label, self.request.method
        metrics.answered(label, method, status, time.perf_counter() - self.started)
        if self.span is not None:
            self.span.end({"http.response.status_code": status}, failed=status >= 500)
            self.span = None

    @property
    def has_started(self) -> bool:
        return self._status != 0

    def take_over(self) -> tuple[asyncio.Transport, bytes, Callable[[], None]]:
        """For a tunnel: the transport, what the client sent after its request, and what to call
        when the transport is closed."""
        self.account(101)
        return self._connection.release()
