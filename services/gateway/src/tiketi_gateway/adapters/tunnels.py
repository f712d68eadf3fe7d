"""WebSocket connections passed through: bytes are copied both ways, frames are not parsed.

After the notifier's 101 both transports get a `Splice` as their protocol. It writes to the other
side what it reads, and stops reading while the other side is full. So a tunnel costs two sockets,
two small objects and at most `BUFFER` bytes each way, and a client that does not read slows down
the notifier, which knows what to do about it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

from tiketi_gateway import metrics
from tiketi_gateway.domain.headers import value_of
from tiketi_gateway.http1.client_connection import Incoming
from tiketi_gateway.http1.exchange import Exchange
from tiketi_gateway.http1.websocket import close_frame, switching_protocols

BUFFER = 65536
"""Bytes that may wait for one side before the other is not read from any more."""

GOODBYE_SECONDS = 2.0
"""How long a refused client may take to close its side."""

RESTART = 1012
_PASSED = (b"Sec-WebSocket-Extensions", b"Sec-WebSocket-Protocol")


class Live(Protocol):
    """A connection that lasts until it is ended."""

    def end(self) -> None:
        """The gateway shuts down: let the client connect elsewhere."""


class Tunnels:
    """All tunnels and endless responses of this process."""

    def __init__(self) -> None:
        self._live: set[Live] = set()

    def join(self, exchange: Exchange, key: bytes, incoming: Incoming) -> None:
        """Complete the client's handshake, and connect it to the notifier."""
        notifier, from_notifier, notifier_closed = incoming.take_over()
        client, from_client, client_closed = exchange.take_over()
        headers = b""
        for name in _PASSED:
            if value := value_of(incoming.headers, name.lower()):
                headers += b"%b: %b\r\n" % (name, value)
        headers += b"X-Request-Id: %b\r\n" % exchange.request_id.encode()
        tunnel = Tunnel(self, client, notifier, (client_closed, notifier_closed))
        tunnel.begin(switching_protocols(key, headers) + from_notifier, from_client)
        self.add(tunnel)

    def refuse(self, exchange: Exchange, key: bytes, code: int, reason: str) -> None:
        """Complete the handshake only to close with a code that a browser's script can see."""
        transport, _, closed = exchange.take_over()
        transport.set_protocol(_Refused(transport, closed))
        transport.write(switching_protocols(key, b"") + close_frame(code, reason))
        transport.resume_reading()
        asyncio.get_running_loop().call_later(GOODBYE_SECONDS, transport.close)

    @contextlib.contextmanager
    def streaming(self, incoming: Incoming) -> Iterator[None]:
        """The response is endless (Server-Sent Events): end it, too, when the gateway shuts
        down; the client requests it again."""
        stream = _EndlessResponse(incoming)
        self.add(stream)
        try:
            yield
        finally:
            self.discard(stream)

    def add(self, live: Live) -> None:
        self._live.add(live)
        metrics.tunnels.inc()

    def discard(self, live: Live) -> None:
        if live in self._live:
            self._live.discard(live)
            metrics.tunnels.dec()

    async def drain(self, seconds: float) -> None:
        """End all of them, evenly over `seconds`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._live:
            left = deadline - loop.time()
            share = 1.0 if left <= 0.1 else 0.1 / left
            for live in list(self._live)[: max(1, round(len(self._live) * share))]:
                live.end()
            await asyncio.sleep(min(0.1, max(left, 0)))


class Tunnel:
    """A client and a notifier, until either disconnects; then `closed` are called."""

    __slots__ = ("_client", "_closed", "_notifier", "_tunnels")

    def __init__(
        self, tunnels: Tunnels, client: asyncio.Transport, notifier: asyncio.Transport,
        closed: tuple[Callable[[], None], ...],
    ) -> None:  # fmt: skip
        self._tunnels, self._client, self._notifier = tunnels, client, notifier
        self._closed = closed

    def begin(self, to_client: bytes, to_notifier: bytes) -> None:
        """The arguments are written first."""
        client, notifier = self._client, self._notifier
        for own, other in ((client, notifier), (notifier, client)):
            own.set_write_buffer_limits(high=BUFFER)
            own.set_protocol(Splice(self, other))
        client.write(to_client)
        if to_notifier:
            notifier.write(to_notifier)
        client.resume_reading()
        notifier.resume_reading()

    def close(self) -> None:
        closed, self._closed = self._closed, ()
        for callback in closed:
            callback()
        self._tunnels.discard(self)
        self._client.close()
        self._notifier.close()

    def end(self) -> None:
        self._client.write(close_frame(RESTART, "restart"))
        self.close()


class Splice(asyncio.Protocol):
    """One side of a tunnel; `other` is the transport of the opposite side."""

    __slots__ = ("_other", "_tunnel")

    def __init__(self, tunnel: Tunnel, other: asyncio.Transport) -> None:
        self._tunnel, self._other = tunnel, other

    def data_received(self, data: bytes) -> None:
        self._other.write(data)

    def pause_writing(self) -> None:
        if not self._other.is_closing():
            self._other.pause_reading()

    def resume_writing(self) -> None:
        if not self._other.is_closing():
            self._other.resume_reading()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _: Exception | None) -> None:
        self._tunnel.close()


class _EndlessResponse:
    __slots__ = ("_incoming",)

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    def end(self) -> None:
        self._incoming.close()


class _Refused(asyncio.Protocol):
    """Waits for the client's own close frame, and reads nothing else."""

    def __init__(self, transport: asyncio.Transport, closed: Callable[[], None]) -> None:
        self._transport, self._closed = transport, closed

    def data_received(self, _: bytes) -> None:
        self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        self._closed()
