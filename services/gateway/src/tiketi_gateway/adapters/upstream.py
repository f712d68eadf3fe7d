"""The services behind the edge: keep-alive connections, least busy instance, early refusal.

A `Service` has instances. A request goes to the least busy one that is well (`domain/breaker.py`),
over a connection that is kept; each instance has a bounded number of connections and a bounded
line for them, so that a service that slows down is refused for early instead of piling up. A
request is sent a second time only where that is safe: nothing of it was sent, or repeating it
changes nothing.

Sessions of an instance's connections are watched by one sweeper per service, which also probes
`/readyz`: an instance that leaves is passed over before it stops listening, and one that was given
up comes back. Names are resolved anew every few seconds, so that instances may come and go.
"""

import asyncio
import contextlib
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import httptools

from tiketi_gateway import metrics
from tiketi_gateway.domain.breaker import CLOSED, Candidate, choose
from tiketi_gateway.domain.headers import Headers
from tiketi_gateway.errors import OutcomeUnknown, ServiceUnavailable, UpstreamTimeout
from tiketi_shared.logs import get_logger
from tiketi_shared.loops import LoopKeeper, running

log = get_logger(__name__)

CONNECTIONS = 64
"""Open to one instance at the most, but for tunnels and streams."""

WAITING = 512
"""Requests in line for a connection to one instance; one more is refused."""

CONNECT_SECONDS = 1.0
PROBE_SECONDS = 1.0
RESOLVE_SECONDS = 5.0
SWEEP_SECONDS = 0.1
RESTART_SECONDS = 1.0
IDLE_SECONDS = 15.0
"""Shorter than any service keeps an idle connection, so that we hang up first."""

STREAM_AHEAD = 262144
"""Bytes of an answer that may wait for the client before we stop reading."""

SMALL_ANSWER = 131072
"""An answer of known length up to this is collected and handed over whole."""

STALL_SECONDS = 15.0
"""Between two parts of an answer at the most; an endless one may rest as long as it likes."""

NEVER = float("inf")
MAX_TRIES = 3
LAST_RESORT_SECONDS = 0.1


