"""What a buyer does with an order's tickets: shows them, prints them, puts them in the calendar."""

from typing import Protocol

from tiketi_booking.domain.catalogue import Event
from tiketi_booking.domain.eticket import ETicket, Receipt
from tiketi_booking.domain.ticket_codes import TicketCodes
from tiketi_shared.errors import NotFound
from tiketi_shared.ids import EventId, OrderId, TicketId, UserId


class EventSource(Protocol):
    async def event(self, event_id: EventId) -> Event:
        """Raises NotFound."""
        ...


class TicketShelf(Protocol):
    async def eticket(self, order_id: OrderId, user_id: UserId | None) -> ETicket | None:
        """An order's tickets that still hold, if it is of `user_id` (None: whoever's)."""
        ...

    async def receipt(self, order_id: OrderId, user_id: UserId) -> Receipt | None:
        """Of the user's own order, tickets given back included."""
        ...

    async def ticket_event(self, ticket_id: TicketId, user_id: UserId) -> EventId | None:
        """The event of a ticket of this user that still holds."""
        ...


class Printer(Protocol):
    async def pdf(self, order: ETicket) -> bytes: ...


async def ticket_code(
    shelf: TicketShelf, codes: TicketCodes, ticket_id: TicketId, user_id: UserId
) -> str:
    """The code of the user's own ticket. Raises NotFound for any other, or one refunded."""
    event_id = await shelf.ticket_event(ticket_id, user_id)
    if event_id is None:
        raise NotFound("you have no such ticket")
    return codes.make(event_id, ticket_id)


async def own_eticket(shelf: TicketShelf, order_id: OrderId, user_id: UserId) -> ETicket:
    """Raises NotFound for another's order, or one with no ticket left."""
    order = await shelf.eticket(order_id, user_id)
    if order is None:
        raise NotFound("you have no such order")
    return order


async def own_receipt(shelf: TicketShelf, order_id: OrderId, user_id: UserId) -> Receipt:
    """Raises NotFound for another's order."""
    receipt = await shelf.receipt(order_id, user_id)
    if receipt is None:
        raise NotFound("you have no such order")
    return receipt


class Revoked(Protocol):
    async def spent(self, event_id: EventId) -> tuple[list[TicketId], list[TicketId]]:
        """Tickets of the event that open no door: those refunded, and those used."""
        ...


async def door_list(
    events: EventSource, revoked: Revoked, event_id: EventId
) -> tuple[Event, list[TicketId], list[TicketId]]:
    """What a door takes along to work offline. Raises NotFound."""
    event = await events.event(event_id)
    return (event, *await revoked.spent(event_id))
