"""The ports of the use cases."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from tiketi_notifier.domain.channel import Position, Snapshot, Subscribed
from tiketi_notifier.outgoing import Outgoing
from tiketi_shared.batches import Answer
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.messages import HoldOffered, SaleChanged, SeatsChanged


class Client(Protocol):
    """One live connection, by WebSocket or event stream. No method waits or raises."""

    user_id: UserId
    address: str
    events: set[EventId]
    """The events that it subscribed to or whose line it queried."""

    def deliver(self, message: Outgoing) -> None:
        """Send one message; without effect while the connection is closing."""

    def subscribed(self, answer: Subscribed) -> None: ...

    def close(self, code: int, reason: str) -> None:
        """Close the connection with a WebSocket close code."""


class LiveStore(Protocol):
    """The versioned channels. Raises `LiveUnavailable`."""

    async def publish(self, update: "Update") -> int | None:
        """Give `update` the next version, keep it, and publish it to every notifier.

        When a part of it was published before, do nothing and return the last published version
        of its source.
        """

    async def offer(self, event_id: EventId, offers: Sequence[HoldOffered]) -> None:
        """Publish the offers to every notifier, once. Nothing keeps them for later readers."""

    async def read(self, event_id: EventId, known: Position | None) -> Snapshot:
        """The channel's position, with the entries after `known`."""


@dataclass(frozen=True, slots=True)
class Update:
    """A change to publish: `members` are the members of the message's data, a JSON object.

    `first` and `last` are the versions its source gave it; `stream` names that count.
    """

    event_id: EventId
    stream: str
    first: int
    last: int
    type: str
    members: bytes


class QueueService(Protocol):
    """The queue service. Raises Unavailable."""

    async def place(self, event_id: EventId, user_id: UserId) -> Answer: ...

    async def statuses(self) -> dict[EventId, msgspec.Raw]: ...

    async def present(self, users: dict[EventId, list[UserId]]) -> None: ...


class BookingService(Protocol):
    """The booking service. Raises Unavailable."""

    async def live(self, event_id: EventId, user_id: UserId) -> msgspec.Raw:
        """The person's hold as the public contract has it, or `null`."""


@dataclass(frozen=True, slots=True)
class Received:
    """A domain event from the broker; it is redelivered unless `acknowledge` is called.

    `received_at` is monotonic.
    """

    event: SeatsChanged | SaleChanged | HoldOffered
    received_at: float
    acknowledge: Callable[[], Awaitable[object]]