class ConnectFailed(Exception):
    """No connection: nothing was sent. `refused` tells a clear no from no answer in time."""

    def __init__(self, message: str, *, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused


class HungUp(Exception):
    """The connection was lost before the whole answer had come."""


class TimedOut(Exception):
    """No answer by the deadline."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to a service: `lines` are header lines without Host and framing.

    `repeatable` says that sending it twice does no more than sending it once. `seconds` is how long
    it may take in all.
    """

    method: bytes
    target: bytes
    lines: bytes
    body: bytes | AsyncIterator[bytes] = b""
    length: int | None = None
    """Of a streamed body, where it is known."""
    repeatable: bool = False
    seconds: float = 10.0
    streaming: bool = False
    """The answer may take for ever (Server-Sent Events): only its beginning has a deadline, and it
    takes no place among the bounded connections."""


class Incoming:
    """A service's answer. Whole in `body`, or else to be read from `chunks()`, and to be closed."""

    __slots__ = ("_connection", "body", "headers", "length", "status")

    def __init__(
        self, status: int, headers: Headers, body: bytes | None, length: int | None,
        connection: "Connection",
    ) -> None:  # fmt: skip
        self.status = status
        self.headers = headers
        self.body = body
        self.length = length
        self._connection = connection

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises HungUp when it ends too early, TimedOut when it stops."""
        async for chunk in self._connection.chunks():
            yield chunk

    def close(self) -> None:
        """Give up the rest; harmless after the end."""
        if self.body is None:
            self._connection.abandon()

    def take_over(self) -> tuple[asyncio.Transport, bytes]:
        """The transport after a 101, and what the service sent past its answer."""
        return self._connection.take_over()

    async def read(self) -> bytes:
        """The whole body. Raises OutcomeUnknown or UpstreamTimeout when its rest does not come."""
        if self.body is not None:
            return self.body
        try:
            return b"".join([chunk async for chunk in self.chunks()])
        except HungUp as error:
            raise OutcomeUnknown("the answer broke off", retry_after=1) from error
        except TimedOut as error:
            raise UpstreamTimeout("the answer stopped half way") from error


class Connection(asyncio.Protocol):
    """One connection to one instance, with at most one request on it."""

    __slots__ = (
        "_ahead", "_answer", "_body", "_chunks", "_complete", "_drained", "_error", "_headers",
        "_in_header", "_instance",
        "_is_kept", "_length", "_parser", "_size", "_status", "_surplus", "_wake",
        "deadline", "idle_since", "is_closed", "is_pooled", "transport",
    )  # fmt: skip

    def __init__(self, instance: "Instance", *, is_pooled: bool) -> None:
        self._instance = instance
        self.is_pooled = is_pooled
        self.is_closed = False
        self.deadline = 0.0
        self.idle_since = 0.0
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._drained: asyncio.Future[None] | None = None
        self._wake: asyncio.Future[None] | None = None
        self._answer: asyncio.Future[Incoming] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._reset()

    def _reset(self) -> None:
        self._status = 0
        self._headers: Headers = []
        self._in_header = True
        self._body: list[bytes] = []
        self._size = 0
        self._length: int | None = None
        self._chunks: deque[bytes] | None = None
        self._ahead = 0
        self._complete = False
        self._is_kept = False
        self._error: Exception | None = None
        self._surplus = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def request(self, head: bytes, body: bytes, deadline: float) -> "asyncio.Future[Incoming]":
        """Send; the future gives the answer, or HungUp or TimedOut."""
        self._reset()
        self.deadline = deadline
        self._answer = asyncio.get_running_loop().create_future()
        self._instance.busy.add(self)
        self.transport.write(head + body if body else head)
        return self._answer

    async def send_body(self, body: AsyncIterator[bytes], *, chunked: bool) -> None:
        """The rest of a streamed request, no faster than the service takes it."""
        async for chunk in body:
            if self.is_closed:
                return
            self.transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk)
            if self._drained is not None:
                await self._drained
        if chunked and not self.is_closed:
            self.transport.write(b"0\r\n\r\n")

    async def chunks(self) -> AsyncIterator[bytes]:
        assert self._chunks is not None  # noqa: S101  only streamed answers are read so
        while True:
            if self._chunks:
                chunk = self._chunks.popleft()
                self._ahead -= len(chunk)
                if self._ahead <= STREAM_AHEAD // 2 and not self.is_closed:
                    self.transport.resume_reading()
                    self.deadline = self._stalled_at()
                yield chunk
            elif self._error is not None:
                raise self._error
            elif self._complete:
                return
            else:
                self._wake = asyncio.get_running_loop().create_future()
                await self._wake

    def abandon(self) -> None:
        if not self._complete and not self.is_closed:
            self.transport.abort()

    def expire(self) -> None:
        """The sweeper found the deadline passed."""
        self._fail(TimedOut())
        self.transport.abort()

    # --- the transport's side

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._surplus = data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            self._fail(HungUp(f"no HTTP answer: {error}"))
            self.transport.abort()
            return
        answer = self._answer
        if answer is None:
            if self._chunks is None and not self._complete:
                self.transport.abort()  # spoke without being asked
        elif self._complete:
            self._deliver(b"".join(self._body) if len(self._body) != 1 else self._body[0])
        elif not self._in_header and not self._is_small():
            self._chunks = deque(self._body)
            self._ahead = self._size
            self._deliver(None)
        if self._complete:
            self._rest()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._fail(HungUp(str(error or "the service closed the connection")))
        self._instance.lost(self)

    def pause_writing(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    # --- the parser's side

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_header:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        if self._status == 100:
            return
        self._in_header = False
        for name, value in self._headers:
            if name == b"content-length":
                self._length = int(value)

    def on_body(self, data: bytes) -> None:
        if self._chunks is None:
            self._body.append(data)
            self._size += len(data)
            return
        self._chunks.append(data)
        self._ahead += len(data)
        self.deadline = self._stalled_at()
        if self._ahead > STREAM_AHEAD:
            self.transport.pause_reading()
            self.deadline = NEVER  # it is the client who is slow
        self._rouse()

    def on_message_complete(self) -> None:
        if self._in_header:  # 100 Continue
            self._headers = []
            return
        self._complete = True
        self._is_kept = self._parser.should_keep_alive()
        self._rouse()

    # --- ends

    def _stalled_at(self) -> float:
        return asyncio.get_running_loop().time() + STALL_SECONDS

    def _is_small(self) -> bool:
        return self._length is not None and self._length <= SMALL_ANSWER

    def _deliver(self, body: bytes | None) -> None:
        answer, self._answer = self._answer, None
        if body is None and self.is_pooled:
            self.deadline = self._stalled_at()
        else:
            self._instance.busy.discard(self)
        if answer is not None and not answer.done():
            answer.set_result(Incoming(self._status, self._headers, body, self._length, self))
        elif body is None:
            self.transport.abort()  # nobody waits for it any more

    def _rest(self) -> None:
        """The answer is complete: keep the connection if both sides can."""
        if self.is_closed or self._status == 101:
            return
        self.transport.resume_reading()
        if not self._is_kept or self.transport.get_write_buffer_size():
            self.transport.close()
        self._instance.free(self)

    def _fail(self, error: Exception) -> None:
        self._instance.busy.discard(self)
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(error)
        if not self._complete:
            self._error = self._error or error
        self._rouse()

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def take_over(self) -> tuple[asyncio.Transport, bytes]:
        self.is_closed = True
        self._instance.lost(self)
        return self.transport, self._surplus


class Instance:
    """One address of a service, with its connections and its health."""

    def __init__(self, service: str, host: str, port: int) -> None:
        self.service, self.host, self.port = service, host, port
        self.name = f"{host}:{port}"
        self.busy: set[Connection] = set()
        self.tunnels = 0
        self.is_ready = True
        self.is_retired = False
        self.breaker = CLOSED
        self.host_line = b"Host: %b\r\n" % self.name.encode()
        self._idle: list[Connection] = []
        self._count = 0
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._up = metrics.UPSTREAM_UP.labels(service, self.name)
        self._up.set(1)

    def candidate(self) -> Candidate:
        outstanding = len(self.busy) + len(self._waiting) + self.tunnels
        return Candidate(self.breaker.is_open, self.is_ready, outstanding)

    async def acquire(self, deadline: float) -> Connection:
        """A connection with nothing on it.

        Raises ConnectFailed, TimedOut, or ServiceUnavailable when the line for one is full.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed and not connection.transport.is_closing():
                return connection
        if self._count < CONNECTIONS:
            return await self.connect(is_pooled=True)
        if len(self._waiting) >= WAITING:
            metrics.count(metrics.SHED, self.service, "line_full")
            raise ServiceUnavailable(f"{self.service} is busy", retry_after=1)
        return await self._wait_in_line(deadline)

    async def connect(self, *, is_pooled: bool) -> Connection:
        """Raises ConnectFailed."""
        loop = asyncio.get_running_loop()
        self._count += is_pooled
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await loop.create_connection(
                    lambda: Connection(self, is_pooled=is_pooled), self.host, self.port
                )
        except (OSError, TimeoutError) as error:
            self._count -= is_pooled
            self._wake_one(None)
            refused = not isinstance(error, TimeoutError)
            raise ConnectFailed(f"{self.name}: {error}", refused=refused) from error
        except asyncio.CancelledError:
            self._count -= is_pooled
            raise
        return connection

    async def _wait_in_line(self, deadline: float) -> Connection:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(deadline):
                connection = await turn
        except TimeoutError as error:
            raise TimedOut from error
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)
        return connection if connection is not None else await self.acquire(deadline)

    def free(self, connection: Connection) -> None:
        self.busy.discard(connection)
        if not connection.is_pooled or self.is_retired:
            connection.transport.close()
        elif not connection.transport.is_closing():
            connection.idle_since = time.monotonic()
            if not self._wake_one(connection):
                self._idle.append(connection)

    def lost(self, connection: Connection) -> None:
        self.busy.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if connection.is_pooled:
            connection.is_pooled = False
            self._count -= 1
            self._wake_one(None)

    def _wake_one(self, connection: Connection | None) -> bool:
        """Give the connection, or the room for a new one, to the first in line."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False

    def succeeded(self) -> None:
        if self.breaker.failures:
            self.breaker = CLOSED
            self._up.set(1)

    def failed(self, *, refused: bool) -> None:
        was_open = self.breaker.is_open
        self.breaker = self.breaker.failed(time.monotonic(), refused=refused)
        if self.breaker.is_open and not was_open:
            log.warning("left alone after failures", service=self.service, instance=self.name)
            self._up.set(0)

    def sweep(self, now: float) -> None:
        for connection in [each for each in self.busy if each.deadline < now]:
            connection.expire()
        oldest = time.monotonic() - IDLE_SECONDS
        while self._idle and self._idle[0].idle_since < oldest:
            self._idle.pop(0).transport.close()

    def drop_idle(self) -> None:
        """One kept connection was dead: the others likely are too."""
        for connection in self._idle:
            connection.transport.close()

    def retire(self) -> None:
        """It is resolved no more: idle connections go now, the others after their answer."""
        self.is_retired = True
        self.drop_idle()


class Service:
    """A service by name, with its instances."""

    def __init__(self, name: str, urls: Iterable[str]) -> None:
        """Raises ValueError for a URL that is not `http://host:port`."""
        self.name = name
        self._addresses = [_host_port(url) for url in urls]
        self.instances = [Instance(name, host, port) for host, port in self._addresses]
        self._last_resort_after = 0.0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sweep, probe and resolve while inside; then close all connections."""
        loops = LoopKeeper()
        async with running(
            loops.every(f"{self.name} sweep", RESTART_SECONDS, self._sweep),
            loops.every(f"{self.name} probe", RESTART_SECONDS, self._probe),
            loops.every(f"{self.name} names", RESTART_SECONDS, self._follow_names),
        ):
            yield
        for instance in self.instances:
            instance.retire()

    async def send(self, request: Outgoing) -> Incoming:
        """The service's answer, whatever its status.

        Raises ServiceUnavailable (nobody there, or too busy), OutcomeUnknown (hung up on a request
        that must not be sent twice), UpstreamTimeout.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + request.seconds
        tried: frozenset[int] = frozenset()
        hung_up = 0
        for _ in range(MAX_TRIES):
            chosen = choose([instance.candidate() for instance in self.instances], tried)
            if chosen is None:
                chosen = self._last_resort()
            if chosen is None:
                break
            if tried:
                metrics.count(metrics.RETRIES, self.name)
            instance = self.instances[chosen]
            tried |= {chosen}
            try:
                incoming = await self._try(instance, request, deadline)
            except ConnectFailed as error:
                log.debug("no connection", service=self.name, error=str(error))
                instance.failed(refused=error.refused)
            except TimedOut as error:
                instance.failed(refused=False)
                raise UpstreamTimeout(f"{self.name} did not answer in time") from error
            except HungUp as error:
                instance.failed(refused=False)
                instance.drop_idle()
                hung_up += 1
                if not request.repeatable or hung_up > 1:
                    raise OutcomeUnknown(f"{self.name} hung up", retry_after=1) from error
            else:
                instance.succeeded()
                return incoming
        metrics.count(metrics.SHED, self.name, "down")
        raise ServiceUnavailable(f"{self.name} is not there", retry_after=2)

    def _last_resort(self) -> int | None:
        """With all given up, now and then a request finds out whether one is back."""
        now = time.monotonic()
        if now < self._last_resort_after:
            return None
        self._last_resort_after = now + LAST_RESORT_SECONDS
        soonest = min(self.instances, key=lambda each: each.breaker.open_until)
        return self.instances.index(soonest)

    async def _try(self, instance: Instance, request: Outgoing, deadline: float) -> Incoming:
        if request.streaming:
            connection = await instance.connect(is_pooled=False)
        else:
            connection = await instance.acquire(deadline)
        head = b"%b %b HTTP/1.1\r\n%b%b" % (
            request.method, request.target, instance.host_line, request.lines,
        )  # fmt: skip
        if isinstance(request.body, bytes):
            if request.body or request.method not in _BODILESS:
                head += b"Content-Length: %d\r\n" % len(request.body)
            return await connection.request(head + b"\r\n", request.body, deadline)
        return await _send_streamed(connection, head, request, deadline)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for instance in self.instances:
                instance.sweep(loop.time())
                metrics.UPSTREAM_BUSY.labels(self.name, instance.name).set(len(instance.busy))

    async def _probe(self) -> None:
        while True:
            await asyncio.gather(*(self._probe_one(instance) for instance in self.instances))
            pause = FIRST_PROBE if any(each.breaker.is_open for each in self.instances) else 0
            await asyncio.sleep(pause or PROBE_SECONDS)

    async def _probe_one(self, instance: Instance) -> None:
        """Ask `/readyz`: a good answer closes the breaker, any answer tells readiness."""
        if instance.breaker.is_open and not instance.breaker.probe_is_due(time.monotonic()):
            return
        loop = asyncio.get_running_loop()
        request = Outgoing(b"GET", b"/readyz", b"", seconds=PROBE_SECONDS, streaming=True)
        try:
            incoming = await self._try(instance, request, loop.time() + PROBE_SECONDS)
        except ConnectFailed as error:
            instance.failed(refused=error.refused)
        except (TimedOut, HungUp):
            if instance.breaker.is_open:  # else its answers to clients tell more than this one
                instance.failed(refused=False)
        else:
            incoming.close()
            instance.is_ready = incoming.status == 200
            if instance.breaker.is_open:
                log.info("asked again", service=self.name, instance=instance.name)
                instance.succeeded()

    async def _follow_names(self) -> None:
        """Follow what the names resolve to; an address that is gone is retired."""
        names = [(host, port) for host, port in self._addresses if not _is_literal(host)]
        fixed = {(host, port) for host, port in self._addresses if _is_literal(host)}
        while True:
            found = {key for host, port in names for key in await _lookup(host, port)}
            if found:
                self._follow(found | fixed)
            await asyncio.sleep(RESOLVE_SECONDS)

    def _follow(self, addresses: set[tuple[str, int]]) -> None:
        kept = [each for each in self.instances if (each.host, each.port) in addresses]
        known = {(each.host, each.port) for each in kept}
        for instance in self.instances:
            if instance not in kept:
                instance.retire()
        new = [Instance(self.name, host, port) for host, port in sorted(addresses - known)]
        self.instances = kept + new


FIRST_PROBE = 0.25
_BODILESS = (b"GET", b"HEAD", b"DELETE", b"OPTIONS")


async def _send_streamed(
    connection: Connection, head: bytes, request: Outgoing, deadline: float
) -> Incoming:
    """Send head and body while waiting for the answer, which may come before the body's end."""
    chunked = request.length is None
    framing = b"Transfer-Encoding: chunked"
    if request.length is not None:
        framing = b"Content-Length: %d" % request.length
    answer = connection.request(b"%b%b\r\n\r\n" % (head, framing), b"", deadline)
    body = cast("AsyncIterator[bytes]", request.body)
    sending = asyncio.ensure_future(connection.send_body(body, chunked=chunked))
    try:
        either: set[asyncio.Future[Any]] = {answer, sending}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if sending.done() and sending.exception() is not None:
            answer.cancel()
            connection.abandon()
            raise cast("Exception", sending.exception())
        return await answer
    finally:
        if not sending.done():
            sending.cancel()
            connection.transport.close()


async def _lookup(host: str, port: int) -> set[tuple[str, int]]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        log.warning("cannot resolve", host=host, error=str(error))
        return set()
    return {(str(address[0]), port) for *_, address in found}


def _host_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        raise ValueError(f"{url!r} is no http://host:port")
    return parts.hostname, parts.port or 80


def _is_literal(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
