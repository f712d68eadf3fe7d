"""How long, and whether anything will be left: estimates from what was measured.

A line moves as fast as the slower of two things: the pace, and slots becoming free. The first
`capacity` people meet only the pace; from then on each admission waits for somebody to finish. A
forecast made in the first minute that looked at the speed alone would promise what cannot be kept,
so the free slots and their turnover are looked at apart, each with its own uncertainty.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

WINDOW_SECONDS = 120.0
"""How far back the outflow is measured."""

QUICKEST_BUYER_SECONDS = 20.0
"""Nobody is assumed to be through the till faster, while nothing has been measured."""


class Sample(NamedTuple):
    """The line's running totals at a time (Unix seconds)."""

    at: float
    admitted: int
    passed_over: int
    freed: int


@dataclass(slots=True)
class Outflow:
    """The samples of the last `WINDOW_SECONDS`, at most one a second."""

    samples: deque[Sample] = field(default_factory=deque)

    def add(self, sample: Sample) -> None:
        """Totals that went back are those of a new life of the line: what was before is void."""
        if self.samples and sample.admitted < self.samples[-1].admitted:
            self.samples.clear()
        if self.samples and sample.at - self.samples[-1].at < 1:
            return
        self.samples.append(sample)
        while sample.at - self.samples[0].at > WINDOW_SECONDS:
            self.samples.popleft()

    def span(self) -> tuple[float, int, int, int]:
        """Seconds measured, and how many were admitted, passed over and freed in them."""
        if len(self.samples) < 2:
            return 0.0, 0, 0, 0
        first, last = self.samples[0], self.samples[-1]
        return (
            last.at - first.at,
            last.admitted - first.admitted,
            last.passed_over - first.passed_over,
            last.freed - first.freed,
        )

    def heads_per_second(self) -> float:
        """How fast the head of the line moves, those passed over included."""
        seconds, admitted, passed_over, _ = self.span()
        return (admitted + passed_over) / seconds if seconds else 0.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """The near future of one line; made once a tick, asked for each person."""

    pace: float
    free_slots: int
    slow_turnover: float
    quick_turnover: float
    """Slots that become free a second, at the least and at the most."""
    admitted_share: float
    """Of those whose turn comes, who are there."""
    starts_in: float = 0.0
    """Seconds until anyone is let in."""

    def wait(self, ahead: int) -> tuple[int, int]:
        """Seconds until somebody with `ahead` people in front enters: at best, at worst."""
        most = ahead + 1
        fewest = 1 + ahead * self.admitted_share * 0.9
        quick = max(fewest / (self.pace * 1.1), (fewest - self.free_slots) / self.quick_turnover)
        slow = max(most / (self.pace * 0.9), (most - self.free_slots) / self.slow_turnover)
        return int(self.starts_in + quick), math.ceil(self.starts_in + slow) + 1


def forecast(  # noqa: PLR0913  each is another fact of the line, all by name
    outflow: Outflow,
    *,
    pace: float,
    capacity: int,
    active: int,
    admission_seconds: float,
    starts_in: float = 0.0,
) -> Forecast:
    seconds, admitted, passed_over, freed = outflow.span()
    turned = admitted + passed_over
    slow, quick = _turnover(seconds, freed, capacity, admission_seconds, pace)
    return Forecast(
        pace=max(pace, 0.01),
        free_slots=max(0, capacity - active),
        slow_turnover=slow,
        quick_turnover=quick,
        admitted_share=(admitted + 5) / (turned + 5),
        starts_in=max(0.0, starts_in),
    )


def _turnover(
    seconds: float, freed: int, capacity: int, admission_seconds: float, pace: float
) -> tuple[float, float]:
    """Slots freed a second, at least and at most: the measured rate give or take two standard
    deviations of a Poisson count and a fifth for drift, within what is possible at all."""
    slowest = max(capacity, 1) / admission_seconds
    quickest = max(slowest, min(pace * 1.1, max(capacity, 1) / QUICKEST_BUYER_SECONDS))
    if seconds < 5 or freed < 5:
        return slowest, quickest
    spread = 2 * math.sqrt(freed)
    slow = max((freed - spread) / seconds * 0.8, slowest * 0.5)
    quick = max((freed + spread) / seconds * 1.2, slow)
    return slow, quick


@dataclass(frozen=True, slots=True)
class Demand:
    """How many seats one person who enters takes, as measured so far."""

    seats_taken: int = 0
    people: int = 0

    @property
    def seats_per_person(self) -> float:
        """Starts from 1.5 with the weight of 20 people."""
        return (self.seats_taken + 30) / (self.people + 20)


def chance_of_seats(seats_left: int, people_ahead: int, demand: Demand) -> float:
    """0 to 1: that those in front leave at least one seat.

    Each of them takes a number of seats with the measured mean and a standard deviation as large
    as the mean, which is wide for what people do: the chance errs towards the middle.
    """
    if seats_left <= 0:
        return 0.0
    mean = demand.seats_per_person * people_ahead
    deviation = demand.seats_per_person * math.sqrt(max(1, people_ahead))
    z = (seats_left - 0.5 - mean) / deviation
    return round(0.5 * (1 + math.erf(z / math.sqrt(2))), 3)
