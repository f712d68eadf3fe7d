"""Which instance of a service is asked, and when one is left alone. Pure.

An instance that fails FAILURES times in a row, or refuses a connection, is open: nobody asks it but
the prober, first after a moment, then every second. One good answer closes it again. An instance
that says it is not ready (it leaves, or lost a store) is passed over while another one is ready;
when none is, asking is better than refusing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

FAILURES = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 1.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """`open_until` is when the next probe is due (0: closed); `pause` is the one in force."""

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
    """An instance as the choice sees it."""

    is_open: bool
    is_ready: bool
    outstanding: int


def choose(candidates: Sequence[Candidate], tried: frozenset[int] = frozenset()) -> int | None:
    """The index of the instance to ask: the least busy of the best there are.

    Best are those ready and not tried for this request yet, then those not ready, then those
    already tried; an open one never. None when all are open.
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
