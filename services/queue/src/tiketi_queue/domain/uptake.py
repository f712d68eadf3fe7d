"""Estimates the share of starts (holds, say) that end with a purchase, while many are unfinished.

Purchases divided by finished starts is too high: buyers are quick, and people who will not buy stay
until their time is over. So the total of purchases is compared with the total of starts some time
ago, for several such delays. The result is the average over the delays, weighted by how well each
of them explains the purchases.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

DELAYS = (8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
"""The mean delays from start to purchase that are tried (seconds)."""

OBSERVATIONS = 6.0
"""How many independent observations a sale is worth when delays are compared. The totals of two
consecutive seconds are nearly the same observation."""


PRIOR_SPREAD = 0.25
"""The standard deviation of shares around the prior. A delay that needs a share far from the prior
to explain the purchases has less weight."""


class Share(NamedTuple):
    mean: float
    variance: float


@dataclass(slots=True)
class _Delayed:
    """The purchases that would follow if everybody bought after `delay`: a cascade of two lags, so
    that nobody buys at once."""

    delay: float
    first: float = 0.0
    second: float = 0.0
    squares: float = 0.0
    products: float = 0.0

    def add(self, seconds: float, begun: float, bought: float) -> None:
        step = 1 - math.exp(-2 * seconds / self.delay)
        self.first += step * (begun - self.first)
        self.second += step * (self.first - self.second)
        self.squares += seconds * self.second**2
        self.products += seconds * self.second * bought


@dataclass(slots=True)
class Uptake:
    """`prior` is the share that is assumed before anything is measured, worth `evidence` cases."""

    prior: float
    evidence: float = 6.0
    begun: float = 0.0
    bought: float = 0.0
    _at: float | None = None
    _bought_squares: float = 0.0
    _delayed: list[_Delayed] = field(default_factory=lambda: [_Delayed(d) for d in DELAYS])

    def add(self, at: float, begun: float, bought: float) -> None:
        """Add the totals at the time `at` (seconds)."""
        seconds = 0.0 if self._at is None else max(0.0, at - self._at)
        self._at, self.begun, self.bought = at, begun, bought
        self._bought_squares += seconds * bought**2
        for delayed in self._delayed:
            delayed.add(seconds, begun, bought)

    def share(self) -> Share:
        """Return the share of starts that end with a purchase."""
        shares: list[float] = []
        misfits: list[float] = []
        likely: list[float] = []
        for delayed in self._delayed:
            fit = min(1.5, delayed.products / max(delayed.squares, 1e-9)) if self.bought else 0.0
            misfit = self._bought_squares - 2 * fit * delayed.products + fit**2 * delayed.squares
            known = delayed.second / (delayed.second + self.evidence)
            shares.append(min(1.0, known * fit + (1 - known) * self.prior))
            misfits.append(max(0.0, misfit) + 1.0)
            likely.append(math.exp(-(((fit - self.prior) * known / PRIOR_SPREAD) ** 2) / 2))
        best = min(misfits)
        weights = [
            prior * (best / misfit) ** (OBSERVATIONS / 2)
            for prior, misfit in zip(likely, misfits, strict=True)
        ]
        total = sum(weights)
        mean = sum(w * s for w, s in zip(weights, shares, strict=True)) / total
        spread = sum(w * (s - mean) ** 2 for w, s in zip(weights, shares, strict=True)) / total
        seen = sum(w * d.second for w, d in zip(weights, self._delayed, strict=True)) / total
        seen += self.evidence
        return Share(mean, spread + mean * (1 - mean) / seen)
