"""A connection to an instance of a service: a parser and a transport, one request at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol, cast

from tiketi_gateway.domain.headers import Headers
from tiketi_gateway.errors import OutcomeUnknown, UpstreamTimeout
from tiketi_gateway.http1.outgoing import Outgoing
from tiketi_gateway.http1.replies import LAST_CHUNK, chunk
from tiketi_gateway.http1.responses import MalformedResponse, ResponseParser
from tiketi_gateway.http1.streams import ByteStream

SMALL_BODY = 131072
"""A response of known length up to this is collected and handed over whole."""

STALL_SECONDS = 15.0
"""Between two parts of a response at the most; an endless one may pause as long as it likes."""

NEVER = float("inf")


class HungUp(Exception):
    """The connection was lost before the response was complete."""


class TimedOut(Exception):
    """No response by the deadline."""


class Incoming:
    """A service's response: whole in `body`, or else to be read from `chunks()` and closed."""

    __slots__ = ("_connection", "_stream", "body", "headers", "length", "status")

    def __init__(  # noqa: PLR0913, PLR0917  as many parts as a response has
        self, status: int, headers: Headers, body: bytes | None, length: int | None,
        connection: "ClientConnection", stream: ByteStream,
    ) -> None:  # fmt: skip
        self.status = status
        self.headers = headers
        self.body = body
        self.length = length
        self._connection, self._stream = connection, stream

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises HungUp when it ends too early, TimedOut when it stops."""
        async for part in self._stream:
            yield part

    def close(self) -> None:
        """Drop the rest; harmless after the end."""
        if self.body is None:
            self._connection.abandon(self._stream)

    def take_over(self) -> tuple[asyncio.Transport, bytes, Callable[[], None]]:
        """After a 101: the transport, what the service sent after its response, and what to call
        when the transport is closed."""
        return self._connection.take_over()

    async def read(self) -> bytes:
        """The whole body. Raises OutcomeUnknown or UpstreamTimeout when the rest does not
        arrive."""
        if self.body is not None:
            return self.body
        try:
            return await self._stream.read()
        except HungUp as error:
            raise OutcomeUnknown("the service's response broke off", retry_after=1) from error
        except TimedOut as error:
            raise UpstreamTimeout("the service's response stopped half way") from error


class Pool(Protocol):
    """Keeps the connections to one instance."""

    busy: "set[ClientConnection]"
    """Those with a deadline; `expire` is called when it has passed."""

    def free(self, connection: "ClientConnection") -> None:
        """The response is complete: the connection may take another request."""

    def lost(self, connection: "ClientConnection") -> None:
        """The connection is closed; called once for each."""


class ClientConnection(asyncio.Protocol):
    """`is_pooled` says that the pool counts it; tunnels and endless responses are not counted."""

    __slots__ = (
        "_answer", "_drained", "_is_streaming", "_parser", "_pool", "_stream", "deadline",
        "idle_since", "is_closed", "is_pooled", "transport",
    )  # fmt: skip

    def __init__(self, pool: Pool, *, is_pooled: bool) -> None:
        self._pool = pool
        self.is_pooled = is_pooled
        self.is_closed = False
        self.deadline = 0.0
        self.idle_since = 0.0
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._stream = ByteStream(self)
        """The body of the last response that was not handed over whole."""
        self._is_streaming = False
        self._drained: asyncio.Future[None] | None = None
        self._answer: asyncio.Future[Incoming] | None = None
        self._parser = ResponseParser()

    # --- sending

    async def send(self, request: Outgoing, host_header: bytes, deadline: float) -> Incoming:
        """The response. Raises HungUp, TimedOut, or what reading a streamed body raises."""
        head, body = request.head(host_header), request.body
        if isinstance(body, bytes):
            return await self._begin(head + body if body else head, deadline)
        return await self._send_streamed(head, body, deadline, is_chunked=request.is_chunked)

    def _begin(self, data: bytes, deadline: float) -> "asyncio.Future[Incoming]":
        self._parser.reset()
        self._is_streaming = False
        self.deadline = deadline
        self._answer = asyncio.get_running_loop().create_future()
        self._pool.busy.add(self)
        self.transport.write(data)
        return self._answer

    async def _send_streamed(
        self, head: bytes, body: AsyncIterator[bytes], deadline: float, *, is_chunked: bool
    ) -> Incoming:
        """Send the body while waiting for the response, which may arrive before the body's end."""
        answer = self._begin(head, deadline)
        sending = asyncio.ensure_future(self._send_body(body, is_chunked=is_chunked))
        try:
            either: set[asyncio.Future[Any]] = {answer, sending}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and (error := sending.exception()) is not None:
                answer.cancel()
                self.transport.abort()
                raise error
            return await answer
        finally:
            if not sending.done():
                sending.cancel()
                self.transport.close()

    async def _send_body(self, body: AsyncIterator[bytes], *, is_chunked: bool) -> None:
        """No faster than the service takes it."""
        async for part in body:
            if self.is_closed:
                return
            self.transport.write(chunk(part) if is_chunked else part)
            if self._drained is not None:
                await self._drained
        if is_chunked and not self.is_closed:
            self.transport.write(LAST_CHUNK)

    # --- called by the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None and not self._is_streaming:
            self.transport.abort()  # it sent something without a request
            return
        parser = self._parser
        try:
            parser.feed(data)
        except MalformedResponse as error:
            self._fail(HungUp(f"not an HTTP response: {error}"))
            self.transport.abort()
            return
        if self._answer is not None:
            if parser.is_complete:
                self._deliver(parser.take_body())
            elif parser.has_head and (parser.length is None or parser.length > SMALL_BODY):
                self._begin_streaming()
        else:
            self._feed_stream()
        if parser.is_complete:
            self._rest()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._fail(HungUp(str(error or "the service closed the connection")))
        self._pool.lost(self)

    def pause_writing(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    # --- called by the stream

    def pause_reading(self) -> None:
        self.transport.pause_reading()
        self.deadline = NEVER  # the client is slow, not the service

    def resume_reading(self) -> None:
        if not self.is_closed:
            self.transport.resume_reading()
            self.deadline = _stalled_at()

    # --- the response

    def _deliver(self, body: bytes | None) -> None:
        answer, self._answer = self._answer, None
        if body is None and self.is_pooled:
            self.deadline = _stalled_at()
        else:
            self._pool.busy.discard(self)
        if answer is not None and not answer.done():
            parser = self._parser
            answer.set_result(
                Incoming(parser.status, parser.headers, body, parser.length, self, self._stream)
            )
        elif body is None:
            self.transport.abort()  # the one that asked has given up

    def _begin_streaming(self) -> None:
        self._is_streaming = True
        self._stream = ByteStream(self)
        self._deliver(None)
        if self._parser.body_size:
            self._stream.feed(self._parser.take_body())

    def _feed_stream(self) -> None:
        if self._parser.body_size:
            self.deadline = _stalled_at()
            self._stream.feed(self._parser.take_body())
        if self._parser.is_complete:
            self._is_streaming = False
            self._stream.end()

    def _rest(self) -> None:
        """The response is complete: keep the connection if both sides can."""
        if self.is_closed:
            return
        if self._parser.status == 101:
            self.transport.pause_reading()  # what follows is the tunnel's
            return
        self.transport.resume_reading()
        if not self._parser.is_kept_alive or self.transport.get_write_buffer_size():
            self.transport.close()
        self._pool.free(self)

    # --- ends

    def abandon(self, stream: ByteStream) -> None:
        """Give up the response whose body `stream` is, unless it is complete."""
        if stream is self._stream and self._is_streaming and not self.is_closed:
            self.transport.abort()

    def expire(self) -> None:
        """The deadline has passed."""
        self._fail(TimedOut())
        self.transport.abort()

    def _fail(self, error: Exception) -> None:
        self._pool.busy.discard(self)
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(error)
        if self._is_streaming:
            self._stream.fail(error)

    def take_over(self) -> tuple[asyncio.Transport, bytes, Callable[[], None]]:
        self.is_closed = True
        return self.transport, self._parser.surplus, lambda: self._pool.lost(self)


def _stalled_at() -> float:
    return asyncio.get_running_loop().time() + STALL_SECONDS
