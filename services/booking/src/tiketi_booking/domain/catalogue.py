"""Events as organisers define and change them, and the checks of their fields."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeVar

import msgspec

from tiketi_booking.domain.layout import Layout, Section, layout_errors
from tiketi_shared.ids import EventId, TicketTypeId
from tiketi_shared.sale import Policy, QueueSettings

Kind = Literal["seated", "general"]
T = TypeVar("T")

MAX_TICKET_TYPES = 50
MAX_CAPACITY = 1_000_000
MAX_PRICE = 10**12


class NewTicketType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`capacity` of a seated type is the number of its seats, and may be left out."""

    name: str
    price: int
    kind: Kind = "seated"
    capacity: int | None = None


class NewLayout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sections: tuple[Section, ...] = ()


class NewEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    venue: str
    starts_at: datetime
    sale_opens_at: datetime
    sale_closes_at: datetime
    ticket_types: tuple[NewTicketType, ...]
    currency: str = "KRW"
    max_per_user: int = 4
    layout: NewLayout = NewLayout()
    queue: QueueSettings = QueueSettings()


class TicketTypeChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`capacity` changes for general admission only."""

    id: TicketTypeId
    name: str | None = None
    price: int | None = None
    capacity: int | None = None


class EventChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays. `cancelled` cannot be taken back: everyone is refunded."""

    name: str | None = None
    venue: str | None = None
    starts_at: datetime | None = None
    sale_opens_at: datetime | None = None
    sale_closes_at: datetime | None = None
    max_per_user: int | None = None
    ticket_types: tuple[TicketTypeChange, ...] = ()
    cancelled: Literal[True] | None = None


class QueueChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays."""

    policy: Policy | None = None
    capacity: int | None = None
    per_second: float | None = None
    admission_seconds: int | None = None
    grace_seconds: int | None = None
    lobby_seconds: int | None = None
    adaptive: bool | None = None
    invite_codes: tuple[str, ...] | None = None
    paused: bool | None = None


@dataclass(frozen=True, slots=True)
class TicketType:
    """`number` counts from 1 within the event."""

    number: int
    id: TicketTypeId
    name: str
    price: int
    kind: Kind
    capacity: int


@dataclass(frozen=True)
class Event:
    """An event as it is sold, without what changes with every sale.

    `unreadable` names fields whose stored value cannot be used, such as a time before 1970. They
    have a value of no meaning here, and the event is neither listed nor sold until an organiser
    changes them. `field_versions` says at which version a field last changed (`domain.changes`).
    """

    id: EventId
    name: str
    venue: str
    starts_at: datetime
    sale_opens_at: datetime
    sale_closes_at: datetime
    currency: str
    max_per_user: int
    queue: QueueSettings
    version: int
    cancelled: bool
    ticket_types: tuple[TicketType, ...]
    layout: Layout
    unreadable: tuple[str, ...] = ()
    field_versions: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def type_numbers(self) -> dict[int, TicketType]:
        return {kind.number: kind for kind in self.ticket_types}

    @cached_property
    def type_ids(self) -> dict[str, TicketType]:
        return {kind.id: kind for kind in self.ticket_types}

    @cached_property
    def type_names(self) -> dict[str, TicketType]:
        return {kind.name: kind for kind in self.ticket_types}

    @property
    def price_from(self) -> int:
        return min(kind.price for kind in self.ticket_types)


@dataclass(frozen=True, slots=True)
class EventPage:
    """`following` is the start and the id of the last event, None on the last page."""

    events: list[Event]
    following: tuple[datetime, EventId] | None


@dataclass(frozen=True, slots=True)
class SeatMap:
    """The document as it is served, compressed by gzip, and its ETag (without quotes)."""

    etag: str
    document: bytes


def event_errors(event: NewEvent, now: datetime) -> dict[str, str]:
    """What is wrong with a new event, by field."""
    errors = _text_errors(event.name, event.venue)
    errors |= time_errors(event.starts_at, event.sale_opens_at, event.sale_closes_at)
    errors |= _start_errors(event.starts_at, now)
    if not (len(event.currency) == 3 and event.currency.isascii() and event.currency.isupper()):
        errors["currency"] = "is an ISO 4217 code such as KRW"
    if not 1 <= event.max_per_user <= 100:
        errors["max_per_user"] = "is 1 to 100"
    errors |= _type_errors(event.ticket_types)
    seated = {kind.name for kind in event.ticket_types if kind.kind == "seated"}
    wrong = layout_errors(event.layout.sections, seated)
    errors |= wrong
    if not wrong:
        errors |= _capacity_errors(event)
    errors |= queue_errors(event.queue)
    return errors


def capacities(event: NewEvent) -> list[int]:
    """Of each ticket type; a seated one has as many as it has seats."""
    seats = _seats_by_type(event)
    return [
        seats[kind.name] if kind.kind == "seated" else kind.capacity or 0
        for kind in event.ticket_types
    ]


def seat_map(event: Event) -> dict[str, object]:
    """The layout as the public contract has it."""
    ids = {kind.name: kind.id for kind in event.ticket_types}
    return {
        "event_id": event.id,
        "seats": [
            {
                "id": seat.id,
                "section": seat.section,
                "row": seat.row,
                "number": seat.number,
                "ticket_type_id": ids[seat.ticket_type],
                "x": seat.x,
                "y": seat.y,
                "accessible": seat.accessible,
            }
            for seat in map(event.layout.seat, range(event.layout.size))
        ],
    }


def changed(event: Event, change: EventChange, now: datetime) -> tuple[Event, dict[str, str]]:
    """The event after the change, and what is wrong with it, by field."""
    types = {kind.id: kind for kind in event.ticket_types}
    errors: dict[str, str] = {}
    for place, wanted in enumerate(change.ticket_types):
        field = f"ticket_types[{place}]"
        kind = types.get(wanted.id)
        if kind is None:
            errors[f"{field}.id"] = "names no ticket type of this event"
            continue
        if wanted.capacity not in (None, kind.capacity) and kind.kind == "seated":
            errors[f"{field}.capacity"] = "of a seated type is the number of its seats"
        types[wanted.id] = TicketType(
            kind.number, kind.id, _or(wanted.name, kind.name), _or(wanted.price, kind.price),
            kind.kind, _or(wanted.capacity, kind.capacity),
        )  # fmt: skip
    after = Event(
        event.id, _or(change.name, event.name), _or(change.venue, event.venue),
        _or(change.starts_at, event.starts_at), _or(change.sale_opens_at, event.sale_opens_at),
        _or(change.sale_closes_at, event.sale_closes_at), event.currency,
        _or(change.max_per_user, event.max_per_user), event.queue, event.version,
        event.cancelled or bool(change.cancelled), tuple(types.values()), event.layout,
    )  # fmt: skip
    errors |= _text_errors(after.name, after.venue)
    errors |= time_errors(after.starts_at, after.sale_opens_at, after.sale_closes_at)
    if change.starts_at is not None and change.starts_at != event.starts_at:
        errors |= _start_errors(change.starts_at, now)
    errors |= _type_errors(after.ticket_types)
    if not 1 <= after.max_per_user <= 100:
        errors["max_per_user"] = "is 1 to 100"
    return after, errors


def changed_queue(queue: QueueSettings, change: QueueChange) -> QueueSettings:
    given = {
        name: value
        for name in change.__struct_fields__
        if (value := getattr(change, name)) is not None
    }
    return msgspec.structs.replace(queue, **given)


def queue_errors(queue: QueueSettings) -> dict[str, str]:
    bounds: dict[str, tuple[float, float]] = {
        "capacity": (1, 1_000_000),
        "per_second": (0.01, 100_000),
        "admission_seconds": (10, 86_400),
        "grace_seconds": (0, 86_400),
        "lobby_seconds": (0, 7 * 86_400),
    }
    errors = {
        f"queue.{name}": f"is {low:,} to {high:,}"
        for name, (low, high) in bounds.items()
        if not low <= getattr(queue, name) <= high
    }
    if len(queue.invite_codes) > 10_000 or not all(1 <= len(c) <= 64 for c in queue.invite_codes):
        errors["queue.invite_codes"] = "are at most 10,000, of 1 to 64 characters"
    return errors


def time_errors(starts: datetime, opens: datetime, closes: datetime) -> dict[str, str]:
    named = {"starts_at": starts, "sale_opens_at": opens, "sale_closes_at": closes}
    errors = {name: "needs an offset from UTC" for name, at in named.items() if at.tzinfo is None}
    if not errors and opens >= closes:
        errors["sale_closes_at"] = "is after sale_opens_at"
    return errors


def _start_errors(starts: datetime, now: datetime) -> dict[str, str]:
    """Tickets of an event that has begun could be sold but not given back."""
    if starts.tzinfo is not None and starts <= now:
        return {"starts_at": "is in the past"}
    return {}


def _text_errors(name: str, venue: str) -> dict[str, str]:
    texts = {"name": name, "venue": venue}
    return {
        field: "has 1 to 200 characters"
        for field, text in texts.items()
        if not 1 <= len(text.strip()) <= 200
    }


def _type_errors(types: Sequence[NewTicketType | TicketType]) -> dict[str, str]:
    errors: dict[str, str] = {}
    for place, kind in enumerate(types):
        field = f"ticket_types[{place}]"
        if not 1 <= len(kind.name) <= 60:
            errors[f"{field}.name"] = "has 1 to 60 characters"
        if not 0 <= kind.price <= MAX_PRICE:
            errors[f"{field}.price"] = f"is 0 to {MAX_PRICE:,}"
        if kind.kind == "general" and not 0 <= (kind.capacity or 0) <= MAX_CAPACITY:
            errors[f"{field}.capacity"] = f"is 0 to {MAX_CAPACITY:,}"
    if not 1 <= len(types) <= MAX_TICKET_TYPES:
        errors["ticket_types"] = f"are 1 to {MAX_TICKET_TYPES}"
    elif len({kind.name for kind in types}) < len(types):
        errors["ticket_types"] = "have names of their own"
    return errors


def _capacity_errors(event: NewEvent) -> dict[str, str]:
    seats = _seats_by_type(event)
    errors: dict[str, str] = {}
    for place, kind in enumerate(event.ticket_types):
        field = f"ticket_types[{place}].capacity"
        if kind.kind == "general" and kind.capacity is None:
            errors[field] = "is needed for general admission"
        if kind.kind == "seated" and kind.capacity not in (None, seats[kind.name]):
            errors[field] = f"does not match the layout, which has {seats[kind.name]} such seats"
    return errors


def _seats_by_type(event: NewEvent) -> Counter[str]:
    seats: Counter[str] = Counter()
    for section in event.layout.sections:
        seats[section.ticket_type] += section.seats
    return seats


def _or(value: T | None, otherwise: T) -> T:
    return otherwise if value is None else value
