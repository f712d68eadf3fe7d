"""A circuit breaker for each instance of a service, and the choice of an instance. Pure.

The breaker of an instance opens when it fails FAILURES times in a row or refuses a connection. An
open instance gets probes only, first after a moment, then every second. One good response closes
the breaker. An instance that reports not ready (it shuts down, or a store of it is unavailable)
gets no requests while another one is ready. When none is ready, a request is better than a refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

FAILURES = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 1.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """`open_until` is when the next probe is due (0: closed); `pause` is the time between
    probes."""

    failures: int = 0
    open_until: float = 0.0
    pause: float = 0.0

    @property
    def is_open(self) -> bool:
        return self.open_until > 0

    def failed(self, now: float, *, refused: bool) -> "Breaker":
        failures = self.failures + 1
        if not refused and failures < FAILURES and not self.is_open:
            return replace(self, failures=failures)
        pause = min(max(self.pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        return Breaker(failures, now + pause, pause)

    def probe_is_due(self, now: float) -> bool:
        return self.is_open and now >= self.open_until


CLOSED = Breaker()


@dataclass(frozen=True, slots=True)
class Candidate:
    """What `choose` looks at of an instance."""

    is_open: bool
    is_ready: bool
    outstanding: int


def choose(candidates: Sequence[Candidate], tried: frozenset[int] = frozenset()) -> int | None:
    """The index of the instance that gets the request, or None when all are open.

    It is the least busy of the best. Best are instances that are ready and were not tried for this
    request yet, then those not ready, then those already tried.
    """
    usable = [index for index, candidate in enumerate(candidates) if not candidate.is_open]
    if not usable:
        return None
    return min(
        usable,
        key=lambda index: (
            index in tried,
            not candidates[index].is_ready,
            candidates[index].outstanding,
        ),
    )
