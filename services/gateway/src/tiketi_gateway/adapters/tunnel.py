"""WebSocket connections passed through: bytes are spliced both ways, frames are not looked at.

After the notifier's 101 both transports get a `Splice` as their protocol, which writes to the
other side what it reads, and stops reading while the other side is full. So a tunnel costs two
sockets, two small objects and at most `BUFFER` bytes each way, and a client that does not read is
felt by the notifier, which knows what to do about it.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from typing import Protocol

from tiketi_gateway import metrics
from tiketi_gateway.adapters.upstream import Incoming

BUFFER = 65536
"""Bytes that may wait for one side before the other is not read from any more."""

GOODBYE_SECONDS = 2.0
"""How long a refused client may take to close its side."""

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Splice(asyncio.Protocol):
    """One side of a tunnel; `other` is the transport of the opposite side."""

    __slots__ = ("_other", "_own", "_tunnel")

    def __init__(self, tunnel: "Tunnel", own: asyncio.Transport, other: asyncio.Transport) -> None:
        self._tunnel, self._own, self._other = tunnel, own, other

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
        self._tunnel.end()


class Live(Protocol):
    """What lasts until it is told to go."""

    def send_away(self) -> None: ...


class Tunnel:
    """A client and a notifier, joined until either ends; `ended` is called then."""

    __slots__ = ("_client", "_ended", "_notifier", "_tunnels")

    def __init__(
        self, tunnels: "Tunnels", client: asyncio.Transport, notifier: asyncio.Transport,
        ended: Callable[[], None],
    ) -> None:  # fmt: skip
        self._tunnels, self._client, self._notifier = tunnels, client, notifier
        self._ended: Callable[[], None] | None = ended

    def join(self, to_client: bytes, to_notifier: bytes) -> None:
        """Begin; the arguments are what is to be written first."""
        client, notifier = self._client, self._notifier
        for own, other in ((client, notifier), (notifier, client)):
            own.set_write_buffer_limits(high=BUFFER)
            own.set_protocol(Splice(self, own, other))
        client.write(to_client)
        if to_notifier:
            notifier.write(to_notifier)
        client.resume_reading()
        notifier.resume_reading()
        self._tunnels.add(self)

    def end(self) -> None:
        if self._ended is not None:
            self._ended()
            self._ended = None
        self._tunnels.discard(self)
        self._client.close()
        self._notifier.close()

    def send_away(self) -> None:
        """The gateway leaves: tell the client to reconnect."""
        self._client.write(close_frame(1012, "restart"))
        self.end()


class Stream:
    """An answer without end (Server-Sent Events), which a client asks for again when it is cut."""

    __slots__ = ("_incoming",)

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    def send_away(self) -> None:
        self._incoming.close()


class Tunnels:
    """All tunnels and streams of this process."""

    def __init__(self) -> None:
        self._tunnels: set[Live] = set()

    def add(self, tunnel: Live) -> None:
        self._tunnels.add(tunnel)
        metrics.tunnels.inc()

    def discard(self, tunnel: Live) -> None:
        if tunnel in self._tunnels:
            self._tunnels.discard(tunnel)
            metrics.tunnels.dec()

    async def drain(self, seconds: float) -> None:
        """Let tunnels end by themselves, and end the rest evenly over `seconds`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._tunnels:
            left = deadline - loop.time()
            share = 1.0 if left <= 0.1 else 0.1 / left
            for tunnel in list(self._tunnels)[: max(1, round(len(self._tunnels) * share))]:
                tunnel.send_away()
            await asyncio.sleep(min(0.1, max(left, 0)))


def refuse(
    transport: asyncio.Transport, ended: Callable[[], None], key: bytes, code: int, reason: str
) -> None:
    """Complete the handshake only to close with a code that a browser's script can see."""
    transport.set_protocol(_Ending(transport, ended))
    transport.write(switching_protocols(key, b"") + close_frame(code, reason))
    transport.resume_reading()
    asyncio.get_running_loop().call_later(GOODBYE_SECONDS, transport.close)


def switching_protocols(key: bytes, lines: bytes) -> bytes:
    accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n%b\r\n" % (accept, lines)
    )


def close_frame(code: int, reason: str) -> bytes:
    payload = code.to_bytes(2, "big") + reason.encode()
    return bytes((0x88, len(payload))) + payload


class _Ending(asyncio.Protocol):
    """Waits for the client's own close, and reads nothing else."""

    def __init__(self, transport: asyncio.Transport, ended: Callable[[], None]) -> None:
        self._transport, self._ended = transport, ended

    def data_received(self, _: bytes) -> None:
        self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        self._ended()
