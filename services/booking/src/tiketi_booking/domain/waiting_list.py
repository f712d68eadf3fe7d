"""Who is offered the seats that come back to a sold-out event.

Seats are offered in the order in which people joined. A group is offered seats for all of it or
none: when fewer are left, those behind who fit come first this time, and the group keeps its place.
So a returned seat is never kept idle, and nobody is offered part of what they asked for. Wheelchair
seats are not offered: the list does not say who needs one.

An offer is a hold made for the person, for a limited time; an entry that has had its offer is done,
whether it was taken or not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NewType

from tiketi_booking.domain.availability import Availability
from tiketi_booking.domain.catalogue import Event
from tiketi_shared.ids import HoldId, TicketTypeId, UserId

EntryId = NewType("EntryId", str)

Status = Literal["waiting", "offered", "taken", "lapsed", "left"]
"""`lapsed`: the offer ended unused; `left`: the person gave up the place or the offer."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """One entry; `ticket_type_id` is None where any type will do, `place` orders the list."""

    entry_id: EntryId
    user_id: UserId
    quantity: int
    ticket_type_id: TicketTypeId | None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """An entry as its owner sees it; `position` counts those waiting, from 1, while waiting.

    `hold_id` and `offer_ends` are the offer's.
    """

    entry_id: EntryId
    status: Status
    ticket_type: int | None
    quantity: int
    joined_at: datetime
    position: int | None
    total: int
    hold_id: HoldId | None
    offer_ends: datetime | None


@dataclass(frozen=True, slots=True)
class Offer:
    waiter: Waiter
    ticket_type_id: TicketTypeId


def offers(waiters: Iterable[Waiter], free: Mapping[TicketTypeId, int]) -> list[Offer]:
    """What to offer to `waiters` (in the order of the list), given what is `free` of each type.

    Whoever takes any type gets the first one, in the order of `free`, that has enough.
    """
    left = dict(free)
    made = []
    for waiter in waiters:
        chosen = _fitting(waiter, left)
        if chosen is not None:
            left[chosen] -= waiter.quantity
            made.append(Offer(waiter, chosen))
    return made


def free_by_type(event: Event, seats: Availability) -> dict[TicketTypeId, int]:
    """How many of each type are free, the cheapest type first."""
    free = dict.fromkeys((kind.id for kind in event.ticket_types), 0)
    for indices, name in event.layout.ticket_types():
        free[event.type_names[name].id] += seats.states.count(b"a", indices.start, indices.stop)
    for kind in event.ticket_types:
        if kind.kind == "general":
            free[kind.id] = seats.general.get(kind.id, 0)
    prices = {kind.id: kind.price for kind in event.ticket_types}
    return dict(sorted(free.items(), key=lambda entry: prices[entry[0]]))


def offerable(event: Event, seats: Availability) -> Availability:
    """The seats as far as they may be offered to people who did not ask for a wheelchair seat."""
    return replace(seats, states=event.layout.without_accessible(seats.states))


def _fitting(waiter: Waiter, left: Mapping[TicketTypeId, int]) -> TicketTypeId | None:
    wanted = left if waiter.ticket_type_id is None else (waiter.ticket_type_id,)
    return next((kind for kind in wanted if left.get(kind, 0) >= waiter.quantity), None)
