"""Estimates how long people wait, from measurements of the line. Whether seats will be left then is
estimated in `stock.py`.

Two things limit a line: the pace, and slots that become free. Only the pace limits the first
`capacity` people; after them, each admission waits until somebody leaves. A forecast from the speed
alone would promise too much in the first minutes. So the free slots and their turnover are
estimated separately, each with its own uncertainty.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

WINDOW_SECONDS = 600.0
"""The time that is measured: longer than an admission, because slots become free in waves."""

RECENT_SECONDS = 10.0

QUICKEST_BUYER_SECONDS = 20.0
"""The shortest stay of a buyer that is assumed before anything is measured."""


class Sample(NamedTuple):
    """The totals of the line at one time (Unix seconds), and the people inside and waiting then."""

    at: float
    admitted: int
    passed_over: int
    freed: int
    left: int
    """People who gave up their place in the line."""
    active: int
    waiting: int


class Measured(NamedTuple):
    """What happened in `seconds`. `slot_seconds` and `person_seconds` are sums over all taken slots
    and over all waiting people."""

    seconds: float = 0.0
    admitted: int = 0
    passed_over: int = 0
    freed: int = 0
    left: int = 0
    slot_seconds: float = 0.0
    person_seconds: float = 0.0


@dataclass(slots=True)
class Outflow:
    """Measurements of the last `WINDOW_SECONDS`, from at most one sample per second."""

    _samples: deque[Sample] = field(default_factory=deque)
    _slot_seconds: float = 0.0
    _person_seconds: float = 0.0

    def add(self, sample: Sample) -> None:
        """When a total goes back, the line is a new one: earlier samples are dropped."""
        samples = self._samples
        if samples and sample.admitted < samples[-1].admitted:
            samples.clear()
            self._slot_seconds = self._person_seconds = 0.0
        if samples and sample.at - samples[-1].at < 1:
            return
        if samples:
            self._count(samples[-1], sample, 1)
        samples.append(sample)
        while sample.at - samples[0].at > WINDOW_SECONDS:
            self._count(samples.popleft(), samples[0], -1)

    def _count(self, one: Sample, next_: Sample, sign: int) -> None:
        seconds = sign * (next_.at - one.at)
        self._slot_seconds += seconds * next_.active
        self._person_seconds += seconds * next_.waiting

    def measured(self) -> Measured:
        if len(self._samples) < 2:
            return Measured()
        first, last = self._samples[0], self._samples[-1]
        return Measured(
            last.at - first.at,
            last.admitted - first.admitted,
            last.passed_over - first.passed_over,
            last.freed - first.freed,
            last.left - first.left,
            self._slot_seconds,
            self._person_seconds,
        )

    def recently(self) -> tuple[float, float]:
        """Return people let in per second and turns per second, of the last `RECENT_SECONDS`."""
        if len(self._samples) < 2:
            return 0.0, 0.0
        last = self._samples[-1]
        index = len(self._samples) - 2
        while index > 0 and last.at - self._samples[index].at < RECENT_SECONDS:
            index -= 1
        first = self._samples[index]
        admitted, passed_over = last.admitted - first.admitted, last.passed_over - first.passed_over
        seconds = last.at - first.at
        return admitted / seconds, (admitted + passed_over) / seconds


@dataclass(frozen=True, slots=True)
class Forecast:
    """The near future of one line. It is computed once per round and used for every person."""

    pace: float
    free_slots: int
    slow_turnover: float
    quick_turnover: float
    """Slots that become free per second, at least and at most."""
    wave_seconds: float
    """How long a slot is taken. Slots that are taken together become free together."""
    admitted_share: float
    """The share of people who are present when their turn comes."""
    giving_up: float
    """The share of the waiting people who give up in a second."""
    starts_in: float = 0.0
    """Seconds until the sale opens."""

    def wait(self, ahead: int) -> tuple[int, int]:
        """Return after how many seconds a person with `ahead` people in front enters: at best, at
        worst."""
        slow = self._slow(ahead + 1)
        remaining = math.exp(-self.giving_up * slow)
        quick = self._quick(1 + ahead * self.admitted_share * 0.97 * remaining)
        return int(self.starts_in + quick), math.ceil(self.starts_in + slow) + 1

    def _quick(self, people: float) -> float:
        beyond = people - self.free_slots
        by_turnover = beyond / self.quick_turnover - 0.25 * self.wave_seconds
        return max(people / (self.pace * 1.1), by_turnover)

    def _slow(self, people: float) -> float:
        by_pace = people / (self.pace * 0.9)
        beyond = people - self.free_slots
        if beyond <= 0:
            return by_pace
        return max(by_pace, beyond / self.slow_turnover + 0.3 * self.wave_seconds)


def forecast(  # noqa: PLR0913  each is another fact of the line, all by name
    outflow: Outflow,
    *,
    pace: float,
    capacity: int,
    active: int,
    admission_seconds: float,
    starts_in: float = 0.0,
) -> Forecast:
    measured = outflow.measured()
    turned = measured.admitted + measured.passed_over
    pace, capacity = max(pace, 0.01), max(capacity, 1)
    longest, shortest = _stay(measured, capacity, active, admission_seconds)
    return Forecast(
        pace=pace,
        free_slots=max(0, capacity - active),
        slow_turnover=capacity / longest,
        quick_turnover=capacity / shortest,
        wave_seconds=(longest + shortest) / 2,
        admitted_share=(measured.admitted + 5) / (turned + 5),
        giving_up=measured.left / measured.person_seconds if measured.person_seconds else 0.0,
        starts_in=max(0.0, starts_in),
    )


def _stay(
    measured: Measured, capacity: int, active: int, admission_seconds: float
) -> tuple[float, float]:
    """Return how long a slot is taken on average, at most and at least (seconds).

    Until as many people have left as there are slots, the people who left are the quick ones. The
    others have not stayed longer than since the start, and cannot stay longer than an admission.
    After that, the stay is slot-seconds divided by departures, plus or minus one and a half
    standard deviations. The longest stay assumes that nobody inside is about to leave, the shortest
    one that four of five people are. These shares and the parts of a wave in `Forecast` are the
    narrowest that were right nine times in ten on the simulated sales of the tests.
    """
    seconds, freed = measured.seconds, measured.freed
    if freed < min(capacity, 400):
        share = freed / capacity
        longest = share * min(seconds, admission_seconds) + (1 - share) * admission_seconds
        shortest = min(longest, max(QUICKEST_BUYER_SECONDS, 0.8 * min(seconds, longest)))
        return longest, shortest
    doubt = 1.03 + 1.5 / math.sqrt(freed)
    inside = min(active, freed) * 0.8
    taken = max(measured.slot_seconds, float(freed))  # at least one second each
    return taken / freed * doubt, taken / (freed + inside) / doubt
