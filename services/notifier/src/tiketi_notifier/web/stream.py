"""The same messages as Server-Sent Events, for clients that cannot have a WebSocket."""

import asyncio
from collections import deque

from aiohttp import web

from tiketi_notifier import metrics
from tiketi_notifier.domain.channel import Position, Subscribed
from tiketi_notifier.domain.frames import TOO_SLOW
from tiketi_notifier.messages import ERROR, Refused
from tiketi_notifier.outgoing import Outgoing, message, subscribed_events
from tiketi_shared.ids import EventId, UserId

GOODBYE_SECONDS = 5.0
"""How long a closed stream may take to read the rest before the connection is ended."""

_COMMENT = b": still here\n\n"


class Stream:
    """A `Client` whose messages wait for its handler to write them."""

    def __init__(self, user_id: UserId, address: str, queued_bytes: int) -> None:
        self.user_id = user_id
        self.address = address
        self.events: set[EventId] = set()
        self._most = queued_bytes
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._closed = False
        self._patience: asyncio.Timeout | None = None

    def deliver(self, message: Outgoing) -> None:
        if self._closed:
            return
        self._waiting.append(message.event)
        self._waiting_bytes += len(message.event)
        self._wake.set()
        if self._waiting_bytes > self._most:
            metrics.SLOW.inc()
            self.close(TOO_SLOW, "reads too slowly")

    def subscribed(self, answer: Subscribed) -> None:
        for told in subscribed_events(answer):
            self.deliver(told)

    def close(self, code: int, reason: str) -> None:
        """The code travels as a last `error` event: a stream has no codes of its own."""
        if not self._closed:
            metrics.CLOSED.labels(code).inc()
            goodbye = message(ERROR, Refused(f"closed_{code}", reason))
            self._waiting.append(goodbye.event)
            self._closed = True
            self._wake.set()
            if self._patience is not None:
                self._patience.reschedule(asyncio.get_running_loop().time() + GOODBYE_SECONDS)

    async def write_to(self, response: web.StreamResponse, ping_seconds: float) -> None:
        """Until closed. Raises ConnectionResetError when the other side is gone, TimeoutError when
        it was closed and does not read the rest."""
        async with asyncio.timeout(None) as self._patience:
            await self._write(response, ping_seconds)

    async def _write(self, response: web.StreamResponse, ping_seconds: float) -> None:
        while True:
            chunk = b"".join(self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
            self._wake.clear()
            if chunk:
                await response.write(chunk)
            if self._closed and not self._waiting:
                return
            if not self._waiting:
                await self._until_woken(response, ping_seconds)

    async def _until_woken(self, response: web.StreamResponse, ping_seconds: float) -> None:
        try:
            async with asyncio.timeout(ping_seconds):
                await self._wake.wait()
        except TimeoutError:
            await response.write(_COMMENT)


def position_of(last_event_id: str | None) -> Position | None:
    """`epoch:version`, or None for anything else."""
    epoch, _, version = (last_event_id or "").partition(":")
    return Position(epoch, int(version)) if epoch and version.isdecimal() else None
