"""Schemas of requests and answers that only HTTP knows. Those of places and of the shared document
are in `tiketi_shared.shapes`, that of a join is `usecases.visits.VisitBody`."""

import msgspec

from tiketi_shared.ids import EventId, UserId
from tiketi_shared.sale import Phase
from tiketi_shared.shapes import Progress


class Presence(msgspec.Struct, frozen=True):
    users: dict[EventId, list[UserId]]


class DrawDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What proves the draw. `secret`, `opened_at_us` and `participants` are null before the
    opening. `tiketi-verify-draw` needs all of them."""

    event_id: EventId
    commitment: str
    """SHA-256 of the secret, in hex."""
    algorithm: str
    secret: str | None
    opened_at_us: int | None
    participants: int | None


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    phase: Phase
    waiting: int
    """People who wait, in all lanes."""
    lobby: int
    """How many of `waiting` wait for the opening."""
    active: int
    capacity: int
    per_second: float
    pace: float
    admitted_total: int
    passed_over: int
    no_shows_total: int
    oldest_wait_seconds: float


class Depths(msgspec.Struct, frozen=True):
    events: dict[EventId, Depth]


class Statuses(msgspec.Struct, frozen=True):
    statuses: dict[EventId, Progress]
