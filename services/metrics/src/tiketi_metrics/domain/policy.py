"""What the operator decides about scaling: thresholds, steps, periods, cooldowns, bounds.

The numbers live in one file (`scaling.toml` beside this package's modules is the shipped one);
here is only its shape.
"""

from itertools import pairwise
from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class PolicyError(ValueError):
    """The policy file cannot be used; the message names the place."""


class Grow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """More than `above` people in line: `add` instances."""

    above: Annotated[int, msgspec.Meta(ge=0)]
    add: Count
    cooldown_seconds: Seconds


class Shrink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fewer than `below` people at the end of `periods` periods in a row: `remove` instances."""

    below: Annotated[int, msgspec.Meta(ge=0)]
    periods: Count
    period_seconds: Annotated[float, msgspec.Meta(gt=0)]
    remove: Count
    cooldown_seconds: Seconds


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    minimum: Count
    maximum: Count
    grow: tuple[Grow, ...]
    shrink: Shrink

    def __post_init__(self) -> None:
        if self.minimum > self.maximum:
            raise ValueError("`minimum` is above `maximum`")
        steps = [(step.above, step.add) for step in self.grow]
        rising = all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(steps))
        if not rising:
            raise ValueError("`grow` must rise: a higher `above` adds more")
        if self.grow and self.shrink.below > self.grow[0].above:
            raise ValueError("`shrink.below` is above the first `grow.above`")


def parse_policy(text: str) -> Policy:
    """A policy from TOML. Raises PolicyError."""
    try:
        return msgspec.toml.decode(text, type=Policy)
    except msgspec.DecodeError as error:
        raise PolicyError(str(error)) from error
