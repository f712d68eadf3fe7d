"""The last ten minutes in steps of five seconds, for the charts of the live page."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from tiketi_shared.ids import EventId

STEP_SECONDS = 5
STEPS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPoint:
    waiting: int | None
    active: int | None
    admitted_total: int | None
    sold: int | None
    held: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Everything at `at` (Unix seconds); None is what was not known then."""

    at: float
    events: Mapping[EventId, EventPoint]
    connections: int | None
    requests_per_second: float | None
    p95_seconds: float | None
    error_share: float | None
    desired: int | None


class Timeline:
    """One point a step; a later point of the same step takes the earlier one's place."""

    def __init__(self) -> None:
        self._points: deque[Point] = deque(maxlen=STEPS)

    def add(self, point: Point) -> None:
        if self._points and _step(self._points[-1].at) == _step(point.at):
            self._points.pop()
        self._points.append(point)

    @property
    def points(self) -> list[Point]:
        return list(self._points)

    def admitted_per_second(self, event_id: EventId, over: float = 30.0) -> float | None:
        """Measured over the last `over` seconds."""
        if not self._points:
            return None
        since = self._points[-1].at - over
        span = [point for point in self._points if point.at >= since]
        return admission_rate(span[0], span[-1], event_id)


def admission_rate(earlier: Point, later: Point, event_id: EventId) -> float | None:
    """People let in a second between two points; None when either does not know, or when the
    count began anew."""
    before, after = earlier.events.get(event_id), later.events.get(event_id)
    if before is None or after is None or later.at <= earlier.at:
        return None
    if before.admitted_total is None or after.admitted_total is None:
        return None
    admitted = after.admitted_total - before.admitted_total
    return None if admitted < 0 else admitted / (later.at - earlier.at)


def _step(at: float) -> int:
    return int(at // STEP_SECONDS)
