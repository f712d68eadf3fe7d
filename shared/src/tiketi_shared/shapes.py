"""Shapes of the public contract that two services send.

The queue and booking answer requests with them, and the notifier sends the same in live messages.
Times are RFC 3339, money is in the smallest unit.
"""

from datetime import datetime
from typing import Literal, TypeVar, cast

import msgspec

from tiketi_shared.ids import EventId
from tiketi_shared.sale import Phase

T = TypeVar("T")


def encoded(document: bytes, shape: type[T]) -> T:  # noqa: ARG001  `shape` says what it is
    """`document`, the JSON of a `shape`, to be put where a `shape` is wanted: the encoder copies it
    as it is, so that what another service answered is neither decoded nor changed."""
    return cast("T", msgspec.Raw(document))


# -- the line -------------------------------------------------------------------------------------

Lane = Literal["lobby", "general", "priority"]

PlaceStatus = Literal["lobby", "waiting", "passed_over", "admitted", "paused", "sold_out"]


class Range(msgspec.Struct, frozen=True):
    low: int
    high: int


class AdmissionGrant(msgspec.Struct, frozen=True):
    """`token` is the header `Queue-Admission` of a hold."""

    token: str
    expires_at: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one person stands. `number` and `position` are null where there is none: in the
    lobby before the draw, and for the admitted (`position`)."""

    status: PlaceStatus
    lane: Lane
    number: int | None
    position: int | None
    total: int
    eta_seconds: Range | None
    chance: float | None
    ticket: str
    poll_after_seconds: int
    admission: AdmissionGrant | None


class Gap(msgspec.Struct, frozen=True):
    """Numbers that nobody has; to be left out when a position is computed from a number."""

    first: int
    last: int


class PriorityLane(msgspec.Struct, frozen=True):
    waiting: int
    serving_number: int


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The shared document. A client's position is about `number - serving_number`, less the
    numbers of `gap` in between, plus `priority.waiting`; see docs of the contract."""

    event_id: EventId
    phase: Phase
    waiting: int
    active: int
    capacity: int
    serving_number: int
    last_number: int
    admitted_per_second: float
    seats_left: int
    seats_held: int
    """In baskets at the moment: sold soon, or back on sale."""
    poll_after_seconds: int
    as_of: str
    priority: PriorityLane
    gap: Gap | None
    opens_at: str


# -- seats ----------------------------------------------------------------------------------------


class HeldSeat(msgspec.Struct, frozen=True, kw_only=True):
    """`id`, `section`, `row` and `number` are null for general admission."""

    id: str | None
    section: str | None
    row: str | None
    number: str | None
    ticket_type_id: str
    ticket_type: str
    price: int


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """`order_id` is the order that its payment makes or has made; null before a payment begins and
    after one was declined."""

    id: str
    event_id: str
    seats: list[HeldSeat]
    total: int
    currency: str
    expires_at: datetime
    order_id: str | None = None
