"""One WebSocket connection: bytes in, messages out, and every way it can end.

It has no task and no timer of its own. `data_received` handles what arrives, messages go straight
to the transport, and the one loop of `Wheel` pings all connections.

A connection that is closing has sent its close frame. Nothing more is delivered to it, and what it
sends is dropped until it answers the close frame or the wheel ends it.
"""

import asyncio
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
from tiketi_notifier.web.queues import bound_queue
from tiketi_notifier.web.wheel import Wheel
from tiketi_shared.buckets import Bucket, Limit
from tiketi_shared.ids import EventId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    message_bytes: int
    messages: Limit
    queued_bytes: int


@dataclass(frozen=True, slots=True)
class SocketContext:
    """What all connections of a process share."""

    live: Live
    conversation: Conversation
    wheel: Wheel
    limits: SocketLimits


class Socket(asyncio.Protocol):
    """Takes over the transport of an accepted handshake; a `Client`."""

    __slots__ = (
        "_context", "_rate", "_reader", "_transport", "address", "closing", "events", "heard",
        "user_id",
    )  # fmt: skip

    def __init__(self, context: SocketContext, user_id: UserId, address: str) -> None:
        self._context = context
        self._transport: asyncio.Transport | None = None
        self._reader: FrameReader | None = FrameReader(context.limits.message_bytes)
        self._rate = Bucket(context.limits.messages, time.monotonic())
        self.user_id = user_id
        self.address = address
        self.events: set[EventId] = set()
        self.heard = True
        self.closing = False

    def take_over(self, transport: asyncio.Transport, received: bytes) -> None:
        """Serve `transport` from now on; `received` came behind the handshake."""
        self._transport = transport
        bound_queue(transport, self._context.limits.queued_bytes)
        transport.set_protocol(self)
        self._context.wheel.add(self)
        refusal = self._context.live.people.add(self)
        if refusal is not None:
            metrics.REFUSED.labels(refusal.code).inc()
            self.close(refusal.code, refusal.reason)
        else:
            metrics.OPENED.labels("websocket").inc()
        if received:
            self.data_received(received)

    def refuse(self, transport: asyncio.Transport, code: int, reason: str) -> None:
        """Close at once: a browser can read a refusal only from the code of a close frame."""
        self._transport = transport
        transport.set_protocol(self)
        self._context.wheel.add(self)
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
        """End the connection without a close frame: the client does not answer."""
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
        elif self._rate.take(self._context.limits.messages, time.monotonic()):
            self.close(TOO_MANY, "too many messages")
        elif isinstance(incoming, Text):
            self._context.conversation.receive(self, incoming.payload)
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
        self._context.live.disconnect(self)
        self._context.wheel.remove(self)

    # -- the end ----------------------------------------------------------------------------------

    def _say_goodbye(self, code: int, reason: str) -> None:
        self.closing = True
        self._context.live.disconnect(self)
        self._context.wheel.said_goodbye(self)
        self.write(close_frame(code, reason))

    def _stop_listening(self) -> None:
        """Drop what comes after a violation, and read until the client closes: to close with unread
        bytes would discard the close frame."""
        self._reader = None
        if self._transport is not None:
            self._transport.write_eof()

    def _answer_goodbye(self, code: int | None) -> None:
        if not self.closing:
            self._say_goodbye(code or NORMAL, "")
        self._reader = None
        if self._transport is not None:
            self._transport.close()
