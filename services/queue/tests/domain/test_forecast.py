import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_queue.domain.forecast import Outflow, Sample, forecast

ADMISSION_SECONDS = 300


@dataclass
class SimulatedSale:
    """A sale second by second: a line of people, slots, buyers who take their time.

    Nothing of the forecast is used here: buyers' times are log-normal with the given mean, some
    people are away when their turn comes, some admitted never show up, some give up in the line.
    """

    people: int
    capacity: int
    pace: float
    mean_seconds: float
    spread: float
    away: float
    no_show: float
    give_up: float
    chance: random.Random
    now: int = 0
    line: list[int] = field(default_factory=list)
    leaves_slot_at: list[int] = field(default_factory=list)
    admitted: int = 0
    passed_over: int = 0
    freed: int = 0
    left: int = 0
    tokens: float = 0.0
    entered_at: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.line = list(range(self.people))

    def second(self) -> None:
        self.now += 1
        before = len(self.leaves_slot_at)
        self.leaves_slot_at = [at for at in self.leaves_slot_at if at > self.now]
        self.freed += before - len(self.leaves_slot_at)
        stay = [person for person in self.line if self.chance.random() >= self.give_up / 600]
        self.left += len(self.line) - len(stay)
        self.line = stay
        self.tokens = min(self.pace + 1, self.tokens + self.pace)
        while self.tokens >= 1 and self.line and len(self.leaves_slot_at) < self.capacity:
            person = self.line.pop(0)
            if self.chance.random() < self.away:
                self.passed_over += 1
                continue
            self.tokens -= 1
            self.admitted += 1
            self.entered_at[person] = self.now
            self.leaves_slot_at.append(self.now + self.stay())

    def stay(self) -> int:
        if self.chance.random() < self.no_show:
            return 45
        mu = self.mean_seconds
        stay = self.chance.lognormvariate(0, self.spread) * mu / 1.1
        return int(min(ADMISSION_SECONDS, max(8, stay)))

    def sample(self) -> Sample:
        return Sample(
            float(self.now), self.admitted, self.passed_over, self.freed, self.left,
            len(self.leaves_slot_at), len(self.line),
        )  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What somebody was told, and how long they really waited (seconds)."""

    ahead: int
    low: int
    high: int
    real: int

    @property
    def right(self) -> bool:
        return self.low <= self.real <= self.high


def all_told(sale: SimulatedSale) -> list[Told]:
    """Every 20 s ten people are told a range; those who entered in the end can judge it."""
    outflow = Outflow()
    told: list[tuple[int, int, int, int, int]] = []
    while sale.line and sale.now < 3600:
        sale.second()
        outflow.add(sale.sample())
        if sale.now % 20 or not sale.line:
            continue
        outlook = forecast(
            outflow,
            pace=sale.pace,
            capacity=sale.capacity,
            active=len(sale.leaves_slot_at),
            admission_seconds=ADMISSION_SECONDS,
        )
        for _ in range(10):
            ahead = sale.chance.randrange(len(sale.line))
            told.append((sale.line[ahead], sale.now, ahead, *outlook.wait(ahead)))
    return [
        Told(ahead, low, high, sale.entered_at[person] - at)
        for person, at, ahead, low, high in told
        if person in sale.entered_at
    ]


def kind_of_sale(
    people: int, capacity: int, pace: float, *, mean_seconds: float, spread: float
) -> dict[str, Any]:
    return locals()


SALES = {
    "a small hall": kind_of_sale(800, 100, 10, mean_seconds=60, spread=0.5),
    "the usual": kind_of_sale(6000, 1000, 50, mean_seconds=90, spread=0.5),
    "slow buyers": kind_of_sale(3000, 400, 50, mean_seconds=180, spread=0.4),
    "the pace alone": kind_of_sale(5000, 5000, 20, mean_seconds=60, spread=0.6),
    "quick buyers": kind_of_sale(4000, 300, 50, mean_seconds=30, spread=0.7),
    "all alike": kind_of_sale(3000, 500, 50, mean_seconds=120, spread=0.05),
}

PEOPLE: dict[str, dict[str, Any]] = {
    "everybody stays": {"away": 0.0, "no_show": 0.0, "give_up": 0.0},
    "many are away": {"away": 0.3, "no_show": 0.05, "give_up": 0.1},
}


@pytest.mark.parametrize("people", PEOPLE)
@pytest.mark.parametrize("kind", SALES)
def test_the_range_is_right_at_least_nine_times_in_ten(kind: str, people: str) -> None:
    told: list[Told] = []
    for seed in range(2):
        told += all_told(SimulatedSale(**SALES[kind], **PEOPLE[people], chance=random.Random(seed)))
    share = sum(each.right for each in told) / len(told)
    print(f"{kind}, {people}: {share:.1%} of {len(told)} ranges were right")
    assert share >= 0.9


@pytest.mark.parametrize("kind", SALES)
def test_the_range_narrows_once_the_line_has_moved_for_a_while(kind: str) -> None:
    """Right is not enough. Those who still wait in the second half of a sale are told a range
    that is mostly not wider than a factor of three."""
    sale = SimulatedSale(**SALES[kind], **PEOPLE["everybody stays"], chance=random.Random(1))
    told = all_told(sale)
    late = [each for each in told[len(told) // 2 :] if each.real > 60]
    widths = sorted(each.high / max(1, each.low) for each in late)
    print(f"{kind}: typically {widths[len(widths) // 2]:.1f} times as long at worst as at best")
    assert widths[len(widths) // 2] < 3


def test_before_anything_is_measured_the_range_spans_what_is_possible() -> None:
    outlook = forecast(Outflow(), pace=50, capacity=1000, active=1000, admission_seconds=300)
    low, high = outlook.wait(1000)
    assert low <= 1000 / 50
    assert high >= 300


def test_in_the_lobby_the_wait_begins_at_the_opening() -> None:
    outlook = forecast(
        Outflow(), pace=50, capacity=1000, active=0, admission_seconds=300, starts_in=600
    )
    assert outlook.wait(0)[0] == 600


@given(
    st.lists(st.tuples(*[st.integers(0, 60)] * 4), max_size=30),
    st.integers(1, 2000),
    st.integers(0, 100_000),
)
def test_a_range_is_a_range_and_grows_with_the_people_ahead(
    story: list[tuple[int, int, int, int]], capacity: int, ahead: int
) -> None:
    outflow, now, admitted, passed, freed = Outflow(), 0.0, 0, 0, 0
    for seconds, let_in, skipped, ended in story:
        now += seconds
        admitted, passed, freed = admitted + let_in, passed + skipped, freed + ended
        active = max(0, admitted - freed)
        outflow.add(Sample(now, admitted, passed, freed, 0, active, 100))
    outlook = forecast(
        outflow, pace=50, capacity=capacity, active=max(0, admitted - freed), admission_seconds=300
    )
    low, high = outlook.wait(ahead)
    assert 0 <= low < high
    further = outlook.wait(ahead + 1000)
    assert further[0] >= low
    assert further[1] > high


def test_a_line_that_began_anew_is_measured_anew() -> None:
    outflow = Outflow()
    outflow.add(Sample(0.0, 500, 0, 0, 0, 500, 10))
    outflow.add(Sample(1.0, 550, 0, 0, 0, 550, 10))
    outflow.add(Sample(2.0, 3, 0, 0, 0, 3, 10))
    assert outflow.measured().admitted == 0
    outflow.add(Sample(3.0, 13, 0, 0, 0, 13, 10))
    assert outflow.recently() == (10.0, 10.0)
