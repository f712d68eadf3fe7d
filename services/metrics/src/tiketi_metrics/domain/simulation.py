"""A line, recorded or made up, played against a policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import pi, sin
from typing import Literal

from tiketi_metrics.domain.policy import Policy
from tiketi_metrics.domain.scaling import decide, initial_state

Curve = Literal["evening", "rush", "waves"]
SAMPLE_SECONDS = 15
OPENING = datetime(2026, 1, 10, 20, 0, tzinfo=UTC).timestamp()
"""When the sale of a made-up line opens."""

EVENING = (
    (-30, 0), (-10, 3_000), (-5, 8_000), (-2, 25_000), (0, 20_000), (3, 4_000), (30, 800),
    (35, 500), (100, 0),
)  # fmt: skip
"""The evening of the product's definition: (minutes from the opening, people in line)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """So many people in line from `at` (Unix seconds) on, until the next sample."""

    at: float
    waiting: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What was seen and decided at `at`."""

    at: float
    waiting: int
    desired: int
    change: int
    reason: str


def play(line: Sequence[Sample], policy: Policy, every: float) -> list[Moment]:
    """One moment every `every` seconds from the first sample to the last; `line` rises in time."""
    state, moments, index = initial_state(policy), [], 0
    looks = int((line[-1].at - line[0].at) // every) + 1
    for look in range(looks):
        now = line[0].at + look * every
        while index + 1 < len(line) and line[index + 1].at <= now:
            index += 1
        waiting = line[index].waiting
        state, decision = decide(state, waiting, now, policy)
        moments.append(Moment(now, waiting, state.desired, decision.change, decision.reason))
    return moments


def made_up(curve: Curve, peak: int, pace: float) -> list[Sample]:
    """A line for those who have none recorded.

    `rush`: a lobby that fills over half an hour to `peak` and drains at `pace` people a second.
    `waves`: three visits of `peak` people, an hour each. `evening` is as it is told.
    """
    if curve == "evening":
        return [Sample(OPENING + 60 * minutes, waiting) for minutes, waiting in EVENING]
    return _rush(peak, pace) if curve == "rush" else _waves(peak)


def _rush(peak: int, pace: float) -> list[Sample]:
    filling = range(-1800, 0, SAMPLE_SECONDS)
    lobby = [Sample(OPENING + t, int(peak * (1 + t / 1800) ** 3)) for t in filling]
    draining = range(0, int(peak / pace) + 3600, SAMPLE_SECONDS)
    return lobby + [Sample(OPENING + t, max(0, int(peak - pace * t))) for t in draining]


def _waves(peak: int) -> list[Sample]:
    times = range(0, 3 * 3600, SAMPLE_SECONDS)
    return [Sample(OPENING + t, int(peak * abs(sin(pi * t / 3600)))) for t in times]
