"""What the service answers. Members that this version does not know are ignored."""

from typing import Any

import msgspec


class User(msgspec.Struct, frozen=True):
    id: str
    email: str
    name: str
    role: str


class Account(msgspec.Struct, frozen=True):
    user: User
    token: str


class TicketType(msgspec.Struct, frozen=True):
    id: str
    name: str
    price: int
    kind: str
    capacity: int


class Event(msgspec.Struct, frozen=True):
    """`ticket_types` and `max_per_user` come with a single event, not in the list."""

    id: str
    name: str
    venue: str
    starts_at: str
    sale_opens_at: str
    sale_closes_at: str
    phase: str
    currency: str
    seats_total: int
    seats_left: int
    price_from: int | None = None
    ticket_types: list[TicketType] = []
    max_per_user: int | None = None


class Seat(msgspec.Struct, frozen=True):
    """A seat of the layout; its index in the layout is what live changes speak of."""

    id: str
    section: str
    row: str
    number: int | str
    ticket_type_id: str
    x: float
    y: float


class Seatmap(msgspec.Struct, frozen=True):
    seats: list[Seat]


class GeneralLeft(msgspec.Struct, frozen=True):
    ticket_type_id: str
    left: int


class Availability(msgspec.Struct, frozen=True):
    """One character per seat in layout order: `a`, `h`, `s` or `x`."""

    version: int
    states: str
    general: list[GeneralLeft] = []


class Admission(msgspec.Struct, frozen=True):
    token: str
    expires_at: str


class Range(msgspec.Struct, frozen=True):
    low: float
    high: float


class Place(msgspec.Struct, frozen=True):
    status: str
    number: int | None = None
    position: int | None = None
    total: int | None = None
    eta_seconds: Range | None = None
    chance: Any = None
    ticket: str | None = None
    poll_after_seconds: float = 2
    admission: Admission | None = None


class LineStatus(msgspec.Struct, frozen=True):
    """The shared document of an event's line."""

    event_id: str
    phase: str
    waiting: int
    active: int
    capacity: int
    serving_number: int | None
    last_number: int | None
    admitted_per_second: float
    seats_left: int
    poll_after_seconds: float
    as_of: str


class HeldSeat(msgspec.Struct, frozen=True):
    """`id` is None for general admission."""

    id: str | None
    price: int | None = None
    ticket_type_id: str | None = None


class Hold(msgspec.Struct, frozen=True):
    id: str
    event_id: str
    seats: list[HeldSeat]
    total: int
    currency: str
    expires_at: str


class Ticket(msgspec.Struct, frozen=True):
    """`seat` is None for general admission."""

    id: str
    code: str
    seat: HeldSeat | None = None


class Order(msgspec.Struct, frozen=True):
    id: str
    status: str
    total: int
    currency: str
    tickets: list[Ticket] = []


class Orders(msgspec.Struct, frozen=True):
    orders: list[Order]
    next_cursor: str | None = None
