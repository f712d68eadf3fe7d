"""The messages between services.

Booking writes a message to its outbox in the transaction that it is about, and relays it to the
RabbitMQ topic exchange `EXCHANGE` with routing key `<type>.<event_id>` and a unique `message_id`:
persistent, in order per event, at least once. Consumers drop repeats by `message_id`. The queue
publishes its ticks on Redis pub/sub.

On the wire a message is a JSON object whose `type` is the tag given here.
"""

from typing import Literal

import msgspec

from tiketi_shared.ids import AdmissionId, EventId, HoldId, OrderId, UserId

EXCHANGE = "tiketi.events"

SeatState = Literal["a", "h", "s", "x"]
"""Available, held, sold, blocked."""


class SeatsChanged(msgspec.Struct, frozen=True, tag="seats_changed"):
    """The state that each named seat has at `version` of the event's availability.

    `general` gives what is left per ticket type, where it changed.
    """

    event_id: EventId
    version: int
    changes: list[tuple[int, SeatState]]
    general: dict[str, int]


class SaleChanged(msgspec.Struct, frozen=True, tag="sale_changed"):
    """An organiser changed the event, its times or its queue settings: caches are stale."""

    event_id: EventId
    version: int


class HoldsCreated(msgspec.Struct, frozen=True, tag="holds_created"):
    """Activity: the admissions are renewed. One message for all holds of one transaction, since
    at the height of a sale a message for each would cost more than the holds do."""

    event_id: EventId
    holds: list[tuple[UserId, HoldId, AdmissionId]]


class HoldEnded(msgspec.Struct, frozen=True, tag="hold_ended"):
    """The hold was released, or expired."""

    event_id: EventId
    user_id: UserId
    hold_id: HoldId
    reason: Literal["released", "expired"]


class HoldOffered(msgspec.Struct, frozen=True, tag="hold_offered"):
    """Seats that came back are held for somebody who waited for some; `expires_at` is Unix
    seconds."""

    event_id: EventId
    user_id: UserId
    hold_id: HoldId
    expires_at: float


class OrderPaid(msgspec.Struct, frozen=True, tag="order_paid"):
    """The admission is used up: its slot in the line is free."""

    event_id: EventId
    user_id: UserId
    order_id: OrderId
    admission_id: AdmissionId | None
    total: int
    currency: str
    tickets: int


class OrderRefunded(msgspec.Struct, frozen=True, tag="order_refunded"):
    event_id: EventId
    user_id: UserId
    order_id: OrderId
    total: int
    currency: str
    tickets: int


DomainEvent = (
    SeatsChanged | SaleChanged | HoldsCreated | HoldEnded | HoldOffered | OrderPaid | OrderRefunded
)
"""What travels through the outbox and RabbitMQ."""


class Admitted(msgspec.Struct, frozen=True):
    """One person let in; `admission` is `{token, expires_at}` as the public contract has it."""

    user_id: UserId
    admission: msgspec.Raw


class Tick(msgspec.Struct, frozen=True):
    """What the queue publishes on `tick_channel(event_id)` after each admission round, and the
    notifier that consumes booking's events for the offers among them.

    `status` is the shared document, encoded, or `UNCHANGED`.
    """

    event_id: EventId
    status: msgspec.Raw
    admitted: list[Admitted]
    offered: list[HoldOffered] = []


UNCHANGED = msgspec.Raw(b"null")
"""In a tick: the shared document is as it was. (msgspec cannot decode `Raw | None`.)"""


def tick_channel(event_id: EventId) -> str:
    """The Redis pub/sub channel of an event's line."""
    return f"tick:{{{event_id}}}"


TICK_CHANNELS = "tick:*"
"""The pattern a notifier subscribes to where Redis is not a cluster."""


def session_key(session_hash: str) -> str:
    """The Redis key that caches a session: JSON `{user_id, role, name, email}`, expiring with it.

    Booking writes it, the gateway reads and slides it; `session_hash` is the SHA-256 of the
    opaque id in hex, so that neither store holds an id that could be presented.
    """
    return f"session:{session_hash}"


SESSIONS_REVOKED = "sessions:revoked"
"""Redis pub/sub channel: the hash of each session that ended, for the gateways' own caches."""
