"""Holds."""

from datetime import datetime

from tiketi_booking.web.schemas.base import View


class HeldSeat(View, frozen=True, kw_only=True):
    """`id`, `section`, `row` and `number` are null for general admission."""

    id: str | None
    section: str | None
    row: str | None
    number: str | None
    ticket_type_id: str
    ticket_type: str
    price: int


class HoldView(View, frozen=True, kw_only=True):
    """`order_id` is the order that its payment makes or has made; null before a payment begins and
    after one was declined."""

    id: str
    event_id: str
    seats: list[HeldSeat]
    total: int
    currency: str
    expires_at: datetime
    order_id: str | None = None


class HoldAnswer(View, frozen=True, kw_only=True):
    hold: HoldView


class HoldList(View, frozen=True, kw_only=True):
    holds: list[HoldView]
