"""What `GET /api/admin/overview` answers: the live page of a sale, in one document.

Figures that cannot be known yet, or not now, are null: nothing here is made up. Shares are 0 to 1,
money is in the currency's smallest unit, durations are seconds, times RFC 3339 UTC.
"""

from datetime import datetime

import msgspec

from tiketi_shared.ids import EventId
from tiketi_shared.sale import Phase


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """One event over time; each list is as long as `Series.at`, null where nothing was known."""

    waiting: list[int | None]
    active: list[int | None]
    admitted_per_second: list[float | None]
    sold: list[int | None]
    held: list[int | None]


class EventNow(msgspec.Struct, frozen=True, kw_only=True):
    """One event whose line or sale is of interest now."""

    id: EventId
    name: str
    phase: Phase
    lobby: int | None
    """Those of `waiting` who wait for the opening; 0 after it."""
    waiting: int | None
    """Everybody who waits, in all lanes, each counted once."""
    active: int | None
    """People let in who have neither bought nor left."""
    capacity: int | None
    per_second: float | None
    """The pace the organiser set."""
    pace: float | None
    """The pace in force: it follows the till when the line is adaptive."""
    admitted_per_second: float | None
    """Measured over the last half minute."""
    admitted_total: int | None
    drain_seconds: float | None
    """How long until the line is empty at the measured rate."""
    oldest_wait_seconds: float | None
    passed_over: int | None
    no_shows_total: int | None
    seats_total: int | None
    sold: int | None
    held: int | None
    left: int | None
    revenue: int | None
    currency: str | None
    orders: int | None
    refunds: int | None
    sold_last_hour: int | None
    conversion: float | None
    """Share of those let in who bought."""
    series: Columns


class ServiceNow(msgspec.Struct, frozen=True, kw_only=True):
    """One service: how many instances answer, and how hard they work."""

    name: str
    instances: int
    ready: int
    cpu: float | None
    """Busiest instance, in cores."""
    cpu_mean: float | None
    loop_lag_p99_seconds: float | None


class ApiNow(msgspec.Struct, frozen=True, kw_only=True):
    """The gateways' requests of the last minute."""

    requests_per_second: float | None
    p95_seconds: float | None
    error_share: float | None
    """Answers from 500 on."""


class BookingHealthNow(msgspec.Struct, frozen=True, kw_only=True):
    """Booking's health as it measures it itself."""

    hold_seconds_p95: float | None
    checkout_seconds_p95: float | None
    error_share: float | None


class ScalingChange(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    before: int
    after: int
    waiting: int
    reason: str


class ScalingNow(msgspec.Struct, frozen=True, kw_only=True):
    desired: int | None
    running: int
    """Gateway instances that are ready."""
    minimum: int
    maximum: int
    waiting: int | None
    """Everybody who waits for any event, each counted once: this is what decides."""
    reason: str
    leader: str | None
    """The metrics instance that decides."""
    history: list[ScalingChange]
    """Latest first, at most 50."""


class SourceNow(msgspec.Struct, frozen=True, kw_only=True):
    """Whether what is shown of one service is fresh."""

    name: str
    age_seconds: float | None
    """Since the last answer; null when there was none."""
    stale: bool
    error: str | None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The last 10 minutes in steps of 5 s, oldest first; every list is as long as `at`."""

    at: list[datetime]
    waiting: list[int | None]
    active: list[int | None]
    admitted_per_second: list[float | None]
    sold: list[int | None]
    connections: list[int | None]
    requests_per_second: list[float | None]
    p95_seconds: list[float | None]
    error_share: list[float | None]
    desired: list[int | None]


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    as_of: datetime
    events: list[EventNow]
    services: list[ServiceNow]
    api: ApiNow
    till: BookingHealthNow
    connections: int | None
    """Live connections on all notifiers."""
    scaling: ScalingNow
    sources: list[SourceNow]
    series: Series
