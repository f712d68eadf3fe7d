"""What a buyer asks to hold, and which of many such requests can be decided together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.layout import seat_index
from tiketi_booking.errors import UnknownSeats
from tiketi_shared.errors import Invalid
from tiketi_shared.ids import AdmissionId, EventId, HoldId, OrderId, UserId

MAX_TICKETS = 100


class HoldWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `seat_ids`, or `ticket_type_id` and `quantity`.

    `or_nearest`: where others were faster, as many seats of the same ticket type as near as can be
    are held at once; where there are none, those that come back, for as long as this is asked again
    at least every 30 seconds."""

    seat_ids: tuple[str, ...] | None = None
    ticket_type_id: str | None = None
    quantity: int | None = None
    or_nearest: bool = False


class Seats(msgspec.Struct, frozen=True):
    """These seats, ascending."""

    indices: tuple[int, ...]

    @property
    def quantity(self) -> int:
        return len(self.indices)


class Quantity(msgspec.Struct, frozen=True):
    """So many of a type, wherever."""

    type_number: int
    quantity: int


Wanted = Seats | Quantity


class HoldOrder(msgspec.Struct, frozen=True):
    """One hold to be decided. `key` and `request` are digests of the Idempotency-Key and of what
    was asked with it; no admission means that the line is not asked (a waiting-list offer).

    `wish` is the digest of what was asked by somebody who agreed to other seats and entered at
    `entered`, the groups of `others` are those that would do, and `lost` says that the wanted ones
    are known to be gone."""

    id: HoldId
    user_id: UserId
    wanted: Wanted
    admission_id: AdmissionId | None = None
    admission_exp: int | None = None
    key: bytes | None = None
    request: bytes | None = None
    wish: bytes | None = None
    entered: int | None = None
    others: tuple[tuple[int, ...], ...] = ()
    lost: bool = False

    @property
    def claims(self) -> tuple[int, ...]:
        """The seats that nobody else may want in the same statement."""
        if self.lost or not isinstance(self.wanted, Seats):
            return ()
        return self.wanted.indices


class Decision(msgspec.Struct, frozen=True):
    """What became of one hold order; `seats` of an `unavailable` one are those that were free.

    `again` is the hold that the same Idempotency-Key made before, or that was made for the same
    wish meanwhile; `later` (general admission) means to ask again, when those before it in the
    batch are decided.
    """

    outcome: Literal[
        "held", "again", "key_reused", "closed", "admission", "limit", "unavailable", "later"
    ]
    hold_id: HoldId
    seats: list[int]
    types: list[int]
    prices: list[int]
    total: int
    expires_at: datetime | None


class Hold(msgspec.Struct, frozen=True):
    """`seats` is empty for general admission; `types` and `prices` have one entry a ticket.

    `order_id` is the order that its payment makes or has made: none before a payment begins and
    after one was declined.
    """

    id: HoldId
    event_id: EventId
    user_id: UserId
    state: Literal["live", "paid", "released", "expired"]
    seats: list[int]
    types: list[int]
    prices: list[int]
    total: int
    currency: str
    expires_at: datetime
    order_id: OrderId | None = None


@dataclass(slots=True, eq=False)
class Wave:
    """Holds that want no seat twice and are of different users: decidable in one statement."""

    orders: list[HoldOrder] = field(default_factory=list)
    users: set[str] = field(default_factory=set)
    seats: set[int] = field(default_factory=set)

    def admits(self, order: HoldOrder) -> bool:
        if order.user_id in self.users:
            return False
        return self.seats.isdisjoint(order.claims)

    def add(self, order: HoldOrder) -> None:
        self.orders.append(order)
        self.users.add(order.user_id)
        self.seats.update(order.claims)


def first_wave(orders: Iterable[HoldOrder], limit: int, beside: Sequence[Wave] = ()) -> Wave:
    """The first `limit` orders that can be decided together, `beside` what is being decided;
    whoever came first goes first."""
    wave = Wave()
    for order in orders:
        if len(wave.orders) == limit:
            break
        if wave.admits(order) and all(other.admits(order) for other in beside):
            wave.add(order)
    return wave


def wanted(wish: HoldWish, event: Event) -> Wanted:
    """What a wish asks for, in this event's terms. Raises Invalid or UnknownSeats."""
    if wish.seat_ids is not None:
        if wish.ticket_type_id is not None or wish.quantity is not None:
            raise Invalid(errors={"seat_ids": "stands alone"})
        return _seats(wish.seat_ids, event)
    kind = event.type_ids.get(wish.ticket_type_id or "")
    if kind is None:
        raise Invalid(errors={"ticket_type_id": "names a ticket type of this event"})
    if wish.quantity is None or not 1 <= wish.quantity <= MAX_TICKETS:
        raise Invalid(errors={"quantity": f"is 1 to {MAX_TICKETS}"})
    return Quantity(kind.number, wish.quantity)


def _seats(seat_ids: Sequence[str], event: Event) -> Seats:
    if not 1 <= len(seat_ids) <= MAX_TICKETS:
        raise Invalid(errors={"seat_ids": f"are 1 to {MAX_TICKETS}"})
    return Seats(tuple(known_seats(seat_ids, event)))


def known_seats(seat_ids: Sequence[str], event: Event) -> list[int]:
    """Ascending indices. Raises Invalid for a repeated id, UnknownSeats for one of no seat."""
    size = event.layout.size
    indices = [seat_index(seat_id) for seat_id in seat_ids]
    known = [idx for idx in indices if idx is not None and idx < size]
    if len(known) < len(indices):
        unknown = [
            seat_id
            for seat_id, idx in zip(seat_ids, indices, strict=True)
            if idx is None or idx >= size
        ]
        raise UnknownSeats("this event has no such seats", unknown=unknown)
    if len(set(known)) < len(known):
        raise Invalid(errors={"seat_ids": "name each seat once"})
    return sorted(known)
