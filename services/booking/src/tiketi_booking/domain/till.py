"""How well the till works: holds and checkouts of the last ten seconds, which pace the line."""

from collections import deque
from dataclasses import dataclass, field

WINDOW_SECONDS = 10.0
MAX_KEPT = 20_000


@dataclass(slots=True)
class TillHealth:
    """`seen` takes the moment an operation ended and how long it took, both in seconds."""

    _holds: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=MAX_KEPT))
    _checkouts: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=MAX_KEPT))
    _failures: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_KEPT))

    def hold(self, now: float, seconds: float, *, failed: bool = False) -> None:
        self._seen(self._holds, now, seconds, failed)

    def checkout(self, now: float, seconds: float, *, failed: bool = False) -> None:
        self._seen(self._checkouts, now, seconds, failed)

    def hold_p95(self, now: float) -> float:
        return _p95(self._recent(self._holds, now))

    def checkout_p95(self, now: float) -> float:
        return _p95(self._recent(self._checkouts, now))

    def error_share(self, now: float) -> float:
        """Failures (not refusals) among all, 0 to 1."""
        total = len(self._recent(self._holds, now)) + len(self._recent(self._checkouts, now))
        failures = sum(at > now - WINDOW_SECONDS for at in self._failures)
        return min(1.0, failures / total) if total else 0.0

    def _seen(
        self, kind: deque[tuple[float, float]], now: float, seconds: float, failed: bool
    ) -> None:
        kind.append((now, seconds))
        if failed:
            self._failures.append(now)

    def _recent(self, kind: deque[tuple[float, float]], now: float) -> list[float]:
        while kind and kind[0][0] <= now - WINDOW_SECONDS:
            kind.popleft()
        return [seconds for _, seconds in kind]


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))] if values else 0.0
