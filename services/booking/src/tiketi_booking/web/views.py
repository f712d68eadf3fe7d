"""What the use cases give, as the public contract has it."""

from collections.abc import Sequence
from typing import Any

from tiketi_booking.domain.accounts import Account
from tiketi_booking.domain.catalogue import Event, TicketType
from tiketi_booking.domain.counters import Counters
from tiketi_booking.domain.holds import Hold
from tiketi_booking.domain.orders import Order, OrderLine
from tiketi_booking.domain.payments import Payment
from tiketi_booking.domain.ticket_codes import TicketCodes
from tiketi_booking.web.schemas.accounts import UserView
from tiketi_booking.web.schemas.catalogue import EventSummary, EventView, TicketTypeView
from tiketi_booking.web.schemas.orders import OrderView, TicketView
from tiketi_booking.web.schemas.organisers import AdminEventView, OrderLineView
from tiketi_shared.sale import Phase, Sale, phase_of
from tiketi_shared.shapes import HeldSeat, HoldView


def user_view(account: Account) -> UserView:
    return UserView(id=account.id, email=account.email, name=account.name, role=account.role)


def event_summary(event: Event, counters: Counters | None, now: float, zone: str) -> EventSummary:
    return EventSummary(**_summary(event, counters, now, zone))


def event_view(event: Event, counters: Counters | None, now: float, zone: str) -> EventView:
    return EventView(**_summary(event, counters, now, zone), **_details(event))


def admin_event_view(
    event: Event, counters: Counters | None, now: float, zone: str
) -> AdminEventView:
    return AdminEventView(
        **_summary(event, counters, now, zone),
        **_details(event),
        queue=event.queue,
        cancelled=event.cancelled,
        version=event.version,
        unreadable=list(event.unreadable),
    )


def hold_view(event: Event, hold: Hold) -> HoldView:
    return HoldView(
        id=hold.id,
        event_id=hold.event_id,
        seats=held_seats(event, hold.seats, hold.types, hold.prices),
        total=hold.total,
        currency=hold.currency,
        expires_at=hold.expires_at,
        order_id=hold.order_id,
    )


def held_seats(
    event: Event, seats: Sequence[int | None], types: Sequence[int], prices: Sequence[int]
) -> list[HeldSeat]:
    """One entry a ticket; `seats` is empty for general admission."""
    places = seats or [None] * len(types)
    return [
        held_seat(event, idx, event.type_numbers[number], price)
        for idx, number, price in zip(places, types, prices, strict=True)
    ]


def held_seat(event: Event, idx: int | None, kind: TicketType, price: int) -> HeldSeat:
    seat = None if idx is None else event.layout.seat(idx)
    return HeldSeat(
        id=None if seat is None else seat.id,
        section=None if seat is None else seat.section,
        row=None if seat is None else seat.row,
        number=None if seat is None else seat.number,
        ticket_type_id=kind.id,
        ticket_type=kind.name,
        price=price,
    )


def order_view(event: Event, order: Order, codes: TicketCodes, zone: str) -> OrderView:
    tickets = []
    for ticket in order.tickets:
        kind = event.type_numbers[ticket.type]
        tickets.append(
            TicketView(
                id=ticket.id,
                code=codes.make(event.id, ticket.id),
                seat=None
                if ticket.seat is None
                else held_seat(event, ticket.seat, kind, ticket.price),
                ticket_type=kind.name,
                price=ticket.price,
                state=ticket.state,
            )
        )
    return OrderView(
        id=order.id,
        event_id=order.event_id,
        event_name=event.name,
        venue=event.venue,
        starts_at=event.starts_at,
        time_zone=zone,
        status=order.status,
        total=order.total,
        refunded=order.refunded,
        currency=order.currency,
        created_at=order.created_at,
        tickets=tickets,
    )


def payment_view(event: Event, payment: Payment, zone: str, action: str | None = None) -> OrderView:
    """A payment shown as an order: pending, or declined."""
    given_back = payment.status == "charged"
    statuses = {"charged": "refunded", "declined": "declined"}
    return OrderView(
        id=payment.order_id,
        event_id=payment.event_id,
        event_name=event.name,
        venue=event.venue,
        starts_at=event.starts_at,
        time_zone=zone,
        status=statuses.get(payment.status, "pending"),  # type: ignore[arg-type]  # both are of the literal
        total=payment.amount,
        refunded=payment.amount if given_back else 0,
        currency=payment.currency,
        created_at=payment.created_at,
        tickets=[],
        action=action,
    )


def order_line_view(line: OrderLine) -> OrderLineView:
    return OrderLineView(
        id=line.id,
        user_id=line.user_id,
        email=line.email,
        name=line.name,
        status=line.status,
        total=line.total,
        refunded=line.refunded,
        currency=line.currency,
        created_at=line.created_at,
        tickets=line.tickets,
    )


def event_phase(event: Event, counters: Counters | None, now: float) -> Phase:
    return phase_of(_sale(event, counters), now)


def _summary(event: Event, counters: Counters | None, now: float, zone: str) -> dict[str, Any]:
    sale = _sale(event, counters)
    return {
        "id": event.id,
        "name": event.name,
        "venue": event.venue,
        "starts_at": event.starts_at,
        "time_zone": zone,
        "sale_opens_at": event.sale_opens_at,
        "sale_closes_at": event.sale_closes_at,
        "phase": phase_of(sale, now),
        "price_from": event.price_from,
        "currency": event.currency,
        "seats_total": sale.seats_total,
        "seats_left": sale.seats_left,
    }


def _details(event: Event) -> dict[str, Any]:
    return {
        "ticket_types": [
            TicketTypeView(
                id=kind.id, name=kind.name, price=kind.price, kind=kind.kind, capacity=kind.capacity
            )
            for kind in event.ticket_types
        ],
        "max_per_user": event.max_per_user,
    }


def _sale(event: Event, counters: Counters | None) -> Sale:
    """The sale of an event without counters: it ended long ago, and nothing is on sale."""
    if counters is not None:
        return counters.sale
    total = sum(kind.capacity for kind in event.ticket_types)
    return Sale(
        event_id=event.id,
        name=event.name,
        version=event.version,
        sale_opens_at=event.sale_opens_at.timestamp(),
        sale_closes_at=event.sale_closes_at.timestamp(),
        queue=event.queue,
        seats_total=total,
        seats_left=0,
        open_holds=0,
        cancelled=event.cancelled,
    )
