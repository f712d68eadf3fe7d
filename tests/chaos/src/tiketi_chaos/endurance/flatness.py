"""Whether a series of readings has stopped growing. Pure."""

from collections.abc import Sequence
from statistics import median

import msgspec


class Bound(msgspec.Struct, frozen=True):
    """How much a quantity may grow from the middle third of the readings to the last."""

    share: float
    """Of what it was; 0.1 is a tenth."""
    slack: float
    """What may come on top, in the quantity's own unit."""


class Trend(msgspec.Struct, frozen=True):
    """What became of one quantity. The first third of the readings is the warming up."""

    name: str
    first: float
    middle: float
    last: float
    """The medians of the three thirds."""
    bound: Bound | None
    """None: it grows by what is kept on purpose."""

    @property
    def flat(self) -> bool:
        if self.bound is None:
            return True
        return self.last <= self.middle * (1 + self.bound.share) + self.bound.slack


def trend(name: str, values: Sequence[float], bound: Bound | None) -> Trend:
    """Raises ValueError for fewer than three values: there are no thirds then."""
    if len(values) < 3:
        raise ValueError(f"{name}: three readings are needed, there are {len(values)}")
    third = len(values) // 3
    return Trend(
        name,
        median(values[:third]),
        median(values[third:-third]),
        median(values[-third:]),
        bound,
    )
