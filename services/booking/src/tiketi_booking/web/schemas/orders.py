"""Checkout, orders and refunds."""

from datetime import datetime
from typing import Literal

from tiketi_booking.web.schemas.base import Body, View
from tiketi_shared.shapes import HeldSeat


class PaymentWith(Body, frozen=True, kw_only=True):
    provider: str = "sandbox"
    token: str = ""


class Checkout(Body, frozen=True, kw_only=True):
    payment: PaymentWith


class TicketView(View, frozen=True, kw_only=True):
    """`code` is what the QR shows; `seat` is null for general admission."""

    id: str
    code: str
    seat: HeldSeat | None
    ticket_type: str
    price: int
    state: Literal["valid", "used", "refunded"]


class OrderView(View, frozen=True, kw_only=True):
    """`pending` and `declined` orders have no tickets; `action` is what the buyer's browser needs
    to go on with the payment, where the provider asks for more."""

    id: str
    event_id: str
    event_name: str
    venue: str
    starts_at: datetime
    time_zone: str
    status: Literal["pending", "declined", "paid", "partly_refunded", "refunded"]
    total: int
    refunded: int
    currency: str
    created_at: datetime
    tickets: list[TicketView]
    action: str | None = None


class OrderAnswer(View, frozen=True, kw_only=True):
    order: OrderView


class OrderList(View, frozen=True, kw_only=True):
    orders: list[OrderView]
    next_cursor: str | None


class RefundRequest(Body, frozen=True, kw_only=True):
    """Without `ticket_ids` the whole order."""

    ticket_ids: tuple[str, ...] | None = None
    reason: str = ""
