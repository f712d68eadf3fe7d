"""The timings and failures of holds and checkouts of the last ten seconds, which pace the line."""

from collections import deque
from dataclasses import dataclass, field

WINDOW_SECONDS = 10.0
MAX_KEPT = 2_000
"""Operations of each kind that are looked back on; in a rush these are the last second's."""


@dataclass(frozen=True, slots=True)
class _Seen:
    at: float
    seconds: float
    failed: bool


def _kept() -> deque[_Seen]:
    return deque(maxlen=MAX_KEPT)


@dataclass(slots=True)
class SaleTimings:
    """`hold` and `checkout` take the moment an operation ended and how long it took, in seconds."""

    _holds: deque[_Seen] = field(default_factory=_kept)
    _checkouts: deque[_Seen] = field(default_factory=_kept)

    def hold(self, now: float, seconds: float, *, failed: bool = False) -> None:
        self._holds.append(_Seen(now, seconds, failed))

    def checkout(self, now: float, seconds: float, *, failed: bool = False) -> None:
        self._checkouts.append(_Seen(now, seconds, failed))

    def hold_p95(self, now: float) -> float:
        return _p95(_recent(self._holds, now))

    def checkout_p95(self, now: float) -> float:
        return _p95(_recent(self._checkouts, now))

    def error_share(self, now: float) -> float:
        """Failures (not refusals) among all, 0 to 1."""
        seen = [*_recent(self._holds, now), *_recent(self._checkouts, now)]
        return sum(one.failed for one in seen) / len(seen) if seen else 0.0


def _recent(kind: deque[_Seen], now: float) -> deque[_Seen]:
    while kind and kind[0].at <= now - WINDOW_SECONDS:
        kind.popleft()
    return kind


def _p95(seen: deque[_Seen]) -> float:
    return sorted(one.seconds for one in seen)[int(0.95 * (len(seen) - 1))] if seen else 0.0
