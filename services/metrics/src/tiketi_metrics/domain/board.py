"""Everything the service knows at the moment: what each source said last, and the last minutes.

The board only remembers. A source that is lost leaves its last answer standing, with its age; the
readers decide what an old answer is good for.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from tiketi_metrics.domain.exposition import Scrape
from tiketi_metrics.domain.load import Load, load_between
from tiketi_metrics.domain.scaling import ScalingState
from tiketi_metrics.domain.timeline import Timeline
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Phase, Sales

T = TypeVar("T")

STALE_SECONDS = 15.0
"""Five missed instances: from then on an answer is shown as old, and no longer scales anything."""

LOAD_SECONDS = 60.0
"""Over how long load, latency and error share are taken."""


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """One line, as the queue's `GET /internal/depths` has it."""

    phase: Phase
    waiting: int
    """Everybody who waits, in all lanes; before the opening that is the lobby."""
    lobby: int
    """Those of `waiting` who wait for the opening."""
    active: int
    capacity: int
    per_second: float
    pace: float
    admitted_total: int
    passed_over: int
    no_shows_total: int
    oldest_wait_seconds: float


class Takings(msgspec.Struct, frozen=True, kw_only=True):
    """One event's sale, as booking's `GET /internal/stats` has it."""

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


@dataclass(frozen=True, slots=True)
class InstanceState:
    """The state of one instance at the last poll; `scrape` is None if it did not answer."""

    address: str
    ready: bool
    scrape: Scrape | None


@dataclass(slots=True)
class Source(Generic[T]):
    """The last answer of a source, its time (Unix seconds), and the last poll's error, if any."""

    name: str
    value: T
    at: float | None = None
    error: str | None = None

    def age(self, now: float) -> float | None:
        return None if self.at is None else max(0.0, now - self.at)

    def stale(self, now: float) -> bool:
        return self.at is None or now - self.at > STALE_SECONDS


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the number of instances; `at` is Unix seconds."""

    at: float
    before: int
    after: int
    waiting: int
    reason: str


class ScalingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The decision, kept across restarts and shared by all instances; the latest one wins."""

    decided_at: float
    state: ScalingState
    reason: str
    leader: str
    history: tuple[Change, ...] = ()
    """Latest first."""


@dataclass(slots=True)
class Fleet:
    """The instances of one service: their state at the last poll, and the scrapes of a minute."""

    instances: list[InstanceState] = field(default_factory=list)
    scrapes: dict[str, deque[Scrape]] = field(default_factory=dict)

    def see(self, instances: Iterable[InstanceState], now: float) -> None:
        self.instances = list(instances)
        present = {each.address for each in self.instances}
        self.scrapes = {
            address: kept for address, kept in self.scrapes.items() if address in present
        }
        for each in self.instances:
            if each.scrape is None:
                continue
            kept = self.scrapes.setdefault(each.address, deque())
            if kept and each.scrape.cpu_seconds < kept[-1].cpu_seconds:
                kept.clear()
            kept.append(each.scrape)
            while kept[0].at < now - LOAD_SECONDS:
                kept.popleft()

    def loads(self) -> list[Load]:
        spans = [load_between(kept[0], kept[-1]) for kept in self.scrapes.values() if kept]
        return [load for load in spans if load is not None]

    @property
    def ready(self) -> int:
        return sum(each.ready for each in self.instances)

    def connections(self) -> int | None:
        latest = [each.scrape.connections for each in self.instances if each.scrape is not None]
        return int(sum(latest)) if latest else None


FLEETS = ("gateway", "queue", "booking", "notifier")


@dataclass(slots=True)
class Board:
    """All figures. Only the polling loop changes them."""

    depths: Source[Mapping[EventId, Depth]] = field(default_factory=lambda: Source("queue", {}))
    stats: Source[Mapping[EventId, Takings]] = field(
        default_factory=lambda: Source("booking stats", {})
    )
    sales: Source[Sales | None] = field(default_factory=lambda: Source("booking sales", None))
    fleets: dict[str, Fleet] = field(default_factory=lambda: {name: Fleet() for name in FLEETS})
    timeline: Timeline = field(default_factory=Timeline)
    scaling: ScalingRecord | None = None
    leading: bool = False

    @property
    def sources(self) -> tuple[Source[Any], ...]:
        return self.depths, self.stats, self.sales

    def people_in_line(self, now: float) -> int | None:
        """Everybody who waits, each counted once; None when the queue has not answered lately.

        The lobby is part of `waiting`: it becomes the line at the opening, and instances take
        minutes to come.
        """
        if self.depths.stale(now):
            return None
        return sum(depth.waiting for depth in self.depths.value.values())

    def conversion(self, event_id: EventId) -> float | None:
        """Share of the people let in who bought, 0 to 1; None while nobody was let in."""
        depth, takings = self.depths.value.get(event_id), self.stats.value.get(event_id)
        if depth is None or takings is None or depth.admitted_total <= 0:
            return None
        return min(1.0, takings.admissions_used / depth.admitted_total)
