"""What the service answers. Members that this version does not know are ignored."""

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
    price_from: int
    ticket_types: list[TicketType] = []
    max_per_user: int | None = None


class Seat(msgspec.Struct, frozen=True):
    """A seat of the layout; its index in the layout is what live changes speak of."""

    id: str
    section: str
    row: str
    number: str
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
    """`status` is lobby, waiting, passed_over, admitted, paused or sold_out."""

    status: str
    number: int | None
    position: int | None
    total: int
    eta_seconds: Range | None
    chance: float | None
    ticket: str
    poll_after_seconds: float
    admission: Admission | None


class LineStatus(msgspec.Struct, frozen=True):
    """The shared document of an event's line."""

    event_id: str
    phase: str
    waiting: int
    active: int
    capacity: int
    serving_number: int
    last_number: int
    admitted_per_second: float
    seats_left: int
    poll_after_seconds: float
    as_of: str
    seats_held: int = 0
    """In baskets at the moment: sold soon, or back on sale."""


class HeldSeat(msgspec.Struct, frozen=True):
    """`id`, `section`, `row` and `number` are None for general admission."""

    id: str | None
    section: str | None
    row: str | None
    number: str | None
    ticket_type_id: str
    price: int


class Hold(msgspec.Struct, frozen=True):
    id: str
    event_id: str
    seats: list[HeldSeat]
    total: int
    currency: str
    expires_at: str


class Ticket(msgspec.Struct, frozen=True):
    """`code` is what the QR shows; `seat` is None for general admission."""

    id: str
    code: str
    seat: HeldSeat | None
    state: str


class Order(msgspec.Struct, frozen=True):
    """`status` is pending, declined, paid, partly_refunded or refunded."""

    id: str
    event_id: str
    status: str
    total: int
    refunded: int
    currency: str
    tickets: list[Ticket]


class Orders(msgspec.Struct, frozen=True):
    orders: list[Order]
    next_cursor: str | None
