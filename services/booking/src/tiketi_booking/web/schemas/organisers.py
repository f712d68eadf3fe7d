"""What organisers see and send."""

from datetime import datetime

from tiketi_booking.web.schemas.base import Body, View
from tiketi_booking.web.schemas.catalogue import EventView
from tiketi_shared.sale import QueueSettings


class AdminEventView(EventView, frozen=True, kw_only=True):
    """What organisers see besides. `unreadable` names fields whose stored value cannot be used; the
    event is neither listed nor sold until they are changed."""

    queue: QueueSettings
    cancelled: bool
    version: int
    unreadable: list[str]


class SeatIds(Body, frozen=True, kw_only=True):
    seat_ids: tuple[str, ...]


class OrderLineView(View, frozen=True, kw_only=True):
    id: str
    user_id: str
    email: str
    name: str
    status: str
    total: int
    refunded: int
    currency: str
    created_at: datetime
    tickets: int


class OrderLineList(View, frozen=True, kw_only=True):
    orders: list[OrderLineView]
    next_cursor: str | None


class TypeReport(View, frozen=True, kw_only=True):
    ticket_type_id: str
    name: str
    price: int
    capacity: int
    sold: int
    used: int
    refunded: int
    revenue: int


class HourReport(View, frozen=True, kw_only=True):
    hour: datetime
    orders: int
    amount: int


class SalesReport(View, frozen=True, kw_only=True):
    """`revenue` is what was paid and not given back."""

    event_id: str
    name: str
    currency: str
    seats_total: int
    seats_left: int
    held: int
    sold: int
    orders: int
    refunds: int
    revenue: int
    ticket_types: list[TypeReport]
    by_hour: list[HourReport]
