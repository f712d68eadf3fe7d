"""How many of those who began something end it with a purchase, while many are still at it.

Dividing purchases by those who have finished overestimates: the quick ones are buyers, and those
who will never buy stay until their time is over. So the running total of purchases is compared with
the total of beginnings a while ago, for several lengths of that while; the answer is the average
over these lengths, weighted by how well each explains the purchases.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

DELAYS = (8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
"""Mean seconds from beginning to purchase that are tried."""

OBSERVATIONS = 6.0
"""How many independent observations the course of a sale is worth when delays are compared: the
totals of one second and the next say nearly the same."""


PRIOR_SPREAD = 0.25
"""How far, one standard deviation, shares lie from the prior: a delay that explains what was seen
only by a share far from it is believed less."""


class Share(NamedTuple):
    mean: float
    variance: float


@dataclass(slots=True)
class _Delayed:
    """The beginnings as they would show up as purchases if everybody bought, `delay` later: a
    cascade of two lags, so that nobody buys at once."""

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
    """`prior` is assumed before anything is measured, worth `evidence` cases."""

    prior: float
    evidence: float = 6.0
    begun: float = 0.0
    bought: float = 0.0
    _at: float | None = None
    _bought_squares: float = 0.0
    _delayed: list[_Delayed] = field(default_factory=lambda: [_Delayed(d) for d in DELAYS])

    def add(self, at: float, begun: float, bought: float) -> None:
        """The totals at `at` (seconds), of which those before are earlier values."""
        seconds = 0.0 if self._at is None else max(0.0, at - self._at)
        self._at, self.begun, self.bought = at, begun, bought
        self._bought_squares += seconds * bought**2
        for delayed in self._delayed:
            delayed.add(seconds, begun, bought)

    def share(self) -> Share:
        """Of those who began, who buy in the end."""
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
