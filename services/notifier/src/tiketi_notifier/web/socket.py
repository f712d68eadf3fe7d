"""One WebSocket connection: bytes in, messages out, and every way it can end.

No task and no timer of its own: what arrives is handled in `data_received`, what is sent goes
straight to the transport, and the housekeeping of all connections is `Wheel`'s one loop.

A connection that is closing has said goodbye and is deaf: nothing is delivered to it and what it
says is thrown away until it answers the goodbye, or the wheel ends it.
"""

import asyncio
import socket
import time
from dataclasses import dataclass

from tiketi_notifier import metrics
from tiketi_notifier.domain.channel import Subscribed
from tiketi_notifier.domain.frames import (
    NORMAL,
    TOO_MANY,
    TOO_SLOW,
    Closed,
    FrameReader,
    Ping,
    Text,
    Violation,
    close_frame,
    pong_frame,
)
from tiketi_notifier.outgoing import Outgoing, subscribed
from tiketi_notifier.usecases.conversation import Conversation
from tiketi_notifier.usecases.live import Live
from tiketi_notifier.web.wheel import Wheel
from tiketi_shared.buckets import Bucket, Limit
from tiketi_shared.ids import EventId, UserId

_KERNEL_QUEUE_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    message_bytes: int
    messages: Limit
    queued_bytes: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every connection of a process works with."""

    live: Live
    conversation: Conversation
    wheel: Wheel
    limits: SocketLimits


class Socket(asyncio.Protocol):
    """Takes over the transport of an accepted handshake; a `Client`."""

    __slots__ = (
        "_around", "_rate", "_reader", "_transport", "address", "closing", "events", "heard",
        "user_id",
    )  # fmt: skip

    def __init__(self, around: Surroundings, user_id: UserId, address: str) -> None:
        self._around = around
        self._transport: asyncio.Transport | None = None
        self._reader: FrameReader | None = FrameReader(around.limits.message_bytes)
        self._rate = Bucket(around.limits.messages, time.monotonic())
        self.user_id = user_id
        self.address = address
        self.events: set[EventId] = set()
        self.heard = True
        self.closing = False

    def take_over(self, transport: asyncio.Transport, received: bytes) -> None:
        """Speak from now on; `received` is what came behind the handshake."""
        self._transport = transport
        self._bound_queue(transport)
        transport.set_protocol(self)
        self._around.wheel.add(self)
        refusal = self._around.live.people.enter(self)
        if refusal is not None:
            metrics.REFUSED.labels(refusal.code).inc()
            self.close(refusal.code, refusal.reason)
        else:
            metrics.OPENED.labels("websocket").inc()
        if received:
            self.data_received(received)

    def _bound_queue(self, transport: asyncio.Transport) -> None:
        """What a client leaves unread is bounded here and in the kernel, which by itself would
        take megabytes before anything is noticed."""
        queued = self._around.limits.queued_bytes
        transport.set_write_buffer_limits(high=queued)
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, min(queued, _KERNEL_QUEUE_BYTES))

    def refuse(self, transport: asyncio.Transport, code: int, reason: str) -> None:
        """Say goodbye at once: a browser learns of a refusal only by the code of a close."""
        self._transport = transport
        transport.set_protocol(self)
        self._around.wheel.add(self)
        metrics.REFUSED.labels(code).inc()
        self.close(code, reason)

    # -- Client -----------------------------------------------------------------------------------

    def deliver(self, message: Outgoing) -> None:
        transport = self._transport
        if transport is not None and not self.closing:
            transport.write(message.frame)

    def subscribed(self, answer: Subscribed) -> None:
        self.deliver(subscribed(answer))

    def close(self, code: int, reason: str) -> None:
        if self.closing or self._transport is None:
            return
        metrics.CLOSED.labels(code).inc()
        self._say_goodbye(code, reason)

    # -- the wheel --------------------------------------------------------------------------------

    def write(self, frame: bytes) -> None:
        if self._transport is not None:
            self._transport.write(frame)

    def end(self) -> None:
        """Without a word: the other side does not answer."""
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio.Protocol -------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            return
        self.heard = True
        try:
            for incoming in self._reader.feed(data):
                self._handle(incoming)
        except Violation as violation:
            self.close(violation.code, violation.reason)
            self._stop_listening()

    def _handle(self, incoming: object) -> None:
        if isinstance(incoming, Closed):
            self._answer_goodbye(incoming.code)
        elif self.closing:
            return
        elif self._rate.take(self._around.limits.messages, time.monotonic()):
            self.close(TOO_MANY, "too many messages")
        elif isinstance(incoming, Text):
            self._around.conversation.receive(self, incoming.payload)
        elif isinstance(incoming, Ping):
            self.write(pong_frame(incoming.payload))

    def pause_writing(self) -> None:
        """More is queued than a client may leave unread."""
        if not self.closing:
            metrics.SLOW.inc()
            self.close(TOO_SLOW, "reads too slowly")

    def eof_received(self) -> None:
        """The transport closes itself."""

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._around.live.leave(self)
        self._around.wheel.remove(self)

    # -- the end ----------------------------------------------------------------------------------

    def _say_goodbye(self, code: int, reason: str) -> None:
        self.closing = True
        self._around.live.leave(self)
        self._around.wheel.said_goodbye(self)
        self.write(close_frame(code, reason))

    def _stop_listening(self) -> None:
        """What comes after a violation means nothing. It is still read, and thrown away, until the
        other side closes: closing with bytes unread would take the goodbye back."""
        self._reader = None
        if self._transport is not None:
            self._transport.write_eof()

    def _answer_goodbye(self, code: int | None) -> None:
        if not self.closing:
            self._say_goodbye(code or NORMAL, "")
        self._reader = None
        if self._transport is not None:
            self._transport.close()
