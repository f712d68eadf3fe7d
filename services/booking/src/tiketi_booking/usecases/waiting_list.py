"""Waiting for seats of an event that is sold out, and being offered those that come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from tiketi_booking import metrics
from tiketi_booking.domain.best_available import best_available
from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.waiting_list import Offer, Place, free_by_type, offerable, offers
from tiketi_booking.errors import NotSoldOut, NotWaiting
from tiketi_booking.ports import Committed, EventSource, SeatSource, WaitingListStore
from tiketi_shared.errors import Conflict, Invalid
from tiketi_shared.ids import EventId, TicketTypeId, UserId

AT_ONCE = 200
"""Waiters read at once, of those that what is free would do for."""


@dataclass(frozen=True, slots=True)
class WaitingList:
    store: WaitingListStore
    events: EventSource
    seats: SeatSource

    async def join(
        self, event_id: EventId, user_id: UserId, *, ticket_type_id: TicketTypeId | None,
        quantity: int, now: datetime,
    ) -> tuple[Place, bool]:  # fmt: skip
        """The place, and whether it is new. Raises NotFound, Invalid, Conflict or NotSoldOut."""
        event = await self.events.event(event_id)
        _check(event, ticket_type_id, quantity, now)
        free = free_by_type(event, await self.seats.picture(event_id))
        wanted = free if ticket_type_id is None else {ticket_type_id: free[ticket_type_id]}
        if await self.store.place(event_id, user_id) is None and max(wanted.values()) >= quantity:
            raise NotSoldOut("there are seats left to buy")
        number = None if ticket_type_id is None else event.type_ids[ticket_type_id].number
        new = await self.store.join(event_id, user_id, number, quantity)
        return await self.place(event_id, user_id), new

    async def place(self, event_id: EventId, user_id: UserId) -> Place:
        """Raises NotWaiting."""
        place = await self.store.place(event_id, user_id)
        if place is None:
            raise NotWaiting("you are not on the waiting list of this event")
        return place

    async def leave(self, event_id: EventId, user_id: UserId) -> None:
        """Raises NotWaiting or PaymentUnderWay."""
        if not await self.store.leave(event_id, user_id):
            raise NotWaiting("you are not on the waiting list of this event")

    async def line_told(self, waiting: Mapping[EventId, int]) -> None:
        """So many people wait in the lines of these events: the list comes after them."""
        await self.store.line_told(waiting)


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


@dataclass(frozen=True, slots=True)
class OfferSeats:
    """Offers what has come back, event by event, where nobody waits in the line.

    An offer lasts `seconds`; `committed` is called when some were made.
    """

    store: WaitingListStore
    events: EventSource
    seats: SeatSource
    committed: Committed
    seconds: float

    async def turn(self, chance: Random) -> int:
        """One round over all events; how many offers were made."""
        await self.store.settle()
        made = sum([await self._offer(event, chance) for event in await self.store.events()])
        if made:
            metrics.OFFERS.inc(made)
            self.committed()
        return made

    async def _offer(self, event_id: EventId, chance: Random) -> int:
        event = await self.events.event(event_id)
        picture = offerable(event, await self.seats.picture(event_id))
        free = free_by_type(event, picture)
        made = after = 0
        while waiters := await self.store.waiters(event, free, after, AT_ONCE):
            for offer in offers(waiters, free):
                free[offer.ticket_type_id] -= offer.waiter.quantity
                made += await self._make(event, offer, picture.states, chance)
            if len(waiters) < AT_ONCE:
                break
            after = waiters[-1].place
        return made

    async def _make(self, event: Event, offer: Offer, states: bytearray, chance: Random) -> bool:
        kind = event.type_ids[offer.ticket_type_id]
        chosen: Sequence[int] = ()
        if kind.kind == "seated":
            rows = event.layout.rows(kind.name)
            chosen = best_available(states, rows, offer.waiter.quantity, chance) or ()
            for idx in chosen:
                states[idx] = ord("h")
        return await self.store.offer(event, offer, chosen, self.seconds)
