"""Who does not read: on a WebSocket and on a stream of events, by many messages that are each far
below the limit. The kernel takes some of it; what counts is what waits here."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable

import pytest
from services.notifier.tests.harness import (
    Eventually,
    Fan,
    Join,
    Notifier,
    Outbox,
    RawConnection,
    SignIdentity,
    Start,
)

from tiketi_shared.ids import EventId
from tiketi_shared.messages import SeatState

SEATS: list[tuple[int, SeatState]] = [(seat, "h") for seat in range(1500)]
"""Of one change: some 17 KB as a message."""

KINDS = pytest.mark.parametrize("kind", ["websocket", "stream"])

OPEN = {
    "websocket": (
        "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "X-Tiketi-Identity: {identity}\r\n\r\n"
    ),
    "stream": (
        "GET /api/events/{event_id}/stream HTTP/1.1\r\nHost: x\r\n"
        "X-Tiketi-Identity: {identity}\r\n\r\n"
    ),
}


class Reader:
    """A bare connection of either kind, which reads only when it is told to."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.received = b""

    async def begin(self, kind: str, event_id: EventId, identity: str) -> None:
        # Not smaller: on loopback, whose packets are larger than that, the kernel then sends by
        # timers alone.
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        head = OPEN[kind].format(event_id=event_id, identity=identity)
        self._connection.sendall(head.encode())
        if kind == "websocket":
            await self.read_until(b"\r\n\r\n")
            wish = {"type": "subscribe", "data": {"event_id": event_id}}
            payload = json.dumps(wish).encode()
            assert len(payload) < 126
            self._connection.sendall(bytes((0x81, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
        await self.read_until(b'"subscribed"')

    async def read_until(self, text: bytes) -> None:
        def read() -> None:
            while text not in self.received:
                more = self._connection.recv(65536)
                if not more:
                    raise ConnectionResetError
                self.received += more

        self._connection.settimeout(20)
        await asyncio.to_thread(read)


@pytest.fixture
async def notifier(start: Start) -> Notifier:
    return await start(TICK_MS=20, MAX_QUEUED_BYTES=262_144, CLOSE_SECONDS=1)


Change = Callable[[Fan, int], Awaitable[None]]


@pytest.fixture
def change(outbox: Outbox, join: Join) -> Change:
    """Changes seats `times` times, each heard by somebody who reads before the next."""

    async def run(quick: Fan, times: int) -> None:
        for _ in range(times):
            await outbox.change(*SEATS)
            assert len((await quick.receive("seat-update", 10))["changes"]) == len(SEATS)

    return run


@KINDS
async def test_who_stops_reading_is_cut_by_what_waits_in_all(  # noqa: PLR0917  fixtures
    notifier: Notifier, raw_connection: RawConnection, identity: SignIdentity,
    join: Join, change: Change,
    eventually: Eventually, event_id: EventId, kind: str,
) -> None:  # fmt: skip
    before = await notifier.metric("tiketi_live_slow_cut_total")
    slow = Reader(raw_connection(notifier))
    await slow.begin(kind, event_id, identity("slow"))
    quick = await join(notifier, "quick")
    await quick.subscribe(event_id)
    for _ in range(8):  # what may wait here, and what the kernel may take besides
        if await notifier.metric("tiketi_live_slow_cut_total") > before:
            break
        await change(quick, 10)
    assert await notifier.metric("tiketi_live_slow_cut_total") == before + 1
    await change(quick, 1)
    await notifier.until_connected(1)


@KINDS
async def test_who_stops_reading_for_a_moment_misses_nothing(  # noqa: PLR0917  fixtures
    notifier: Notifier, raw_connection: RawConnection, identity: SignIdentity,
    join: Join, change: Change,
    event_id: EventId, kind: str,
) -> None:  # fmt: skip
    before = await notifier.metric("tiketi_live_slow_cut_total")
    slow = Reader(raw_connection(notifier))
    await slow.begin(kind, event_id, identity("slow"))
    quick = await join(notifier, "quick")
    await quick.subscribe(event_id)
    await change(quick, 17)
    assert await notifier.metric("tiketi_live_slow_cut_total") == before
    await slow.read_until(b'"availability_version":17,')
    for version in range(1, 18):
        assert slow.received.count(b'"availability_version":%d,' % version) == 1
