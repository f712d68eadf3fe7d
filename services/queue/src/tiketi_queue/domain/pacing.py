"""Pacing that listens to the till: admission slows when checkout slows, and recovers on its own.

Each of the till's measures is bad to a degree between 0 (at its `fine` level) and 1 (at its `bad`
level); the worst of them sets the aim. The share of the pace that is let through follows the aim
smoothly: down quickly, up slowly, so that a till that recovers is not hit by a wave.
"""

import math
from dataclasses import dataclass

LOWEST = 0.1
"""Share of the pace that is let through at the worst: the line never stands still by itself."""

DOWN_SECONDS = 2.0
UP_SECONDS = 15.0
"""Time constants of the approach to the aim."""


@dataclass(frozen=True, slots=True)
class BookingHealth:
    hold_seconds: float
    """95th percentile, as is `checkout_seconds`."""
    checkout_seconds: float
    error_share: float
    """Failed holds and checkouts, 0 to 1."""
    holds_per_slot: float
    """Open holds for each active buyer that the event may have."""


@dataclass(frozen=True, slots=True)
class Level:
    fine: float
    bad: float

    def badness(self, value: float) -> float:
        return min(1.0, max(0.0, (value - self.fine) / (self.bad - self.fine)))


HOLD_SECONDS = Level(fine=0.2, bad=1.0)
CHECKOUT_SECONDS = Level(fine=1.0, bad=5.0)
ERROR_SHARE = Level(fine=0.02, bad=0.2)
HOLDS_PER_SLOT = Level(fine=1.0, bad=2.0)


def aim(health: BookingHealth) -> float:
    """The share of the pace that the till can take: 1 when all is fine, `LOWEST` at the worst."""
    worst = max(
        HOLD_SECONDS.badness(health.hold_seconds),
        CHECKOUT_SECONDS.badness(health.checkout_seconds),
        ERROR_SHARE.badness(health.error_share),
        HOLDS_PER_SLOT.badness(health.holds_per_slot),
    )
    return max(LOWEST, 1.0 - (1.0 - LOWEST) * worst)


def approach(share: float, goal: float, seconds: float) -> float:
    """The share after `seconds` on the way from `share` to `goal`."""
    constant = DOWN_SECONDS if goal < share else UP_SECONDS
    return goal + (share - goal) * math.exp(-max(0.0, seconds) / constant)
