"""Waiting for seats of an event that is sold out, and being offered those that come back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Protocol

from tiketi_booking import metrics
from tiketi_booking.domain.availability import Availability
from tiketi_booking.domain.best_available import best_available
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.waiting_list import (
    EntryId,
    Offer,
    Status,
    Waiter,
    free_by_type,
    offers,
)
from tiketi_booking.errors import NotSoldOut, NotWaiting
from tiketi_booking.usecases.tickets import EventSource
from tiketi_shared.errors import Conflict, Invalid
from tiketi_shared.ids import EventId, HoldId, TicketTypeId, UserId

AT_ONCE = 200
"""Waiters looked at in one turn."""


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


class WaitingList(Protocol):
    async def join(
        self, event_id: EventId, user_id: UserId, ticket_type: int | None, quantity: int
    ) -> bool:
        """False when the user is on the list already, which then stays as it is."""
        ...

    async def place(self, event_id: EventId, user_id: UserId) -> Place | None:
        """The user's last entry."""
        ...

    async def leave(self, event_id: EventId, user_id: UserId) -> bool:
        """Gives up the place, or the offer with its seats; False when there was none. Raises
        PaymentUnderWay for an offer that is being paid for, NotWaiting for one that was."""
        ...

    async def settle(self) -> None:
        """Marks the offers that have ended with what became of them."""
        ...

    async def events(self) -> list[EventId]:
        """Events on sale where someone waits and something is free."""
        ...

    async def waiters(self, event: Event, limit: int) -> list[Waiter]:
        """In the order of the list."""
        ...

    async def offer(self, event: Event, offer: Offer, seats: Sequence[int], seconds: float) -> bool:
        """Holds `seats` (none: general admission) for the waiter and lets them know, all or
        nothing; False when somebody was faster, on the list or for the seats."""
        ...


class Seats(Protocol):
    async def picture(self, event_id: EventId) -> Availability: ...


async def join(  # noqa: PLR0913  who, where, what, and the three that are asked
    waiting: WaitingList,
    events: EventSource,
    seats: Seats,
    event_id: EventId,
    user_id: UserId,
    *,
    ticket_type_id: TicketTypeId | None,
    quantity: int,
    now: datetime,
) -> tuple[Place, bool]:
    """The place, and whether it is new. Raises NotFound, Invalid, Conflict or NotSoldOut."""
    event = await events.event(event_id)
    _check(event, ticket_type_id, quantity, now)
    free = free_by_type(event, await seats.picture(event_id))
    wanted = free if ticket_type_id is None else {ticket_type_id: free[ticket_type_id]}
    if await waiting.place(event_id, user_id) is None and max(wanted.values()) >= quantity:
        raise NotSoldOut("there are seats left to buy")
    number = None if ticket_type_id is None else event.type_ids[ticket_type_id].number
    new = await waiting.join(event_id, user_id, number, quantity)
    return await own_place(waiting, event_id, user_id), new


def _check(event: Event, ticket_type_id: TicketTypeId | None, quantity: int, now: datetime) -> None:
    errors = {}
    if ticket_type_id is not None and ticket_type_id not in event.type_ids:
        errors["ticket_type_id"] = "names a ticket type of this event"
    if not 1 <= quantity <= event.max_per_user:
        errors["quantity"] = f"is 1 to {event.max_per_user}"
    if errors:
        raise Invalid(errors=errors)
    if event.cancelled or not event.sale_opens_at <= now < event.sale_closes_at:
        raise Conflict("the event is not on sale")


async def own_place(waiting: WaitingList, event_id: EventId, user_id: UserId) -> Place:
    """Raises NotWaiting."""
    place = await waiting.place(event_id, user_id)
    if place is None:
        raise NotWaiting("you are not on the waiting list of this event")
    return place


async def leave(waiting: WaitingList, event_id: EventId, user_id: UserId) -> None:
    """Raises NotWaiting or PaymentUnderWay."""
    if not await waiting.leave(event_id, user_id):
        raise NotWaiting("you are not on the waiting list of this event")


class OfferSeats:
    """Offers what has come back, event by event."""

    def __init__(
        self,
        waiting: WaitingList,
        events: EventSource,
        seats: Seats,
        committed: Callable[[], None],
        *,
        seconds: float,
    ) -> None:
        """An offer lasts `seconds`; `committed` is called when some were made."""
        self._waiting, self._events, self._seats = waiting, events, seats
        self._committed, self._seconds = committed, seconds

    async def turn(self, chance: Random) -> int:
        """One round over all events; how many offers were made."""
        await self._waiting.settle()
        made = sum([await self._offer(event, chance) for event in await self._waiting.events()])
        if made:
            metrics.OFFERS.inc(made)
            self._committed()
        return made

    async def _offer(self, event_id: EventId, chance: Random) -> int:
        event = await self._events.event(event_id)
        waiters = await self._waiting.waiters(event, AT_ONCE)
        picture = await self._seats.picture(event_id)
        states = bytearray(picture.states)
        made = 0
        for offer in offers(waiters, free_by_type(event, picture)):
            kind = event.type_ids[offer.ticket_type_id]
            chosen: Sequence[int] = ()
            if kind.kind == "seated":
                rows = event.layout.rows(kind.name)
                chosen = best_available(states, rows, offer.waiter.quantity, chance) or ()
                for idx in chosen:
                    states[idx : idx + 1] = b"h"
            made += await self._waiting.offer(event, offer, chosen, self._seconds)
        return made
