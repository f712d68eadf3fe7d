"""Orders and their tickets, as buyers and organisers read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tiketi_shared.ids import EventId, OrderId, TicketId, UserId

RefundOutcome = Literal["unknown", "used", "nothing", "refunded"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """`seat` is None for general admission, `type` the ticket type's number."""

    id: TicketId
    type: int
    seat: int | None
    price: int
    state: Literal["valid", "used", "refunded"]


@dataclass(frozen=True, slots=True)
class Order:
    id: OrderId
    event_id: EventId
    user_id: UserId
    status: Literal["paid", "partly_refunded", "refunded"]
    total: int
    refunded: int
    currency: str
    created_at: datetime
    tickets: list[Ticket]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in an organiser's list; `tickets` is how many."""

    id: OrderId
    user_id: UserId
    email: str
    name: str
    status: str
    total: int
    refunded: int
    currency: str
    created_at: datetime
    tickets: int


@dataclass(frozen=True, slots=True)
class ReportRow:
    """So many tickets of a type in a state, worth `amount` together."""

    type: int
    state: Literal["valid", "used", "refunded"]
    tickets: int
    amount: int


@dataclass(frozen=True, slots=True)
class SoldTicket:
    id: TicketId
    order_id: OrderId
    sold_at: datetime
    email: str
    name: str
    type: int
    seat: int | None
    price: int
    currency: str
    state: Literal["valid", "used", "refunded"]
