"""The adaptive pace: the line slows down when booking slows down, and recovers by itself.

Each measure of booking's health is bad to a degree between 0 (at its `fine` level) and 1 (at its
`bad` level). The worst of them sets the aim. The share of the pace in force follows the aim: down
quickly, up slowly, so that a wave of people does not hit a booking that has just recovered.
"""

import math
from dataclasses import dataclass

LOWEST = 0.1
"""The least share of the pace that is in force: the line never stops by itself."""

DOWN_SECONDS = 2.0
UP_SECONDS = 15.0
"""Time constants with which the share approaches the aim."""


@dataclass(frozen=True, slots=True)
class BookingHealth:
    hold_seconds: float
    """95th percentile, as is `checkout_seconds`."""
    checkout_seconds: float
    error_share: float
    """Failed holds and checkouts, 0 to 1."""
    holds_per_slot: float
    """Open holds per slot of the line's capacity."""


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
    """Return the share of the pace that booking can serve: 1 at best, `LOWEST` at worst."""
    worst = max(
        HOLD_SECONDS.badness(health.hold_seconds),
        CHECKOUT_SECONDS.badness(health.checkout_seconds),
        ERROR_SHARE.badness(health.error_share),
        HOLDS_PER_SLOT.badness(health.holds_per_slot),
    )
    return max(LOWEST, 1.0 - (1.0 - LOWEST) * worst)


def approach(share: float, goal: float, seconds: float) -> float:
    """Return the share after `seconds` on the way from `share` to `goal`."""
    constant = DOWN_SECONDS if goal < share else UP_SECONDS
    return goal + (share - goal) * math.exp(-max(0.0, seconds) / constant)
