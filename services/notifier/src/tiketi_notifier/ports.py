"""What the use cases need of the world."""

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
    """One live connection, whatever it speaks. Neither method waits or raises."""

    user_id: UserId
    address: str
    events: set[EventId]
    """What it asked about: subscribed events and those whose line it looked at."""

    def deliver(self, message: Outgoing) -> None:
        """Hand one message to the connection; nothing happens on one that is closing."""

    def subscribed(self, answer: Subscribed) -> None: ...

    def close(self, code: int, reason: str) -> None:
        """Say goodbye with a WebSocket close code; the client is deaf from now on."""


class LiveStore(Protocol):
    """The versioned channels. Raises `LiveUnavailable`."""

    async def publish(self, update: "Update") -> int | None:
        """Give `update` the next version, keep it, tell every notifier. When parts of it were
        published before nothing is done and the last source version that was is returned."""

    async def offer(self, event_id: EventId, offers: Sequence[HoldOffered]) -> None:
        """Tell every notifier who was offered seats. Told once, to whoever listens."""

    async def look(self, event_id: EventId, known: Position | None) -> Snapshot:
        """Where the channel stands, with what followed `known`."""


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


class Line(Protocol):
    """The queue service. Raises Unavailable."""

    async def place(self, event_id: EventId, user_id: UserId) -> Answer: ...

    async def statuses(self) -> dict[EventId, msgspec.Raw]: ...

    async def present(self, users: dict[EventId, list[UserId]]) -> None: ...


class Holds(Protocol):
    """The booking service. Raises Unavailable."""

    async def live(self, event_id: EventId, user_id: UserId) -> msgspec.Raw:
        """The person's hold as the public contract has it, or `null`."""


@dataclass(frozen=True, slots=True)
class Received:
    """A domain event from the broker; it comes again unless `acknowledge` is called.

    `received_at` is monotonic.
    """

    event: SeatsChanged | SaleChanged | HoldOffered
    received_at: float
    acknowledge: Callable[[], Awaitable[object]]
