"""The shapes of requests and answers; times are RFC 3339, money is in the smallest unit."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from tiketi_booking.domain.accounts import Role
from tiketi_booking.domain.catalogue import Kind
from tiketi_shared.sale import Phase, QueueSettings


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request's body: a field that is not known is an error."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """An answer's body."""


# --- accounts


class SignUp(Body, frozen=True, kw_only=True):
    email: str
    password: str
    name: str


class LogIn(Body, frozen=True, kw_only=True):
    email: str
    password: str


class ProfileChange(Body, frozen=True, kw_only=True):
    """What is absent stays. A new address or password needs `current_password`."""

    name: str | None = None
    email: str | None = None
    password: str | None = None
    current_password: str | None = None


class UserView(View, frozen=True, kw_only=True):
    id: str
    email: str
    name: str
    role: Role


class SignedIn(View, frozen=True, kw_only=True):
    user: UserView
    token: str


class StaffChange(Body, frozen=True, kw_only=True):
    email: str
    role: Role


class StaffList(View, frozen=True, kw_only=True):
    staff: list[UserView]


# --- events


class TicketTypeView(View, frozen=True, kw_only=True):
    id: str
    name: str
    price: int
    kind: Kind
    capacity: int


class EventSummary(View, frozen=True, kw_only=True):
    id: str
    name: str
    venue: str
    starts_at: datetime
    sale_opens_at: datetime
    sale_closes_at: datetime
    phase: Phase
    price_from: int
    currency: str
    seats_total: int
    seats_left: int


class EventList(View, frozen=True, kw_only=True):
    events: list[EventSummary]
    next_cursor: str | None


class EventView(EventSummary, frozen=True, kw_only=True):
    ticket_types: list[TicketTypeView]
    max_per_user: int


class AdminEventView(EventView, frozen=True, kw_only=True):
    """What organisers see besides."""

    queue: QueueSettings
    cancelled: bool
    version: int


class SeatOnMap(View, frozen=True, kw_only=True):
    id: str
    section: str
    row: str
    number: str
    ticket_type_id: str
    x: float
    y: float
    accessible: bool


class SeatMapView(View, frozen=True, kw_only=True):
    event_id: str
    seats: list[SeatOnMap]


class GeneralLeft(View, frozen=True, kw_only=True):
    ticket_type_id: str
    left: int


class AvailabilityView(View, frozen=True, kw_only=True):
    version: int
    states: str
    general: list[GeneralLeft]


class SeatIds(Body, frozen=True, kw_only=True):
    seat_ids: tuple[str, ...]


# --- holds and orders


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
    id: str
    event_id: str
    seats: list[HeldSeat]
    total: int
    currency: str
    expires_at: datetime


class HoldAnswer(View, frozen=True, kw_only=True):
    hold: HoldView


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


# --- organisers


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


# --- between services


class SessionHash(Body, frozen=True, kw_only=True):
    session_hash: str


class SessionHashes(Body, frozen=True, kw_only=True):
    session_hashes: tuple[str, ...]


class SessionView(View, frozen=True, kw_only=True):
    user_id: str
    role: Role
    name: str
    email: str
    expires_at: datetime


class SpentAdmission(Body, frozen=True, kw_only=True):
    admission_id: str
    exp: int


class SpentAdmissions(Body, frozen=True, kw_only=True):
    admissions: tuple[SpentAdmission, ...]


class Draw(Body, frozen=True, kw_only=True):
    event_id: str
    participants: int


class DrawView(View, frozen=True, kw_only=True):
    participants: int


class EventStats(View, frozen=True, kw_only=True):
    name: str
    currency: str
    seats_total: int
    sold: int
    held: int
    left: int
    revenue: int
    orders: int
    refunds: int
    admissions_used: int
    sold_last_hour: int


class Stats(View, frozen=True, kw_only=True):
    events: dict[str, EventStats]


Anything = dict[str, Any]
