"""Changes that happen within a tick become one: the last state of each seat wins.

An event's first change after a quiet time is due at once, those that follow are due together one
tick later, so that nobody gets more than one message a tick and nobody waits longer than one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tiketi_shared.ids import EventId
from tiketi_shared.messages import SeatsChanged, SeatState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SeatChanges:
    """Booking's versions `first` to `last`, merged; `seats` and `general` hold the last state."""

    event_id: EventId
    first: int
    last: int
    seats: Mapping[int, SeatState]
    general: Mapping[str, int]


def merged(changes: list[SeatsChanged], after: int) -> SeatChanges | None:
    """One event's changes above version `after`, in whatever order they came; None if none is."""
    fresh = sorted((change for change in changes if change.version > after), key=_version)
    if not fresh:
        return None
    seats: dict[int, SeatState] = {}
    general: dict[str, int] = {}
    for change in fresh:
        seats.update(change.changes)
        general.update(change.general)
    return SeatChanges(fresh[0].event_id, fresh[0].version, fresh[-1].version, seats, general)


def _version(change: SeatsChanged) -> int:
    return change.version


@dataclass(slots=True)
class _Waiting(Generic[T]):
    due_at: float
    items: list[T] = field(default_factory=list)


class MergeBuffer(Generic[T]):
    """What waits to be published, by event. Times are seconds of one monotonic clock."""

    def __init__(self, tick: float) -> None:
        self._tick = tick
        self._waiting: dict[EventId, _Waiting[T]] = {}
        self._published_at: dict[EventId, float] = {}

    def add(self, event_id: EventId, item: T, now: float) -> None:
        waiting = self._waiting.get(event_id)
        if waiting is None:
            due_at = max(now, self._published_at.get(event_id, now - self._tick) + self._tick)
            waiting = self._waiting[event_id] = _Waiting(due_at)
        waiting.items.append(item)

    def next_due(self) -> float | None:
        return min((waiting.due_at for waiting in self._waiting.values()), default=None)

    def take_due(self, now: float) -> dict[EventId, list[T]]:
        """What is due, oldest first in each event; it is no longer waiting."""
        due = [event_id for event_id, waiting in self._waiting.items() if waiting.due_at <= now]
        recently = now - self._tick
        self._published_at = {k: at for k, at in self._published_at.items() if at > recently}
        self._published_at.update(dict.fromkeys(due, now))
        return {event_id: self._waiting.pop(event_id).items for event_id in due}

    def put_back(self, event_id: EventId, items: list[T], now: float) -> None:
        """What could not be published waits for the next tick, before what came meanwhile."""
        later = self._waiting.pop(event_id, _Waiting[T](now))
        self._waiting[event_id] = _Waiting(now + self._tick, items + later.items)
