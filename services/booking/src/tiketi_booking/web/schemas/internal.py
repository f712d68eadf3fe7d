"""Requests and answers between the services."""

from datetime import datetime

from tiketi_booking.domain.accounts import Role
from tiketi_booking.web.schemas.base import Body, View


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


class Lines(Body, frozen=True, kw_only=True):
    """How many people wait, by event."""

    waiting: dict[str, int]


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
